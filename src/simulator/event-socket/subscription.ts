import type { EventListener, SwitchEvent } from '../event.js';
import { matchRegex } from '../regex.js';
import { equalsIgnoringCase } from '../text.js';

/** The event names that `event` and `nixevent` know (switch_event.c). */
export const EVENT_NAMES: ReadonlySet<string> = new Set(
  (
    'CUSTOM CLONE CHANNEL_CREATE CHANNEL_DESTROY CHANNEL_STATE CHANNEL_CALLSTATE CHANNEL_ANSWER CHANNEL_HANGUP ' +
    'CHANNEL_HANGUP_COMPLETE CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_BRIDGE ' +
    'CHANNEL_UNBRIDGE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_UNPARK ' +
    'CHANNEL_APPLICATION CHANNEL_ORIGINATE CHANNEL_UUID API LOG INBOUND_CHAN OUTBOUND_CHAN STARTUP SHUTDOWN PUBLISH ' +
    'UNPUBLISH TALK NOTALK SESSION_CRASH MODULE_LOAD MODULE_UNLOAD DTMF MESSAGE PRESENCE_IN NOTIFY_IN PRESENCE_OUT ' +
    'PRESENCE_PROBE MESSAGE_WAITING MESSAGE_QUERY ROSTER CODEC BACKGROUND_JOB DETECTED_SPEECH DETECTED_TONE ' +
    'PRIVATE_COMMAND HEARTBEAT TRAP ADD_SCHEDULE DEL_SCHEDULE EXE_SCHEDULE RE_SCHEDULE RELOADXML NOTIFY PHONE_FEATURE ' +
    'PHONE_FEATURE_SUBSCRIBE SEND_MESSAGE RECV_MESSAGE REQUEST_PARAMS CHANNEL_DATA GENERAL COMMAND SESSION_HEARTBEAT ' +
    'CLIENT_DISCONNECTED SERVER_DISCONNECTED SEND_INFO RECV_INFO RECV_RTCP_MESSAGE SEND_RTCP_MESSAGE CALL_SECURE NAT ' +
    'RECORD_START RECORD_STOP PLAYBACK_START PLAYBACK_STOP CALL_UPDATE FAILURE SOCKET_DATA MEDIA_BUG_START ' +
    'MEDIA_BUG_STOP CONFERENCE_DATA_QUERY CONFERENCE_DATA CALL_SETUP_REQ CALL_SETUP_RESULT CALL_DETAIL DEVICE_STATE ' +
    'TEXT SHUTDOWN_REQUESTED PHONE_CONTROL ALL'
  ).split(' '),
);

/** What `myevents` asks for: a fixed list without PLAYBACK_*, RECORD_*, CUSTOM and BACKGROUND_JOB. */
const MY_EVENTS = (
  'CHANNEL_ANSWER CHANNEL_APPLICATION CHANNEL_BRIDGE CHANNEL_CREATE CHANNEL_DATA CHANNEL_DESTROY CHANNEL_EXECUTE ' +
  'CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_ORIGINATE CHANNEL_UUID CHANNEL_OUTGOING ' +
  'CHANNEL_PARK CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_STATE CHANNEL_UNBRIDGE CHANNEL_UNPARK ' +
  'DETECTED_SPEECH DTMF NOTALK TALK'
).split(' ');

export type EventFormat = 'plain' | 'json' | 'xml';

/** Which events one connection gets: names, filters, `myevents` (event_handler in mod_event_socket.c). */
export class Subscription implements EventListener {
  format: EventFormat = 'plain';
  enabled = false;
  /** Set by `myevents`: only events of this channel. */
  onlyUuid: string | undefined;
  readonly onEvent: (event: SwitchEvent) => void;
  private readonly names = new Set<string>();
  private readonly subclasses = new Set<string>();
  private filters: (readonly [header: string, value: string])[] = [];

  constructor(onEvent: (event: SwitchEvent) => void) {
    this.onEvent = onEvent;
  }

  /** `event plain A B CUSTOM sub::class`: the reply. */
  enable(words: readonly string[]): string {
    let names = 0;
    let custom = false;
    for (const [index, word] of words.entries()) {
      const lower = word.toLowerCase();
      if (index === 0 && (lower === 'plain' || lower === 'json' || lower === 'xml')) {
        this.format = lower;
      } else if (custom) {
        this.subclasses.add(word);
      } else {
        const name = word.toUpperCase();
        if (!EVENT_NAMES.has(name)) continue;
        names += 1;
        this.names.add(name);
        if (name === 'CUSTOM') custom = true;
      }
    }
    if (names === 0) return '-ERR no keywords supplied';
    this.enabled = true;
    return `+OK event listener enabled ${this.format}`;
  }

  disable(words: readonly string[]): string {
    let names = 0;
    let custom = false;
    for (const word of words) {
      const name = word.toUpperCase();
      if (custom) {
        this.subclasses.delete(word);
      } else if (EVENT_NAMES.has(name)) {
        names += 1;
        if (name === 'CUSTOM') custom = true;
        else if (name === 'ALL') this.names.clear();
        else {
          if (this.names.delete('ALL'))
            for (const other of EVENT_NAMES) if (other !== 'ALL') this.names.add(other);
          this.names.delete(name);
        }
      }
    }
    if (names === 0) return '-ERR no keywords supplied';
    this.enabled = true;
    return '+OK events nixed';
  }

  disableAll(): string {
    if (!this.enabled) return '-ERR not listening for events';
    this.enabled = false;
    this.names.clear();
    this.subclasses.clear();
    return '+OK no longer listening for events';
  }

  enableMine(uuid: string): void {
    for (const name of MY_EVENTS) this.names.add(name);
    this.enabled = true;
    this.onlyUuid = uuid;
  }

  addFilter(header: string, value: string): void {
    this.filters.push([header, value]);
  }

  deleteFilter(header: string, value: string | undefined): void {
    if (equalsIgnoringCase(header, 'all')) {
      this.filters = [];
      return;
    }
    this.filters = this.filters.filter(
      ([name, other]) =>
        !equalsIgnoringCase(name, header) || (value !== undefined && !equalsIgnoringCase(other, value)),
    );
  }

  wants(name: string): boolean {
    return this.enabled && (this.names.has(name) || this.names.has('ALL'));
  }

  deliver(event: SwitchEvent): void {
    if (this.accepts(event)) this.onEvent(event);
  }

  private accepts(event: SwitchEvent): boolean {
    if (
      event.name === 'CUSTOM' &&
      event.subclass !== undefined &&
      !this.names.has('ALL') &&
      !this.subclasses.has(event.subclass)
    ) {
      return false;
    }
    let send = this.passesFilters(event);
    if (send && this.onlyUuid !== undefined) send = event.get('Unique-ID') === this.onlyUuid;
    return send;
  }

  /** Positive filters are ORed; one negative (`-`) that matches decides; a header that is missing does not. */
  private passesFilters(event: SwitchEvent): boolean {
    if (this.filters.length === 0) return true;
    let send = false;
    for (const [header, raw] of this.filters) {
      const value = event.get(header);
      if (value === undefined) continue;
      const signs = /^[+\- ]*/.exec(raw)?.[0] ?? '';
      const positive = !signs.trimEnd().endsWith('-');
      if (send && positive) continue;
      const wanted = raw.slice(signs.length);
      const matches = raw.startsWith('/')
        ? matchRegex(value, wanted) !== undefined
        : equalsIgnoringCase(value, wanted);
      if (!matches) continue;
      if (!positive) return false;
      send = true;
    }
    return send;
  }
}
