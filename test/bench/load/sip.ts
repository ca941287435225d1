/** Just enough SIP (RFC 3261) over UDP for a caller: written for speed, fed by one FreeSWITCH on loopback only. */

export interface SipParty {
  /** Where we listen. */
  readonly port: number;
  readonly mediaPort: number;
  /** FreeSWITCH's SIP port. */
  readonly switchPort: number;
}

export interface SipMessage {
  /** Of a response; 0 for a request. */
  readonly status: number;
  /** Of a request; for a response the method in CSeq. */
  readonly method: string;
  readonly callId: string;
  readonly text: string;
}

export function parseSip(text: string): SipMessage | undefined {
  const callId = header(text, 'Call-ID');
  if (callId === undefined) return undefined;
  if (text.startsWith('SIP/2.0 ')) {
    const cseq = header(text, 'CSeq') ?? '';
    return { status: Number(text.slice(8, 11)), method: cseq.slice(cseq.indexOf(' ') + 1), callId, text };
  }
  return { status: 0, method: text.slice(0, text.indexOf(' ')), callId, text };
}

/** FreeSWITCH (sofia-sip) writes the long names in this very case. */
export function header(text: string, name: string): string | undefined {
  const at = text.indexOf(`\r\n${name}: `);
  if (at < 0) return undefined;
  const from = at + name.length + 4;
  const to = text.indexOf('\r\n', from);
  return text.slice(from, to < 0 ? undefined : to);
}

/** FreeSWITCH's media port, from the SDP of its 200 OK. */
export function mediaPortOf(text: string): number {
  const at = text.indexOf('\r\nm=audio ');
  return at < 0 ? 0 : Number.parseInt(text.slice(at + 10, at + 16), 10);
}

export function contactOf(text: string): string {
  return /<([^>]+)>/.exec(header(text, 'Contact') ?? '')?.[1] ?? '';
}

function via(party: SipParty, branch: string): string {
  return `Via: SIP/2.0/UDP 127.0.0.1:${party.port};branch=z9hG4bK${branch}`;
}

function from(party: SipParty, id: string): string {
  return `From: "bench" <sip:bench@127.0.0.1:${party.port}>;tag=${id}`;
}

function request(lines: readonly string[], body = ''): Buffer {
  return Buffer.from([...lines, `Content-Length: ${body.length}`, '', body].join('\r\n'), 'latin1');
}

export function invite(party: SipParty, id: string, destination: string): Buffer {
  const target = `sip:${destination}@127.0.0.1:${party.switchPort}`;
  const sdp = [
    'v=0',
    'o=bench 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${party.mediaPort} RTP/AVP 0`,
    'a=rtpmap:0 PCMU/8000',
    'a=ptime:20',
    '',
  ].join('\r\n');
  return request(
    [
      `INVITE ${target} SIP/2.0`,
      via(party, `${id}i`),
      'Max-Forwards: 70',
      from(party, id),
      `To: <${target}>`,
      `Call-ID: ${id}`,
      'CSeq: 1 INVITE',
      `Contact: <sip:bench@127.0.0.1:${party.port}>`,
      'Content-Type: application/sdp',
    ],
    sdp,
  );
}

/** Of a 2xx (a transaction of its own) or of a refusal (part of the INVITE's). */
export function ack(party: SipParty, id: string, response: SipMessage): Buffer {
  const accepted = response.status < 300;
  const to = header(response.text, 'To') ?? '';
  const target = accepted ? contactOf(response.text) : (/<([^>]+)>/.exec(to)?.[1] ?? '');
  return request([
    `ACK ${target} SIP/2.0`,
    via(party, accepted ? `${id}a` : `${id}i`),
    'Max-Forwards: 70',
    from(party, id),
    `To: ${to}`,
    `Call-ID: ${id}`,
    'CSeq: 1 ACK',
  ]);
}

export function cancel(party: SipParty, id: string, destination: string): Buffer {
  const target = `sip:${destination}@127.0.0.1:${party.switchPort}`;
  return request([
    `CANCEL ${target} SIP/2.0`,
    via(party, `${id}i`),
    'Max-Forwards: 70',
    from(party, id),
    `To: <${target}>`,
    `Call-ID: ${id}`,
    'CSeq: 1 CANCEL',
  ]);
}

export function bye(party: SipParty, id: string, target: string, to: string): Buffer {
  return request([
    `BYE ${target} SIP/2.0`,
    via(party, `${id}b`),
    'Max-Forwards: 70',
    from(party, id),
    `To: ${to}`,
    `Call-ID: ${id}`,
    'CSeq: 2 BYE',
  ]);
}

/** 200 OK to a request of FreeSWITCH's (BYE, or anything else that may come). */
export function okTo(message: SipMessage): Buffer {
  const text = message.text;
  return Buffer.from(
    [
      'SIP/2.0 200 OK',
      `Via: ${header(text, 'Via') ?? ''}`,
      `From: ${header(text, 'From') ?? ''}`,
      `To: ${header(text, 'To') ?? ''}`,
      `Call-ID: ${message.callId}`,
      `CSeq: ${header(text, 'CSeq') ?? ''}`,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
    'latin1',
  );
}
