import { afterEach, expect, test } from 'vitest';
import { Simulator, type SimulatorOptions } from '../../../src/simulator/simulator.js';
import { SwitchLink, SwitchLinks } from '../../../src/switch/switch-link.js';
import { eventually } from '../../support/eventually.js';
import { freeTcpPort } from '../../support/ports.js';

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Line {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

async function simulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulated = new Simulator({ eventSocketPassword: 'right', ...options });
  await simulated.start();
  undo.push(() => simulated.stop());
  return simulated;
}

function link(port: number, password = 'right', name = 'main'): { link: SwitchLink; log: Line[] } {
  const log: Line[] = [];
  const write =
    (level: string) =>
    (fields: object, message: string): void =>
      void log.push({ level, fields, message });
  const made = new SwitchLink(
    { name, host: '127.0.0.1', port, password, attach: true, guardSeconds: 30 },
    {
      instance: 'unit',
      log: { info: write('info'), warn: write('warn'), error: write('error') },
      onChannel: () => undefined,
      isFull: () => false,
      isDraining: () => false,
    },
  );
  undo.push(() => made.stop());
  return { link: made, log };
}

test('tells name, version and since when it is connected', async () => {
  const { eventSocketPort } = await simulator();
  const { link: main } = link(eventSocketPort);
  expect(main.state()).toMatchObject({ name: 'main', connected: false });
  await expect(main.api('status')).rejects.toMatchObject({ code: 'switch_unreachable' });
  main.start();
  await eventually('the version', () => main.state().version);
  expect(main.state()).toMatchObject({ connected: true, version: '1.10.12-release' });
  expect(main.state().since.getTime()).toBeLessThanOrEqual(Date.now());
  expect(await main.api('strepoch')).toMatch(/^\d+$/);
  expect(await main.bgapi('strepoch')).toMatch(/^\d+$/);
  await expect(main.api('status\n\nexit')).rejects.toMatchObject({ code: 'unsafe_command' });
});

test('writes a wrong password once, and what to do', async () => {
  const { eventSocketPort } = await simulator();
  const { link: main, log } = link(eventSocketPort, 'wrong');
  main.start();
  await eventually('the refusal', () => main.state().lastError);
  expect(main.state()).toMatchObject({ connected: false, lastError: { code: 'switch_auth_failed' } });
  await eventually('both connections to be refused', () => (log.length > 0 ? true : undefined));
  expect(log).toHaveLength(1);
  expect(log[0]).toMatchObject({
    level: 'error',
    fields: {
      switch: 'main',
      code: 'switch_auth_failed',
      remedy: expect.stringContaining('password') as string,
    },
  });
  expect(JSON.stringify(log)).not.toContain('wrong');
  expect(await main.attach('00000000-0000-4000-8000-000000000000')).toMatchObject({
    ok: false,
    code: 'switch_auth_failed',
  });
});

test('writes an address that the switch refuses', async () => {
  const { eventSocketPort } = await simulator({ eventSocketAllows: () => false });
  const { link: main, log } = link(eventSocketPort);
  main.start();
  await eventually('the refusal', () => main.state().lastError);
  expect(main.state().lastError?.code).toBe('switch_acl_refused');
  expect(log.map(({ level }) => level)).toEqual(['error']);
});

test('comes back by itself, and forgets that it has told of the trouble', async () => {
  const port = await freeTcpPort();
  const { link: main, log } = link(port);
  main.start();
  await eventually('the trouble', () => main.state().lastError);
  expect(main.state().lastError?.code).toBe('switch_unreachable');
  // Once, not with the words of the trouble before it.
  await expect(main.api('status')).rejects.toMatchObject({
    code: 'switch_unreachable',
    detail: expect.stringMatching(/^connect ECONNREFUSED/) as string,
  });
  await simulator({ eventSocketPort: port });
  await eventually('the connection', () => main.state().version);
  expect(log.map(({ message }) => message)).toEqual(['switch not connected', 'switch connected']);
});

test('finds a switch by its name, or the only one without', () => {
  const [a, b] = [link(1, 'x', 'a').link, link(1, 'x', 'b').link];
  expect(new SwitchLinks([a]).get()).toBe(a);
  expect(new SwitchLinks([a, b]).get('b')).toBe(b);
  expect(() => new SwitchLinks([a, b]).get()).toThrow(/Name one of: a, b/);
  expect(() => new SwitchLinks([a]).get('c')).toThrow(expect.objectContaining({ code: 'no_such_switch' }));
  expect(() => new SwitchLinks([]).get()).toThrow(expect.objectContaining({ code: 'no_such_switch' }));
});

test('says of a channel that it is gone only for the switch on which it was', async () => {
  const { eventSocketPort } = await simulator();
  const { link: main } = link(eventSocketPort);
  const links = new SwitchLinks([main, link(await freeTcpPort(), 'right', 'away').link]);
  const only = new SwitchLinks([main]);
  const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e';
  expect(await only.exists(uuid, 'simulator')).toBeUndefined();
  main.start();
  await eventually('the version', () => main.state().version);
  expect(await only.exists(uuid, 'simulator')).toBe(false);
  expect(await only.exists(uuid)).toBe(false);
  // One that the configuration does not name, or that can't be asked, may have it.
  expect(await only.exists(uuid, 'another-switch')).toBeUndefined();
  expect(await links.exists(uuid, 'simulator')).toBeUndefined();
  expect(await new SwitchLinks([]).exists(uuid, 'simulator')).toBeUndefined();
});
