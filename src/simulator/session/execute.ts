import { preAnswer } from './answering.js';
import type { Application } from '../applications/application.js';
import type { Channel } from '../channel.js';
import { cloneProfile } from '../caller-profile.js';
import { expandArgument } from '../expansion.js';
import { hunt } from '../dialplan/hunt.js';
import { closingBracket, isTrue, separate } from '../text.js';
import { NamedValues } from '../variables.js';

/** What became of it: `ignored` is an application that cannot run on a channel that hung up. */
export type ExecuteResult = 'ok' | 'failed' | 'ignored';

/** Nested extensions and event loops beyond this are refused (SWITCH_MAX_STACKS). */
const MAX_STACKS = 32;

/** switch_core_session_execute_application: an unknown name hangs the channel up. */
export async function executeApplication(
  channel: Channel,
  name: string,
  data: string,
): Promise<ExecuteResult> {
  const known = channel.core.applications.get(name);
  if (!channel.up) {
    if (known === undefined) return 'failed';
    if (!known.zombie) return 'ignored';
    await run(channel, known, data);
    return 'ok';
  }
  if (known === undefined) {
    channel.hangup('DESTINATION_OUT_OF_ORDER');
    return 'failed';
  }
  if (!known.noMedia && !channel.mediaUp) {
    if (channel.direction === 'inbound') {
      if (!preAnswer(channel)) return 'failed';
    } else if (!(await mediaComesUp(channel))) {
      return 'failed';
    }
  }
  await run(channel, known, data);
  return 'ok';
}

/** An outbound channel is given about two seconds to get its media. */
async function mediaComesUp(channel: Channel): Promise<boolean> {
  const deadline = channel.core.clock.now() + 2000;
  for (;;) {
    const { version } = channel;
    if (channel.mediaUp) return true;
    const left = deadline - channel.core.clock.now();
    if (left <= 0 || !channel.up) return false;
    await channel.waitSince(version, left);
  }
}

/** A leading `%[a=b,c=d]` sets variables for this one application. */
function takeScope(channel: Channel, data: string): string {
  const match = /^%(.?)\[/s.exec(data);
  if (match === null) return data;
  const delimiter = match[1] === '' ? ',' : (match[1] ?? ',');
  const from = match[0].length - 1;
  const end = closingBracket(data.slice(from), '[', ']');
  if (end < 0) return data;
  const scope = new NamedValues();
  for (const pair of separate(data.slice(from + 1, from + end), delimiter, 256)) {
    const equals = pair.indexOf('=');
    if (equals > 0) scope.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  channel.scopeVariables = scope;
  return data.slice(from + end + 1);
}

/** switch_core_session_exec. */
async function run(channel: Channel, app: Application, raw: string): Promise<void> {
  const { core } = channel;
  const uuid = channel.variables.get('app_uuid') ?? core.newUuid();
  const uuidName = channel.variables.get('app_uuid_name');
  channel.variables.delete('app_uuid');
  channel.variables.delete('app_uuid_name');
  const expand = !isTrue(channel.getVariable('app_disable_expand_variables'));
  const data = expand ? takeScope(channel, expandArgument(channel, raw)) : raw;
  const scoped = channel.scopeVariables;
  channel.executed.push({
    application: app.name,
    data,
    atMs: core.clock.now() - channel.createdAtMs,
    depth: channel.stackCount,
  });
  channel.setVariable('current_application_data', data);
  channel.setVariable('current_application_response', undefined);
  channel.setVariable('current_application', app.name);
  core.fire('CHANNEL_EXECUTE', channel, (event) => {
    event.add('Application', app.name);
    if (data !== '') event.add('Application-Data', data);
    event.add('Application-UUID', uuid);
    event.add('Application-UUID-Name', uuidName);
  });
  channel.breakFlag = 0;
  await app.run(channel, data);
  core.fire('CHANNEL_EXECUTE_COMPLETE', channel, (event) => {
    event.add('Application', app.name);
    if (data !== '') event.add('Application-Data', data);
    event.add('Application-Response', channel.getVariable('current_application_response') ?? '_none_');
    event.add('Application-UUID', uuid);
    event.add('Application-UUID-Name', uuidName);
  });
  if (scoped !== undefined && channel.scopeVariables === scoped) channel.scopeVariables = undefined;
}

/**
 * switch_core_session_execute_exten: runs an extension inside the present one, as long as the channel is ready.
 * False when there was no such extension, or nothing may be nested any deeper.
 */
export async function executeExtension(
  channel: Channel,
  extension: string,
  dialplan?: string,
  context?: string,
): Promise<boolean> {
  if (channel.stackCount > MAX_STACKS) return false;
  channel.stackCount += 1;
  try {
    const profile = cloneProfile(channel.huntProfile ?? channel.profile);
    profile.destinationNumber = extension;
    if (dialplan !== undefined && dialplan !== '') profile.dialplan = dialplan;
    if (context !== undefined && context !== '') profile.context = context;
    channel.huntProfile = profile;
    const found = await hunt(channel, profile, executeApplication);
    if (found === undefined) return false;
    while (channel.ready && found.next < found.applications.length) {
      const item = found.applications[found.next];
      if (item === undefined) break;
      if ((await executeApplication(channel, item.application, item.data)) !== 'ok') break;
      found.next += 1;
    }
    return true;
  } finally {
    channel.huntProfile = undefined;
    channel.stackCount -= 1;
  }
}
