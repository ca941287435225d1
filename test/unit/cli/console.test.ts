import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventsIn } from '../../../src/cli/event-stream.js';
import type { StreamEvent } from '../../../src/cli/event-stream.js';
import { run } from '../../../src/cli/program.js';
import { harness, runCli } from './harness.js';

/** Commands that read events, place calls and look at records, against a daemon that answers as the test says. */

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

let server: Server;
let env: Record<string, string>;
let asked: Asked[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      asked.push({ method, url, headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  env = {
    SWITCHHOOK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    SWITCHHOOK_TOKEN: 'x'.repeat(24),
  };
});
afterEach(
  () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
);

function json(body: object): void {
  answer = (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const PLACED = {
  id: 'o-1',
  switch: 'main',
  to: 'user/1000',
  program: 'flow/x',
  state: 'answered',
  uuid: 'u-1',
  started_at: '2026-03-01T10:00:00.000Z',
};

describe('switchhook call originate', () => {
  it('asks once, with everything that was said', async () => {
    json(PLACED);
    const { code, out } = await runCli(
      [
        'call',
        'originate',
        'user/1000',
        '--flow',
        'x',
        '--timeout',
        '20',
        '--caller-name',
        'A B',
        '--then',
        '5000 XML support',
        '--idempotency-key',
        'k',
        '--yes',
      ],
      env,
    );
    expect({ code, out }).toEqual({ code: 0, out: 'user/1000 answered: u-1 is with flow/x\n' });
    expect(asked).toMatchObject([
      {
        method: 'POST',
        url: '/v1/calls',
        body: {
          to: 'user/1000',
          flow: 'x',
          policy: 'default',
          timeout_s: 20,
          caller_name: 'A B',
          then: { extension: '5000', dialplan: 'XML', context: 'support' },
          wait: true,
        },
      },
    ]);
    expect(asked[0]?.headers['idempotency-key']).toBe('k');
  });

  it('tells why nobody answered, with the exit code', async () => {
    json({ ...PLACED, state: 'failed', uuid: undefined, cause: 'USER_BUSY' });
    const args = ['call', 'originate', 'user/1000', '--extension', '5000', '--yes'];
    expect(await runCli(args, env)).toMatchObject({ code: 1, out: 'user/1000 not reached: USER_BUSY\n' });
    json({ ...PLACED, state: 'failed', uuid: undefined, error: { code: 'switch_closed', detail: '' } });
    expect((await runCli(args, env)).out).toContain('switch_closed');
    json({ ...PLACED, state: 'dialling', uuid: undefined });
    expect(await runCli([...args, '--no-wait'], env)).toMatchObject({
      code: 0,
      out: 'user/1000 is being called: o-1\n',
    });
  });

  it('asks before it calls, and wants one thing to connect to', async () => {
    json(PLACED);
    expect((await runCli(['call', 'originate', 'user/1', '--flow', 'x'], env)).code).toBe(2);
    expect((await runCli(['call', 'originate', 'user/1', '--flow', 'x'], env, { answer: 'n' })).code).toBe(1);
    expect((await runCli(['call', 'originate', 'user/1', '--yes'], env)).code).toBe(2);
    expect(
      (await runCli(['call', 'originate', 'user/1', '--flow', 'x', '--url', 'y', '--yes'], env)).code,
    ).toBe(2);
    expect(
      (await runCli(['call', 'originate', 'user/1', '--flow', 'x', '--timeout', '0', '--yes'], env)).code,
    ).toBe(2);
    expect(asked).toEqual([]);
  });
});

describe('switchhook events', () => {
  function event(number: number, more: object = {}): string {
    const data = {
      id: `r-${number}`,
      type: 'call.started',
      at: '2026-03-01T10:00:01.123Z',
      uuid: 'u-1',
      at_ms: 1,
      ...more,
    };
    return `id: r-${number}\nevent: call.started\ndata: ${JSON.stringify(data)}\n\n`;
  }

  it('prints them as they come, and goes on behind the last when the connection breaks', async () => {
    const { cli, out, signal } = harness(env);
    let count = 0;
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      count += 1;
      if (count === 1) {
        response.write(
          `retry: 1\nid: r-0\nevent: hello\ndata: {"run":"r","missed":false}\n\n:\n\n${event(1)}`,
        );
        response.write(event(2, { caller: '\u001b[31m4930' }), () => response.destroy());
      } else response.write(event(3));
    };
    const code = run(['events', '--types', 'call.*', '--number', '4930'], cli);
    await cli.told(/r-3|(call\.started.*\n[^]*){3}/);
    signal('SIGINT');
    expect(await code).toBe(130);
    expect(out()).not.toContain('\u001b');
    expect(out().split('\n')[0]).toBe('10:00:01.123  call.started          u-1');
    expect(asked.map(({ url }) => url)).toEqual([
      '/v1/events?types=call.*&number=4930',
      '/v1/events?types=call.*&number=4930',
    ]);
    expect(asked.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'r-2']);
  }, 15_000);

  it('says what the daemon refuses', async () => {
    answer = (response) =>
      response.writeHead(400, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          error: { code: 'invalid_request', message: '', detail: 'query.types', remedy: '' },
        }),
      );
    expect(await runCli(['events', '--types', 'x'], env)).toMatchObject({ code: 2 });
    expect(asked).toHaveLength(1);
  });

  it('takes events apart wherever they are cut', async () => {
    const whole = Buffer.from(`:\n\n${event(1, { text: 'für' })}: c\n\nevent: x\n\n${event(2)}`);
    for (let at = 0; at <= whole.length; at += 1) {
      const found: StreamEvent[] = [];
      const chunks = async function* (): AsyncGenerator<Uint8Array> {
        yield await Promise.resolve(whole.subarray(0, at));
        yield whole.subarray(at);
      };
      for await (const one of eventsIn(chunks())) found.push(one);
      expect(found.map(({ id, data }) => [id, (data as { text?: string }).text])).toEqual([
        ['r-1', 'für'],
        ['r-2', undefined],
      ]);
    }
  });
});

describe('switchhook records', () => {
  const RECORD = {
    record_id: 'rec_1',
    contact_id: 'u-1',
    started_at: '2026-03-01T10:00:00.000Z',
    ended_at: '2026-03-01T10:01:00.000Z',
    duration_ms: 60_000,
    program: 'flow/x',
    flow: null,
    customer_endpoint: { address: '+4930', type: 'TELEPHONE_NUMBER' },
    system_endpoint: null,
    result: 'hung_up',
    hangup_cause: 'NORMAL_CLEARING',
    attributes: { a: 'b' },
  };

  it('lists them, and says how to go on', async () => {
    json({ records: [RECORD], next_cursor: 'abc' });
    const { code, out, err } = await runCli(['records', 'list', '--result', 'hung_up', '--limit', '1'], env);
    expect(code).toBe(0);
    expect(out).toMatch(/u-1 +\+4930 +60 s +hung_up +NORMAL_CLEARING +flow\/x/);
    expect(err).toBe('more: --cursor abc\n');
    expect(asked[0]?.url).toBe('/v1/records?result=hung_up&limit=1');
    json({ records: [] });
    expect((await runCli(['records', 'list'], env)).err).toBe('there are none\n');
  });

  it('shows all of one', async () => {
    json(RECORD);
    const { out } = await runCli(['records', 'show', 'u-1'], env);
    expect(JSON.parse(out)).toEqual(RECORD);
    expect(asked[0]?.url).toBe('/v1/records/u-1');
  });
});
