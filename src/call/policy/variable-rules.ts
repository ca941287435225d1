import { parseHangupCause } from '../../switch/hangup-cause.js';
import { hasControl } from './data-rules.js';
import { checkEngine, checkMedia, checkRingback, checkVoice } from './media-rules.js';
import type { NameList } from './pattern.js';
import { matchesAny } from './pattern.js';
import type { Checked, RuleContext } from './rule.js';
import { firstRefusal, refuse, shown } from './rule.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

/** The daemon's own: what it tells the dialplan, and what it runs a list with. */
const RESERVED = /^cti_(?:status|error|actions|state|owner|run|place|guard|then|release|dial|[odt]\d*)$/;

/**
 * Variables that run something, reroute the call or change how FreeSWITCH reads what follows. A name with `*` in
 * the configuration does not cover them: whoever wants one has to write it out.
 */
const DANGEROUS =
  /^(?:execute_on|api_on|api_|exec_|bridge_pre_execute|bridge_execute|transfer_after_bridge|transfer_on_fail|transfer_fallback|park_after_bridge|record_post_process|session_in_hangup_hook|app_disable|app_uuid|origination_nested_vars|origination_uuid|export_vars|bridge_export_vars|sip_route|sip_invite|sip_req|sip_contact|sip_auth|sip_force|sip_h_(?!x-)|sip_rh_|sip_bye_h|sip_copy|sip_network|sound_prefix|playback_delimiter|socket_|curl_|campon|group_confirm|loopback_|page_|cc_export|fifo_|effective_caller|origination_caller|effective_ani|origination_ani|force_transfer|attended_transfer|blind_transfer|spawn|conference_|dialed_|domain_name|user_|process_cdr|verbose_)/;

const CALLER_NUMBER: ReadonlySet<string> = new Set([
  'effective_caller_id_number',
  'origination_caller_id_number',
  'effective_ani',
  'origination_ani',
]);
const CALLER_NAME: ReadonlySet<string> = new Set(['effective_caller_id_name', 'origination_caller_id_name']);

type ValueRule = (value: string, context: RuleContext) => Checked;

function shaped(shape: RegExp, what: string): ValueRule {
  return (value) =>
    shape.test(value) ? undefined : refuse('variable.value', `${shown(value)} is not ${what}`);
}

const BOOLEAN = shaped(/^(?:true|false|yes|no|on|off|1|0|enabled|disabled)$/i, 'true or false');

function number(max: number): ValueRule {
  return (value) =>
    /^\d{1,9}$/.test(value) && Number(value) <= max
      ? undefined
      : refuse('variable.value', `${shown(value)} is not a number from 0 to ${max}`);
}

/** true, false, or causes with commas between (switch_channel.c: switch_channel_handle_cause). */
const CAUSES: ValueRule = (value, context) =>
  BOOLEAN(value, context) === undefined ||
  value.split(',').every((cause) => parseHangupCause(cause) !== undefined)
    ? undefined
    : refuse('variable.value', `${shown(value)} is not true, false or a list of hangup causes`);

const MEDIA: ValueRule = (value, context) => checkMedia(value, context);
const LANGUAGE = shaped(/^[A-Za-z]{2,8}(?:[_-][A-Za-z0-9]{1,8}){0,2}$/, 'a language');

