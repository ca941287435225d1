import { AppError } from '../errors.js';
import type { Check, Fix, SwitchPort } from './check.js';

interface Needed {
  readonly module: string;
  readonly for: string;
  /** Without it no call can be taken at all. */
  readonly vital: boolean;
}

const MODULES: readonly Needed[] = [
  { module: 'mod_commands', for: 'API commands', vital: true },
  { module: 'mod_dptools', for: 'the applications of the dialplan', vital: true },
  { module: 'mod_dialplan_xml', for: 'the dialplan', vital: true },
  { module: 'mod_sofia', for: 'SIP', vital: false },
  { module: 'mod_hash', for: 'daemons that share a switch', vital: false },
  { module: 'mod_loopback', for: 'the test call of this command', vital: false },
  { module: 'mod_sndfile', for: 'playing and recording files', vital: false },
  { module: 'mod_tone_stream', for: 'tone_stream:// and silence', vital: false },
];

/** Modules that are needed. Loading one is offered where FreeSWITCH has its file. */
export async function checkModules(port: SwitchPort): Promise<Check> {
  const about = { id: 'modules', subject: port.name } as const;
  const missing: Needed[] = [];
  for (const needed of MODULES)
    if ((await port.api(`module_exists ${needed.module}`)) !== 'true') missing.push(needed);
  if (missing.length === 0)
    return { ...about, status: 'ok', detail: MODULES.map(({ module }) => module).join(', ') };
  const names = missing.map(({ module }) => module);
  const fix = await loading(port, names);
  return {
    ...about,
    status: missing.some(({ vital }) => vital) ? 'failed' : 'warning',
    detail: `Not loaded: ${missing.map((one) => `${one.module} (for ${one.for})`).join(', ')}.`,
    remedy: `Add ${names.join(', ')} to modules.conf.xml; until the next restart also with: switchhook fs load <module>.`,
    ...(fix === undefined ? {} : { fix }),
  };
}

async function loading(port: SwitchPort, names: readonly string[]): Promise<Fix | undefined> {
  const folder = await port.api('global_getvar mod_dir');
  if (!folder.startsWith('/') || /\s/.test(folder)) return undefined;
  const loadable: string[] = [];
  for (const name of names)
    if ((await port.api(`file_exists ${folder}/${name}.so`)) === 'true') loadable.push(name);
  if (loadable.length === 0) return undefined;
  return {
    // mod_commands.c load_function: the XML is read first.
    what: `On ${port.name}, load ${loadable.join(', ')} (FreeSWITCH reads its XML again with that)`,
    async apply() {
      for (const name of loadable) {
        const answer = await port.api(`load ${name}`);
        if (!/^\+OK$/m.test(answer)) throw new AppError('reload_failed', `${name}: ${answer}`);
      }
    },
  };
}

/** What the lists of the daemon are made of (src/switch/inline-list.ts, dialplan/switchhook.xml). */
const OWN_APPLICATIONS = [
  'socket',
  'execute_extension',
  'set',
  'multiset',
  'multiunset',
  'sleep',
  'park',
  'hangup',
  'transfer',
];

export interface WantedApplications {
  /** Of `fallback_actions`: they are to run when everything else has failed. */
  readonly certain: readonly string[];
  /** What policies allow by name. */
  readonly allowed: readonly string[];
}

/** FreeSWITCH hangs up a call that wants an application it does not have (switch_core_session.c). */
export async function checkApplications(port: SwitchPort, wanted: WantedApplications): Promise<Check> {
  const about = { id: 'applications', subject: port.name } as const;
  const loaded = namesIn(await port.api('show application as json'));
  if (loaded === undefined)
    return { ...about, status: 'skipped', detail: 'FreeSWITCH does not list them (is its database off?).' };
  const missing = (names: readonly string[]): string[] => [
    ...new Set(names.filter((name) => !name.startsWith('cti_') && !loaded.has(name.toLowerCase()))),
  ];
  const vital = missing([...OWN_APPLICATIONS, ...wanted.certain]);
  const allowed = missing(wanted.allowed);
  const remedy =
    'Load the module that has them: FreeSWITCH hangs up a call that wants an application it does not have.';
  if (vital.length > 0)
    return { ...about, status: 'failed', detail: `Missing: ${vital.join(', ')}.`, remedy };
  if (allowed.length > 0) {
    const detail = `All that the daemon needs; policies also allow, and FreeSWITCH does not have: ${allowed.join(', ')}.`;
    return { ...about, status: 'ok', detail, remedy };
  }
  return { ...about, status: 'ok', detail: `${loaded.size} applications` };
}

function namesIn(json: string): ReadonlySet<string> | undefined {
  try {
    const { rows } = JSON.parse(json) as { rows?: unknown };
    if (!Array.isArray(rows) || rows.length === 0) return undefined;
    return new Set(rows.map((row) => String((row as { name?: unknown }).name).toLowerCase()));
  } catch {
    return undefined;
  }
}
