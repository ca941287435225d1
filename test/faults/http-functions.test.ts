import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { flowsIn } from '../support/flows.js';
import { UnrulyPeer, unrulyWays } from '../support/unruly-peer.js';
import { onEveryBed } from './bed.js';
import { repeat } from './form.js';
import { oneSwitch } from './one-switch.js';

const RESPONSE = JSON.stringify({ found: 'a customer', by: 'the number' });

/** What a flow is told of each way in which a function can fail. */
const TOLD: Readonly<Record<string, string>> = {
  response_timeout: 'function_timeout',
  connect_refused: 'function_unreachable',
  not_json: 'function_not_understood',
  too_large: 'function_too_large',
};

/** A flow for each function, which passes on what it found or how it failed. */
function flowOf(name: string): string {
  return `
start: answer
error: failed
blocks:
  answer: { type: run_actions, actions: [{ application: answer }], next: ask }
  ask: { type: invoke_function, function: ${name}, next: told }
  told: { type: set_attributes, attributes: { told: { value: $.External.found, export: true } }, next: back }
  failed: { type: set_attributes, attributes: { told: { value: $.Error.Code, export: true } }, next: back }
  back: { type: end }
`;
}

async function settingsFor(
  folder: string,
  urls: readonly string[],
  timeoutMs: number,
): Promise<Readonly<Record<string, unknown>>> {
  const flows = join(folder, 'asking');
  await mkdir(flows);
  const functions: Record<string, object> = {};
  for (const [at, url] of urls.entries()) {
    functions[`f${at}`] = {
      ...{ url, timeout_ms: timeoutMs, try_timeout_ms: 800, retries: 1, retry_delay_ms: 10 },
      // Each call is to learn what the function did, not that it has failed often.
      breaker: { failures: 1000 },
    };
    await writeFile(join(flows, `asks-${at}.yaml`), flowOf(`f${at}`));
  }
  const file = join(folder, 'functions.yaml');
  await writeFile(file, JSON.stringify({ functions }));
  return { ...flowsIn(flows), functions: { file } };
}

onEveryBed(
  'a function that',
  ({ bed }) => {
    it('does with its connections what it likes takes the flow by its error exit', async () => {
      const ways = unrulyWays(RESPONSE);
      const peers = await Promise.all(ways.map(({ behaves }) => UnrulyPeer.start(behaves)));
      onTestFinished(() => {
        for (const peer of peers) peer.close();
      });
      const urls = peers.map(({ origin }) => `${origin}/function`);
      const one = await bed({ settings: (_ground, folder) => settingsFor(folder, urls, 4000) });
      const rounds = repeat(1, 5);
      // Two at a time of each: a function's time is short, and is not to be spent by waiting for a turn.
      for (let round = 0; round < rounds; round += 1) {
        const asked = await Promise.all(
          ways.flatMap(({ title, error }, at) =>
            [1, 2].map(async () => ({ title, error, call: await one.call({ flow: `asks-${at}` }) })),
          ),
        );
        for (const { title, error, call } of asked) {
          await call.returned();
          const told = error === undefined ? 'a customer' : TOLD[error];
          expect.soft(await call.get('cti_told'), title).toBe(told);
          expect.soft(await call.get('cti_status'), title).toBe('done');
        }
      }
      await one.settled({ calls: rounds * 2 * ways.length, ends: ['done'] });
    });

    it('answers after the hang-up is not waited for', async () => {
      const peer = await UnrulyPeer.start(() => undefined);
      onTestFinished(() => peer.close());
      const one = await bed({ settings: (_ground, folder) => settingsFor(folder, [peer.origin], 8000) });
      const calls = await one.calls(repeat(5, 30), 50, { flow: 'asks-0' });
      await Promise.all(
        calls.map(async (call) => {
          await call.answered();
          await call.hangUp();
        }),
      );
      await one.settled({ calls: calls.length, ends: ['hung_up'] });
      expect(one.logged(/function failed/)).toEqual([]);
    });
  },
  oneSwitch,
);
