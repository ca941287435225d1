import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  ack,
  bye,
  cancel,
  contactOf,
  header,
  invite,
  mediaPortOf,
  okTo,
  parseSip,
  type SipMessage,
  type SipParty,
} from './sip.js';

/** RFC 3261: 17.1.1.2, T1; doubled with each retransmission. */
const T1_MS = 500;

export interface PlacedCall {
  readonly id: string;
  readonly destination: string;
  readonly invitedAtMs: number;
  answeredAtMs: number;
  /** FreeSWITCH's BYE. */
  endedAtMs: number;
  /** Why it failed; empty while it has not. */
  failure: string;
  /** FreeSWITCH's media port, once answered. */
  mediaPort: number;
  contact: string;
  to: string;
  /** FreeSWITCH's BYE as it came; empty without one. */
  byeText: string;
  provisional: boolean;
  timer: NodeJS.Timeout | undefined;
  retryAfterMs: number;
}

export interface CallerListener {
  onAnswered(call: PlacedCall): void;
  /** Once per call: by FreeSWITCH's BYE, a refusal, or because we gave it up (`failure`). */
  onEnded(call: PlacedCall): void;
}

/** Places SIP calls from one UDP socket. */
export class Caller {
  readonly #socket: Socket;
  readonly #party: SipParty;
  readonly #calls = new Map<string, PlacedCall>();
  readonly #prefix = `${process.pid}-${Date.now().toString(36)}-`;
  readonly #listener: CallerListener;
  #next = 0;
  retransmissions = 0;

  private constructor(socket: Socket, party: SipParty, listener: CallerListener) {
    this.#socket = socket;
    this.#party = party;
    this.#listener = listener;
    socket.on('message', (packet) => this.#receive(packet.toString('latin1'), performance.now()));
    // A connected UDP socket reports ECONNREFUSED when FreeSWITCH is gone; the calls' patience tells the rest.
    socket.on('error', () => undefined);
  }

  static async open(switchPort: number, mediaPort: number, listener: CallerListener): Promise<Caller> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.setRecvBufferSize(4 * 1024 * 1024);
    // A connected socket is written to at once, without a turn of the event loop for each packet.
    socket.connect(switchPort, '127.0.0.1');
    await once(socket, 'connect');
    return new Caller(socket, { port: socket.address().port, mediaPort, switchPort }, listener);
  }

  get open(): number {
    return this.#calls.size;
  }

  place(destination: string): PlacedCall {
    const id = `${this.#prefix}${++this.#next}`;
    const packet = invite(this.#party, id, destination);
    const call: PlacedCall = {
      id,
      destination,
      invitedAtMs: performance.now(),
      answeredAtMs: 0,
      endedAtMs: 0,
      failure: '',
      mediaPort: 0,
      contact: '',
      to: '',
      byeText: '',
      provisional: false,
      timer: undefined,
      retryAfterMs: T1_MS,
    };
    this.#calls.set(id, call);
    this.#socket.send(packet);
    this.#armRetransmission(call, packet);
    return call;
  }

  /** Ends a call from our side; `failure` says why when that was not the plan. */
  giveUp(call: PlacedCall, failure: string): void {
    if (!this.#calls.has(call.id)) return;
    if (call.answeredAtMs > 0) this.#socket.send(bye(this.#party, call.id, call.contact, call.to));
    else if (call.provisional) this.#socket.send(cancel(this.#party, call.id, call.destination));
    this.#settle(call, failure);
  }

  close(): void {
    for (const call of [...this.#calls.values()]) this.giveUp(call, 'closed');
    this.#socket.close();
  }

  #armRetransmission(call: PlacedCall, packet: Buffer): void {
    call.timer = setTimeout(() => {
      if (call.provisional || call.retryAfterMs > 4 * T1_MS) return;
      this.retransmissions++;
      this.#socket.send(packet);
      call.retryAfterMs *= 2;
      this.#armRetransmission(call, packet);
    }, call.retryAfterMs);
  }

  #settle(call: PlacedCall, failure: string): void {
    clearTimeout(call.timer);
    this.#calls.delete(call.id);
    call.failure = failure;
    this.#listener.onEnded(call);
  }

  #receive(text: string, atMs: number): void {
    const message = parseSip(text);
    if (message === undefined) return;
    const call = this.#calls.get(message.callId);
    if (message.status === 0) {
      if (message.method !== 'ACK') this.#socket.send(okTo(message));
      if (call !== undefined && message.method === 'BYE') {
        call.endedAtMs = atMs;
        call.byeText = text;
        this.#settle(call, '');
      }
      return;
    }
    if (message.method === 'INVITE') this.#receiveAnswer(call, message, atMs);
  }

  #receiveAnswer(call: PlacedCall | undefined, message: SipMessage, atMs: number): void {
    if (message.status < 200) {
      if (call !== undefined) call.provisional = true;
      return;
    }
    // Acknowledged even for a call that we have forgotten, or FreeSWITCH would repeat itself for half a minute.
    this.#socket.send(ack(this.#party, message.callId, message));
    if (message.status < 300 && (call === undefined || call.answeredAtMs > 0)) {
      if (call === undefined) {
        const to = header(message.text, 'To') ?? '';
        this.#socket.send(bye(this.#party, message.callId, contactOf(message.text), to));
      }
      return;
    }
    if (call === undefined) return;
    call.provisional = true;
    clearTimeout(call.timer);
    if (message.status >= 300) {
      this.#settle(call, `status ${message.status}`);
      return;
    }
    call.answeredAtMs = atMs;
    call.contact = contactOf(message.text);
    call.to = header(message.text, 'To') ?? '';
    call.mediaPort = mediaPortOf(message.text);
    this.#listener.onAnswered(call);
  }
}