/** Variables whose value is more than text. Names in lower case. */
const VALUE_RULES: ReadonlyMap<string, ValueRule> = new Map<string, ValueRule>([
  ['hangup_after_bridge', BOOLEAN],
  ['continue_on_fail', CAUSES],
  ['failure_causes', CAUSES],
  ['call_timeout', number(3600)],
  ['bridge_answer_timeout', number(3600)],
  ['leg_timeout', number(3600)],
  ['leg_delay_start', number(3600)],
  ['leg_progress_timeout', number(3600)],
  ['originate_timeout', number(3600)],
  ['progress_timeout', number(3600)],
  ['ignore_early_media', shaped(/^(?:true|false|consume|ring_ready)$/, 'true, false, consume or ring_ready')],
  ['ringback', checkRingback],
  ['transfer_ringback', checkRingback],
  [
    'hold_music',
    (value, context) => (/^(?:silence|indicate_hold)$/.test(value) ? undefined : checkMedia(value, context)),
  ],
  ['playback_terminators', shaped(/^(?:none|any|[0-9*#A-D]{1,16})$/, 'digits, * and #, none or any')],
  ['default_language', LANGUAGE],
  ['language', LANGUAGE],
  ['tts_engine', checkEngine],
  ['tts_voice', checkVoice],
  ['group_confirm_file', MEDIA],
  ['group_confirm_error_file', MEDIA],
  ['campon_hold_music', MEDIA],
  ['cc_moh_override', MEDIA],
  ['fifo_music', MEDIA],
  ['record_indication', MEDIA],
]);

function covers(list: NameList, lower: string): boolean {
  if (list.exact.has(lower)) return true;
  return !DANGEROUS.test(lower) && list.prefixes.some((prefix) => lower.startsWith(prefix));
}

/**
 * Whether a variable may be touched at all.
 * @param where `channel`: set and its kin; `dial`: in the prefix of a dial string; `digits`: filled with what the
 *   caller enters
 */
export function checkName(name: string, context: RuleContext, where: 'channel' | 'dial' | 'digits'): Checked {
  if (!NAME.test(name)) return refuse('variable.name', `${shown(name)} is not a plain name of a variable`);
  const lower = name.toLowerCase();
  if (RESERVED.test(lower)) return refuse('variable.reserved', `${name} belongs to switchhook`);
  const { settable, dialVariables, digitVariables, callerIdNumbers, callerIdNames } = context.profile;
  if (where === 'digits') {
    // Digits from the caller must not become a number to show, a time-out or a file.
    const typed = VALUE_RULES.has(lower) || CALLER_NUMBER.has(lower) || CALLER_NAME.has(lower);
    return !typed && (covers(digitVariables, lower) || covers(settable, lower))
      ? undefined
      : refuse('variable.digits', `digits may not be stored in ${name}`);
  }
  if (CALLER_NUMBER.has(lower) && callerIdNumbers.length > 0) return undefined;
  if (CALLER_NAME.has(lower) && callerIdNames.length > 0) return undefined;
  if (CALLER_NUMBER.has(lower) || CALLER_NAME.has(lower)) {
    return refuse('caller_id', `the profile names no caller id that may be shown, ${name} is refused`);
  }
  if (covers(settable, lower) || (where === 'dial' && covers(dialVariables, lower))) return undefined;
  return refuse(where === 'dial' ? 'dial.variable' : 'variable.set', `${name} may not be set`);
}

/** A variable and its value; `''` unsets it. */
export function checkSetting(
  name: string,
  value: string,
  context: RuleContext,
  where: 'channel' | 'dial',
): Checked {
  const refusal = checkName(name, context, where);
  if (refusal !== undefined || value === '') return refusal;
  const max = context.profile.source.variables.max_length;
  if (value.length > max)
    return refuse('variable.length', `${value.length} characters for ${name}, allowed are ${max}`);
  if (hasControl(value)) return refuse('data.control', `a control character in the value of ${name}`);
  if (/^ARRAY::/i.test(value)) return refuse('variable.array', `${name} would become an array`);
  const lower = name.toLowerCase();
  if (CALLER_NUMBER.has(lower) && !matchesAny(context.profile.callerIdNumbers, value)) {
    return refuse('caller_id.number', `${shown(value)} may not be shown as the caller's number`);
  }
  if (CALLER_NAME.has(lower) && !matchesAny(context.profile.callerIdNames, value)) {
    return refuse('caller_id.name', `${shown(value)} may not be shown as the caller's name`);
  }
  const rule = VALUE_RULES.get(lower);
  if (rule === undefined) return undefined;
  if (value.includes('$')) return refuse('expansion.place', `$ may not stand in the value of ${name}`);
  return rule(value, context);
}

/** `name=value`, or `name,value` where there is no `=`, or a name alone (mod_dptools.c: base_set). */
export function checkAssignment(text: string, context: RuleContext): Checked {
  let index = text.indexOf('=');
  if (index < 0) index = text.indexOf(',');
  return index < 0
    ? checkName(text, context, 'channel')
    : checkSetting(text.slice(0, index), text.slice(index + 1), context, 'channel');
}

/** `[nolocal:|_nolocal_]name=value` (switch_channel.c: switch_channel_export_variable_var_check). */
export function checkExport(data: string, context: RuleContext): Checked {
  const plain = data.replace(/^(?:nolocal:|_nolocal_)/i, '');
  const index = plain.indexOf('=');
  return index < 0
    ? checkName(plain, context, 'channel')
    : checkSetting(plain.slice(0, index), plain.slice(index + 1), context, 'channel');
}

export function checkNames(names: readonly string[], context: RuleContext): Checked {
  return firstRefusal(names, (name) => checkName(name, context, 'channel'));
}
