import { cloneProfile, type CallerProfile } from '../caller-profile.js';
import { Channel, type Extension, type StateHandlers } from '../channel.js';
import type { Core } from '../core.js';
import { markAnswered, markPreAnswered, markRingReady, preAnswer } from '../session/answering.js';
import { isTrue, separate } from '../text.js';
import type { NamedValues } from '../variables.js';
import type { Endpoint, Indication } from './endpoint.js';

/** What was found behind `loopback/`: `<extension>/<context>/<dialplan>` or `app=<application>:<data>`. */
interface Destination {
  readonly number: string;
  readonly context: string;
  readonly dialplan: string;
  readonly app: { readonly name: string; readonly data: string } | undefined;
}

function parse(text: string, profile: CallerProfile): Destination {
  const isApp = text.slice(0, 4).toLowerCase() === 'app=';
  let rest = isApp ? text.slice(4) : text;
  let app: Destination['app'];
  if (isApp) {
    const colon = rest.indexOf(':');
    app = { name: colon < 0 ? rest : rest.slice(0, colon), data: colon < 0 ? '' : rest.slice(colon + 1) };
    rest = app.name;
  }
  const [number = '', context = '', ...dialplan] = rest.split('/');
  return {
    number,
    context: context || profile.context || 'default',
    dialplan: dialplan.join('/') || profile.dialplan || 'XML',
    app,
  };
}

/** One of the two ends of a loopback call: what one says the other hears (mod_loopback). */
class LoopbackEndpoint implements Endpoint {
  readonly module = 'mod_loopback';
  readonly codec = 'L16';
  partner: Channel | undefined;
  private readonly makePartner: ((channel: Channel) => Channel) | undefined;

  constructor(makePartner?: (channel: Channel) => Channel) {
    this.makePartner = makePartner;
  }

  onInit(channel: Channel): void {
    this.partner ??= this.makePartner?.(channel);
    channel.setVariable('loopback_leg', this.makePartner === undefined ? 'B' : 'A');
    channel.setState('CS_ROUTING');
  }

  onHangup(channel: Channel): void {
    channel.setVariable('is_loopback', '1');
    this.partner?.hangup(channel.hangupCause ?? 'NORMAL_CLEARING');
    this.partner = undefined;
  }

  indicate(channel: Channel, indication: Indication): void {
    const { partner } = this;
    if (channel.direction === 'outbound' || partner === undefined) return;
    if (indication === 'answer') markAnswered(partner);
    else if (indication === 'progress') markPreAnswered(partner);
    else markRingReady(partner);
  }

  sendDigits(_channel: Channel, digits: string): void {
    this.partner?.queueDigits(digits);
  }
}

/** `loopback/app=…`: the other side answers nothing and runs one application. */
function appHandlers(app: { readonly name: string; readonly data: string }): StateHandlers {
  let begun = false;
  return {
    CS_ROUTING: (channel) => {
      if (begun) return true;
      begun = true;
      const extension: Extension = {
        name: app.name,
        applications: [
          { application: 'pre_answer', data: '' },
          { application: app.name, data: app.data },
        ],
        next: 0,
      };
      channel.extension = extension;
      channel.setState('CS_EXECUTE');
      return false;
    },
  };
}

/** Makes the outbound side; the inbound one, which goes into the dialplan, follows when it starts. */
export function newLoopbackChannel(
  core: Core,
  caller: Channel | undefined,
  target: string,
  outbound: CallerProfile,
  variables: NamedValues,
): Channel {
  if (caller !== undefined && !isTrue(caller.getVariable('loopback_no_pre_answer'))) preAnswer(caller);
  const destination = parse(target, outbound);
  const profile = cloneProfile(outbound);
  profile.source = 'mod_loopback';
  profile.destinationNumber = destination.number;
  profile.context = destination.context;
  profile.dialplan = destination.dialplan;
  const endpoint = new LoopbackEndpoint((channel) => newOtherSide(core, channel, destination, variables));
  const channel = new Channel(core, 'outbound', endpoint, profile, variables.get('origination_uuid'));
  channel.rename(`loopback/${destination.number}-a`);
  setCodec(channel);
  if (caller !== undefined) channel.setVariable('loopback_from_uuid', caller.uuid);
  channel.setState('CS_INIT');
  return channel;
}

function setCodec(channel: Channel): void {
  for (const name of ['read', 'write']) {
    channel.setVariable(`${name}_codec`, 'L16');
    channel.setVariable(`${name}_rate`, '8000');
  }
}

function newOtherSide(core: Core, first: Channel, destination: Destination, variables: NamedValues): Channel {
  const profile = cloneProfile(first.profile);
  profile.calleeIdName = 'Outbound Call';
  const endpoint = new LoopbackEndpoint();
  const channel = new Channel(core, 'inbound', endpoint, profile);
  endpoint.partner = first;
  channel.rename(`loopback/${destination.number}-b`);
  setCodec(channel);
  for (const [name, value] of variables) if (name !== 'origination_uuid') channel.setVariable(name, value);
  for (const name of separate(first.getVariable('loopback_export') ?? '', ',', 128)) {
    const value = first.getVariable(name);
    if (value !== undefined) channel.setVariable(name, value);
  }
  first.setVariable('other_loopback_leg_uuid', channel.uuid);
  channel.setVariable('other_loopback_leg_uuid', first.uuid);
  channel.setVariable('other_loopback_from_uuid', first.variables.get('loopback_from_uuid'));
  if (destination.app !== undefined) {
    channel.setVariable('loopback_app', destination.app.name);
    channel.setVariable('loopback_app_arg', destination.app.data);
    channel.handlers.push(appHandlers(destination.app));
  }
  channel.setState('CS_INIT');
  core.startSession(channel);
  return channel;
}
