import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from './harness.js';

let answer: { status: number; body: string };
let asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.writeHead(answer.status).end(answer.body);
});
let origin: string;
let folder: string;
let config: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), 'switchhook-actions-'));
  config = join(folder, 'switchhook.yaml');
  writeFileSync(
    config,
    `app: {tries: 1}
endpoints:
  billing: {url: "${origin}/billing?n={destination_number}&token=hunter2"}
  helped: {url: "${origin}/helped", fallback_actions: [{application: hangup}]}
`,
  );
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  asked = [];
  answer = { status: 200, body: '[]' };
});

const bridge = { application: 'bridge', data: 'user/10001' };

describe('switchhook actions', () => {
  it('asks as a call would and shows the answer', async () => {
    answer.body = JSON.stringify([{ application: 'answer' }, bridge]);
    const { code, out, err } = await runCli([
      'actions',
      'billing',
      '-c',
      config,
      '--var',
      'destination_number=+49 1',
    ]);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(asked).toEqual(['/billing?n=%2B49%201&token=hunter2']);
    expect(out).not.toContain('hunter2');
    expect(out).toMatch(/^request 1 .* HTTP 200 {2}\d+ ms$/m);
    expect(out).toMatch(/^answer {5}2 actions, policy default {2}\d+ ms$/m);
    expect(out).toMatch(/^ {3}1 {2}allowed {2}bridge {2}user\/10001$/m);
  });

  it('takes a URL without any configuration', async () => {
    const { code, out } = await runCli(['actions', `${origin}/app?n={destination_number}`, '-c', config]);
    expect(code).toBe(0);
    expect(asked).toEqual(['/app?n=1000']);
    expect(out).toContain('nothing to do');
  });

  it('shows what the policy would refuse, and fails', async () => {
    answer.body = JSON.stringify([bridge, { application: 'system', data: 'reboot' }]);
    const { code, out } = await runCli(['actions', 'billing', '-c', config]);
    expect(code).toBe(1);
    expect(out).toMatch(/^ {3}1 {2}REFUSED {2}system {2}reboot\n {6}\w+.*: .+$/m);
  });

  it('prints JSON when asked', async () => {
    answer.body = JSON.stringify([{ ...bridge, colour: 'red' }]);
    const { code, out } = await runCli(['actions', 'billing', '-c', config, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      kind: 'actions',
      attempts: [{ attempt: 1, status: 200 }],
      actions: [{ ...bridge, verdict: { allowed: true } }],
      warnings: [expect.stringContaining('colour')],
    });
    expect(out).not.toContain('hunter2');
  });

  it.each([
    [200, '<html>', 'not_json', 1],
    [200, '{"application":"hangup"}', 'invalid_actions', 1],
    [404, '', 'http_status', 1],
  ])('HTTP %i with %j is %s', async (status, body, error, exitCode) => {
    answer = { status, body };
    const { code, err } = await runCli(['actions', 'billing', '-c', config]);
    expect(code).toBe(exitCode);
    expect(err).toMatch(new RegExp(`^error ${error}: `));
  });

  it('does not call it good when only the fallback helped', async () => {
    answer = { status: 500, body: '' };
    const { code, out } = await runCli(['actions', 'helped', '-c', config]);
    expect(code).toBe(1);
    expect(out).toContain('fallback for http_status');
    expect(out).toMatch(/allowed {2}hangup/);
  });

  it('tells a target that is none from an app that is not there', async () => {
    const nothing = await runCli(['actions', 'biling', '-c', config]);
    expect(nothing.code).toBe(2);
    expect(nothing.err).toMatch(/^error invalid_url: /);
    const gone = await runCli(['actions', 'http://127.0.0.1:9/', '-c', config]);
    expect(gone.code).toBe(4);
    expect(gone.err).toMatch(/^error connect_refused: /);
  });

  it('lets no answer steer the terminal', async () => {
    answer.body = JSON.stringify([{ application: 'playback', data: '\u001b[2Jx' }]);
    const { out } = await runCli(['actions', 'billing', '-c', config]);
    expect(out).toContain('\\x1b[2Jx');
    expect(out).not.toContain('\u001b');
  });
});
