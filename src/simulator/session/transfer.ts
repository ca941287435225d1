import type { Channel } from '../channel.js';
import { equalsIgnoringCase, toInteger } from '../text.js';

function firstOf(...candidates: (string | undefined)[]): string {
  return candidates.find((candidate) => candidate !== undefined && candidate !== '') ?? '';
}

/** switch_ivr_session_transfer: sends the channel into the dialplan anew. False when it may not go any further. */
export function transfer(channel: Channel, extension: string, dialplan = '', context = ''): boolean {
  const { core } = channel;
  const counter =
    firstOf(channel.getVariable('max_session_transfers')) === '' ? 'max_forwards' : 'max_session_transfers';
  const forwards = channel.getVariable(counter);
  const left = forwards === undefined ? 70 : toInteger(forwards) - 1;
  if (left <= 0) {
    channel.hangup('EXCHANGE_ROUTING_ERROR');
    return false;
  }
  channel.setVariable(counter, String(left));
  channel.flushDigits();
  channel.clear('ORIGINATING');
  channel.handlers = [];
  const before = channel.huntProfile ?? channel.profile;
  const inherited = equalsIgnoringCase(before.dialplan, 'inline') ? '' : before.dialplan;
  const useDialplan = firstOf(dialplan, channel.getVariable('force_transfer_dialplan'), inherited, 'XML');
  const useContext = firstOf(
    context,
    channel.getVariable('force_transfer_context'),
    before.context,
    'default',
  );
  const destination = firstOf(extension, 'service');
  channel.setVariable('signal_bond', undefined);
  channel.set('TRANSFER');
  const partnerUuid = channel.variables.get('signal_bridge_to') ?? channel.variables.get('bridge_to');
  if (partnerUuid !== undefined) core.locate(partnerUuid)?.setVariable('signal_bond', undefined);
  const from = before.destinationNumber;
  const profile = channel.stepProfile((changed) => {
    changed.dialplan = useDialplan;
    changed.context = useContext;
    changed.rdnis = from;
    changed.destinationNumber = destination;
  });
  channel.setState('CS_ROUTING');
  profile.transferSource = `${core.clock.seconds()}:${core.newUuid()}:bl_xfer:${destination}/${useContext}/${useDialplan}`;
  channel.variables.push('transfer_history', profile.transferSource);
  channel.setVariable('transfer_source', profile.transferSource);
  return true;
}
