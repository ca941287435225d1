import { AppError } from '../../errors.js';
import type { Core } from '../core.js';
import { equalsIgnoringCase, separate, toBytes } from '../text.js';
import type { Api } from './api.js';

const LINE = '='.repeat(97);

/** What mod_sofia writes of the XML that it read before it does something. */
function reloadLine(core: Core): string {
  try {
    core.reload();
    return 'Reload XML [Success]\n';
  } catch (error) {
    if (error instanceof AppError)
      return `Reload XML [${toBytes(error.detail.replaceAll(/(?<!\s)\s*\n\s*/g, ' '))}]\n`;
    throw error;
  }
}

function profileOf(channelName: string): string | undefined {
  return /^sofia\/([^/]+)\//.exec(channelName)?.[1];
}

function callsOn(core: Core, profile: string): number {
  return [...core.channels.values()].filter(({ up, name }) => up && profileOf(name) === profile).length;
}

function sofiaStatus(core: Core): string {
  const profiles = [...core.configuration.sipProfiles];
  const rows = profiles.map(
    (name) =>
      `${name.padStart(25)}\tprofile\t  ${`sip:mod_sofia@127.0.0.1:5060`.padStart(40)}\tRUNNING (${callsOn(core, name)})\n`,
  );
  return (
    `${'Name'.padStart(25)}\t   Type\t  ${'Data'.padStart(40)}\tState\n${LINE}\n${rows.join('')}${LINE}\n` +
    `${profiles.length} profile${profiles.length === 1 ? '' : 's'} 0 aliases\n`
  );
}

/** mod_sofia.c cmd_profile */
function sofiaProfile(core: Core, name: string, verb: string): string {
  if (!core.configuration.sipProfiles.has(name)) return `Invalid Profile [${name}]`;
  if (equalsIgnoringCase(verb, 'rescan')) return `${reloadLine(core)}+OK scan complete\n`;
  if (!equalsIgnoringCase(verb, 'restart')) return '-ERR Unknown command!\n';
  const head = reloadLine(core);
  hangUpSip(core, name);
  return `${head}restarting: ${name}`;
}

function hangUpSip(core: Core, profile?: string): void {
  for (const channel of core.channels.values()) {
    const own = profileOf(channel.name);
    if (own !== undefined && (profile === undefined || own === profile)) channel.hangup('MANAGER_REQUEST');
  }
}

function sofia(core: Core, args: string): string {
  const [what = '', name = '', verb = ''] = separate(args, ' ', 10);
  if (equalsIgnoringCase(what, 'status')) return sofiaStatus(core);
  if (equalsIgnoringCase(what, 'profile')) return sofiaProfile(core, name, verb);
  return '-USAGE: sofia <status|profile>\n';
}

/** mod_commands.c reload_function; a module that is in use is let alone unless forced. */
function reloadModule(core: Core, args: string): string {
  const [, force, module = ''] = /^(-f )?(.*)$/s.exec(args) ?? [];
  if (module !== 'mod_sofia')
    return '+OK Reloading XML\n-ERR unloading module [No such module!]\n-ERR loading module [module load file routine returned an error]\n';
  const xml = reloadLine(core).includes('[Success]') ? '+OK Reloading XML\n' : '';
  const inUse = [...core.channels.values()].some(({ name }) => profileOf(name) !== undefined);
  if (inUse && force === undefined)
    return `${xml}-ERR unloading module [Module in use.]\n-ERR loading module [Module already loaded]\n`;
  hangUpSip(core);
  return `${xml}+OK module unloaded\n+OK module loaded\n`;
}

function locate(core: Core, args: string): string {
  const [section, tag, attribute, value = ''] = separate(args, ' ', 4);
  const context =
    section === 'dialplan' && tag === 'context' && attribute === 'name'
      ? core.configuration.contexts.get(value)
      : undefined;
  if (context === undefined) return "can't find anything\n";
  const actions = context.extensions
    .flatMap(({ conditions }) => conditions)
    .flatMap(({ actions: all, antiActions }) => [...all, ...antiActions])
    .map(({ application, data }) => `<action application="${application}" data="${escaped(data)}"></action>`);
  return `<context name="${context.name}">\n${actions.join('\n')}\n</context>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** Administration: profiles, modules, what is in force of the XML. */
export const administrationApis: Readonly<Record<string, Api>> = {
  sofia,
  reload: reloadModule,
  load: () => '+OK Reloading XML\n-ERR [Module already loaded]\n',
  xml_locate: locate,
  file_exists: () => 'false',
  fsctl: (_core, args) => {
    const [what = ''] = separate(args, ' ', 6);
    if (what === 'ready_check') return 'true';
    return what.endsWith('_check') ? 'false' : '-ERR Invalid command\n';
  },
};
