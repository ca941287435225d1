import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RealSwitch } from '../freeswitch/switch.js';
import { eventually } from '../support/eventually.js';

/** The dialplan context in which the benchmark's calls arrive. */
export const CONTEXT = 'bench';

/**
 * `rtp-timer-name` is what a hand-written profile must have: without it a call whose caller sends no media hangs in
 * `playback`. Nobody is asked to authenticate, nobody registers.
 */
const settings = (port: number): Readonly<Record<string, string>> => ({
  context: CONTEXT,
  dialplan: 'XML',
  'sip-ip': '127.0.0.1',
  'sip-port': String(port),
  'rtp-ip': '127.0.0.1',
  'auth-calls': 'false',
  'inbound-codec-prefs': 'PCMU',
  'outbound-codec-prefs': 'PCMU',
  'rtp-timer-name': 'soft',
  'manage-presence': 'false',
  'disable-register': 'true',
  'session-timeout': '0',
  'enable-timer': 'false',
});

/** Adds a SIP profile of the benchmark's own to a running FreeSWITCH, in its private copy of the configuration. */
export async function addSipProfile(freeswitch: RealSwitch, port: number): Promise<void> {
  const file = join(freeswitch.folder, 'conf/sofia.xml');
  const params = Object.entries(settings(port)).map(
    ([name, value]) => `<param name="${name}" value="${value}"/>`,
  );
  const profile = `<profile name="${CONTEXT}"><settings>\n${params.join('\n')}\n</settings></profile>\n</profiles>`;
  const before = await readFile(file, 'utf8');
  if (!before.includes('</profiles>')) throw new Error('the SIP configuration has no profiles');
  await writeFile(file, before.replace('</profiles>', profile));
  await freeswitch.api('reloadxml');
  await freeswitch.api(`sofia profile ${CONTEXT} start`);
  await eventually(
    'the SIP profile of the benchmark',
    async () =>
      new RegExp(`\\s${CONTEXT}\\s+profile\\s.*RUNNING`).test(await freeswitch.api('sofia status')) ||
      undefined,
  );
}
