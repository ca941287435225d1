import { once } from 'node:events';
import net from 'node:net';
import { Simulator, type SimulatorOptions } from '../../../src/simulator/simulator.js';
import type { PlaceCallOptions, SimulatedCall } from '../../../src/simulator/simulated-call.js';

/** One message from the switch: header names as they were sent, values decoded. */
export interface Frame {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Reads and writes Event Socket, on whichever side; shares nothing with the code under test. */
export class Peer {
  readonly frames: Frame[] = [];
  readonly closed: Promise<unknown>;
  readonly #socket: net.Socket;
  #rest = Buffer.alloc(0);
  #taken = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      while (this.#cut());
      this.#wake?.();
    });
    this.closed = once(socket, 'close').then(() => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  #cut(): boolean {
    const end = this.#rest.indexOf('\n\n');
    if (end < 0) return false;
    const headers = new Map<string, string>();
    for (const line of this.#rest.toString('utf8', 0, end).split('\n')) {
      const colon = line.indexOf(': ');
      if (colon > 0)
        headers.set(
          line.slice(0, colon),
          decodeURIComponent(line.slice(colon + 2).replace(/%(?![0-9A-F]{2})/g, '%25')),
        );
    }
    // The block that answers `connect` has no body, whatever the channel's headers say.
    const length = headers.has('Socket-Mode') ? 0 : Number(headers.get('Content-Length') ?? 0);
    if (this.#rest.length < end + 2 + length) return false;
    this.frames.push({ headers, body: this.#rest.toString('utf8', end + 2, end + 2 + length) });
    this.#rest = this.#rest.subarray(end + 2 + length);
    return true;
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  /** The next message that has not been taken yet; undefined when there comes none any more. */
  async next(): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.frames[this.#taken];
      if (frame !== undefined) {
        this.#taken += 1;
        return frame;
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Everything until the connection ends, one line per message. */
  async rest(): Promise<string[]> {
    const lines: string[] = [];
    for (let frame = await this.next(); frame !== undefined; frame = await this.next())
      lines.push(summary(frame));
    return lines;
  }

  /** Sends a command and gives its reply, or the body of an api command. */
  async command(line: string): Promise<string> {
    this.write(`${line}\n\n`);
    for (let frame = await this.next(); frame !== undefined; frame = await this.next()) {
      const type = frame.headers.get('Content-Type');
      if (type === 'command/reply') return frame.headers.get('Reply-Text') ?? '';
      if (type === 'api/response') return frame.body.trimEnd();
    }
    return 'closed';
  }

  api(command: string): Promise<string> {
    return this.command(`api ${command}`);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

export function summary(frame: Frame): string {
  const { headers } = frame;
  switch (headers.get('Content-Type') ?? '') {
    case 'command/reply':
      return headers.get('Reply-Text') ?? '';
    case 'api/response':
      return `api ${frame.body.trimEnd()}`;
    case 'text/disconnect-notice':
      return `notice ${headers.get('Content-Disposition') ?? ''}`.trimEnd();
    case 'text/event-json': {
      const event = JSON.parse(frame.body) as Record<string, string>;
      return `event ${event['Event-Name'] ?? ''} ${event.Application ?? ''}`.trimEnd();
    }
    default:
      return headers.get('Content-Type') ?? headers.get('Event-Name') ?? '';
  }
}

/** `sendmsg execute` with its data in a body. */
export function execute(application: string, data = '', headers = ''): string {
  const length = Buffer.byteLength(data);
  const body = length === 0 ? '' : `content-type: text/plain\ncontent-length: ${length}\n\n${data}`;
  return `sendmsg\ncall-command: execute\nexecute-app-name: ${application}\n${headers}${body}${length === 0 ? '\n' : ''}`;
}

/** An inline list whose data stands in variables, as the daemon runs one; what is `set` is expanded when it is. */
export function list(steps: readonly (readonly [application: string, data: string])[]): string {
  const data = steps.map(([application, text], index) => (application === 'set' ? '' : `d${index}=${text}`));
  const items = steps.map(([application, text], index) =>
    application === 'set' ? `set:${text.replaceAll('$', String.raw`\$`)}` : `${application}:\\\${d${index}}`,
  );
  return (
    execute('multiset', `^^~${data.filter((item) => item !== '').join('~')}`) +
    execute('execute_extension', `m:^:${items.join('^')} inline`)
  );
}

export function get(...names: readonly string[]): string {
  return names.map((name) => `getvar ${name}\n\n`).join('');
}

const DIALPLAN = (port: number): string => `
<include>
  <context name="public">
    <extension name="sync"><condition field="destination_number" expression="^sync$">
      <action application="socket" data="127.0.0.1:${port} full"/>
      <action application="set" data="back=true"/>
      <action application="park"/>
    </condition></extension>
    <extension name="async"><condition field="destination_number" expression="^async$">
      <action application="socket" data="127.0.0.1:${port} async full"/>
      <action application="set" data="back=true"/>
      <action application="park"/>
    </condition></extension>
    <extension name="bare"><condition field="destination_number" expression="^bare$">
      <action application="socket" data="127.0.0.1:${port}"/>
    </condition></extension>
    <extension name="path"><condition field="destination_number" expression="^path$">
      <action application="socket" data="127.0.0.1:1/x|127.0.0.1:${port}/flows/main?a=b full nonsense"/>
    </condition></extension>
    <extension name="nobody"><condition field="destination_number" expression="^nobody$">
      <action application="socket" data="127.0.0.1:1|127.0.0.1:1 full"/>
      <action application="set" data="back=true"/>
      <action application="hangup" data="USER_BUSY"/>
    </condition></extension>
  </context>
  <context name="agents">
    <extension name="answers"><condition field="destination_number" expression="^answers$">
      <action application="answer"/><action application="park"/>
    </condition></extension>
    <extension name="shortly"><condition field="destination_number" expression="^shortly$">
      <action application="answer"/><action application="sleep" data="300"/><action application="hangup"/>
    </condition></extension>
    <extension name="busy"><condition field="destination_number" expression="^busy$">
      <action application="hangup" data="USER_BUSY"/>
    </condition></extension>
    <extension name="silent"><condition field="destination_number" expression="^silent$">
      <action application="ring_ready"/><action application="sleep" data="60000"/>
    </condition></extension>
    <extension name="parking"><condition field="destination_number" expression="^parking$">
      <action application="set" data="arrived=true"/><action application="answer"/><action application="park"/>
    </condition></extension>
  </context>
  <domain name="test">
    <user id="10001"><params><param name="dial-string" value="loopback/answers/agents/XML"/></params></user>
    <user id="busy"><params><param name="dial-string" value="loopback/busy/agents/XML"/></params></user>
    <user id="silent"><params><param name="dial-string" value="loopback/silent/agents/XML"/></params></user>
  </domain>
  <macro name="greeting"/>
  <gateway name="trunk"/>
</include>`;

/** A simulated switch at 20 times the speed of life, and an app that its sockets connect to. */
export class Stand {
  readonly simulator: Simulator;
  readonly #server: net.Server;
  readonly #waiting: ((peer: Peer) => void)[] = [];
  readonly #peers: Peer[] = [];

  private constructor(simulator: Simulator, server: net.Server) {
    this.simulator = simulator;
    this.#server = server;
  }

  static async start(options: SimulatorOptions = {}): Promise<Stand> {
    const server = net.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const simulator = new Simulator({
      timeScale: 20,
      globals: { domain: 'test' },
      ...options,
      xml: [DIALPLAN(port), ...(options.xml ?? [])],
    });
    const stand = new Stand(simulator, server);
    server.on('connection', (socket) => {
      const peer = new Peer(socket);
      stand.#peers.push(peer);
      stand.#waiting.shift()?.(peer);
    });
    await simulator.start();
    return stand;
  }

  /** Places a call and gives it with the connection that it opens, `connect` and `linger` already answered. */
  async connected(
    destination: string,
    options: Partial<PlaceCallOptions> & { readonly linger?: string } = {},
  ): Promise<{ call: SimulatedCall; peer: Peer; data: Frame }> {
    const arrived = new Promise<Peer>((resolve) => this.#waiting.push(resolve));
    const { linger = 'linger 10\n\n', ...placement } = options;
    const call = this.simulator.placeCall({ destination, ...placement });
    const peer = await arrived;
    peer.write(`connect\n\n${linger}`);
    const data = await peer.next();
    if (data === undefined) throw new Error('no answer to connect');
    if (linger !== '') await peer.next();
    return { call, peer, data };
  }

  /** A client of the switch's own Event Socket. */
  async client(password = 'ClueCon'): Promise<Peer> {
    const socket = net.connect(this.simulator.eventSocketPort, '127.0.0.1');
    const peer = new Peer(socket);
    await peer.next();
    if (password !== '') await peer.command(`auth ${password}`);
    return peer;
  }

  async stop(): Promise<void> {
    for (const peer of this.#peers) peer.destroy();
    await this.simulator.stop();
    this.#server.close();
  }
}

/** Waits until `condition` holds; a test's own time-out ends what never comes true. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
