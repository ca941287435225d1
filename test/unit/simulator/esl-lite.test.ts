import { FreeSwitchClient } from 'esl-lite';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Simulator } from '../../../src/simulator/simulator.js';

/** A client that shares no code with this project: what it understands is Event Socket. */
describe('an independent client of the simulator', () => {
  let simulator: Simulator;
  let client: FreeSwitchClient;

  beforeAll(async () => {
    simulator = new Simulator({
      xml: [
        `<include>
          <context name="public">
            <extension name="answers">
              <condition field="destination_number" expression="^7001$">
                <action application="answer"/>
                <action application="park"/>
              </condition>
            </extension>
          </context>
        </include>`,
      ],
    });
    await simulator.start();
    client = new FreeSwitchClient({
      host: '127.0.0.1',
      port: simulator.eventSocketPort,
      password: 'ClueCon',
      logger: pino({ level: 'silent' }),
    });
  });

  afterAll(async () => {
    client.end();
    await simulator.stop();
  });

  async function api(command: string): Promise<string> {
    const job = await client.bgapi(command, 5000);
    if (job instanceof Error) throw job;
    const { response } = job.body;
    if (typeof response !== 'string') throw new Error(`no text: ${JSON.stringify(response)}`);
    return response.trim();
  }

  it('logs in, asks for the status, places a call, looks at it and ends it', async () => {
    expect(await api('status')).toContain('is ready');
    const placed = await api('originate {mark=one}loopback/7001/public/XML &park()');
    expect(placed).toMatch(/^\+OK [0-9a-f-]{36}$/);
    const uuid = placed.slice('+OK '.length);
    expect(await api(`uuid_getvar ${uuid} mark`)).toBe('one');
    expect(await api('show channels count')).toBe('2 total.');
    expect(await api(`uuid_kill ${uuid}`)).toBe('+OK');
    expect(await api(`uuid_getvar ${uuid} mark`)).toBe('-ERR No such channel!');
  });
});
