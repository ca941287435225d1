import { toCause } from '../cause.js';
import type { Channel } from '../channel.js';
import type { Core } from '../core.js';
import { originate } from '../session/originate.js';
import { transfer } from '../session/transfer.js';
import { equalsIgnoringCase, separate, toInteger } from '../text.js';
import type { Api } from './api.js';

const ORIGINATE_USAGE =
  '-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]\n';

/** Calls somebody, then sends the leg into the dialplan or to one application (`&park()`). */
async function originateCommand(core: Core, args: string): Promise<string> {
  const parts = separate(args, ' ', 10);
  if (parts.length < 2 || parts.length > 7) return ORIGINATE_USAGE;
  const [dialString, extension, dialplan, context, name, number, timeout] = parts.map((part) =>
    equalsIgnoringCase(part, 'undef') ? undefined : part,
  );
  if (dialString === undefined || extension === undefined) return ORIGINATE_USAGE;
  const result = await originate(core, {
    caller: undefined,
    dialString,
    timeoutSeconds: timeout === undefined ? 60 : toInteger(timeout),
    ...(name !== undefined && { callerIdName: name }),
    ...(number !== undefined && { callerIdNumber: number }),
  });
  if (!result.ok) return `-ERR ${result.cause}\n`;
  const { channel } = result;
  if (extension.startsWith('&') && extension.length > 1) execute(channel, extension.slice(1));
  else transfer(channel, extension, dialplan ?? 'XML', context ?? 'default');
  return `+OK ${channel.uuid}\n`;
}

function execute(channel: Channel, text: string): void {
  const end = text.indexOf(')');
  const inner = end < 0 ? text : text.slice(0, end);
  const open = inner.indexOf('(');
  const application = open < 0 ? inner : inner.slice(0, open);
  const data = open < 0 ? '' : inner.slice(open + 1);
  channel.extension = { name: application, applications: [{ application, data }], next: 0 };
  channel.setState('CS_EXECUTE');
}

/** `hupall [<cause> [<variable> <value>]]`. */
function hangUpAll(core: Core, args: string): string {
  const [cause, variable, value] = separate(args, ' ', 5);
  const name = cause === undefined ? 'MANAGER_REQUEST' : toCause(cause);
  for (const channel of core.channels.values()) {
    if (variable !== undefined && channel.getVariable(variable) !== value) continue;
    channel.hangup(name);
  }
  const matching = variable === undefined ? '' : ` matching ${variable}=${value ?? ''}`;
  return `+OK hangup all channels${matching} with cause ${name}\n`;
}

const COLUMNS =
  'uuid,direction,created,created_epoch,name,state,cid_name,cid_num,ip_addr,dest,application,application_data,' +
  'dialplan,context,read_codec,read_rate,read_bit_rate,write_codec,write_rate,write_bit_rate,secure,hostname,' +
  'presence_id,presence_data,accountcode,callstate,callee_name,callee_num,callee_direction,call_uuid,' +
  'sent_callee_name,sent_callee_num,initial_cid_name,initial_cid_num,initial_ip_addr,initial_dest,' +
  'initial_dialplan,initial_context';

function row(channel: Channel): string[] {
  const { profile } = channel;
  const created = new Date(profile.times.created / 1000).toISOString().replace('T', ' ').slice(0, 19);
  const { codec } = channel.endpoint;
  const bits = codec === 'PCMU' ? '64000' : '128000';
  return [
    channel.uuid,
    channel.direction,
    created,
    String(Math.floor(profile.times.created / 1e6)),
    channel.name,
    channel.runningState,
    profile.callerIdName,
    profile.callerIdNumber,
    profile.networkAddr,
    profile.destinationNumber,
    channel.getVariable('current_application') ?? '',
    channel.getVariable('current_application_data') ?? '',
    profile.dialplan,
    profile.context,
    codec,
    '8000',
    bits,
    codec,
    '8000',
    bits,
    '',
    'simulator',
    '',
    '',
    '',
    channel.callState,
    profile.calleeIdName,
    profile.calleeIdNumber,
    '',
    channel.getVariable('call_uuid') ?? '',
    '',
    '',
    profile.origCallerIdName,
    profile.origCallerIdNumber,
    profile.networkAddr,
    profile.destinationNumber,
    profile.dialplan,
    profile.context,
  ];
}

function show(core: Core, args: string): string {
  const [what = '', how = '', as = ''] = separate(args, ' ', 4).map((word) => word.toLowerCase());
  if (what === 'channels' || what === 'calls') {
    const rows = [...core.channels.values()].map(row);
    if (how === 'count') return `\n${rows.length} total.\n`;
    if (how === 'as' && as === 'json') return asJson(rows);
    if (rows.length === 0) return '\n0 total.\n';
    return `${COLUMNS}\n${rows.map((cells) => cells.join(',')).join('\n')}\n\n${rows.length} total.\n`;
  }
  if (what === 'application') {
    const names = [...core.applications.keys()].sort();
    if (how === 'as' && as === 'json') {
      const rows = names.map((name) => ({ name, description: name, syntax: '', ikey: 'simulator' }));
      return `${JSON.stringify({ row_count: rows.length, rows })}\n`;
    }
    return `name,description,syntax,ikey\n${names.map((name) => `${name},,,simulator`).join('\n')}\n\n${names.length} total.\n`;
  }
  return '-USAGE: application|calls [count]|channels [count]\n';
}

function asJson(rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '{"row_count": 0}\n';
  const names = COLUMNS.split(',');
  const list = rows.map((cells) =>
    Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])),
  );
  return `${JSON.stringify({ row_count: rows.length, rows: list })}\n`;
}

/** Commands that make, end and list calls. */
export const callApis: Readonly<Record<string, Api>> = {
  originate: originateCommand,
  hupall: hangUpAll,
  show,
  sched_hangup: (core, args) => {
    const [time = '', uuid = '', cause] = separate(args, ' ', 4);
    const channel = core.locate(uuid);
    if (channel === undefined) return '-ERR No such channel!\n';
    const seconds = time.startsWith('+') ? toInteger(time.slice(1)) : toInteger(time) - core.clock.seconds();
    core.scheduler.add(uuid, seconds, 0, () => channel.hangup(toCause(cause ?? 'ALLOTTED_TIMEOUT')));
    return '+OK\n';
  },
};
