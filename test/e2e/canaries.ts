import { mkdtemp, readdir, rm } from 'node:fs/promises';
import dgram from 'node:dgram';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event, SwitchControl } from '../support/test-call.js';
import { CANARY, type Marks } from './hostile.js';

/** What shows when something that a caller sent was more than text: a file, a request, a call, a variable. */
export class Canaries {
  readonly marks: Marks;
  readonly #requests: string[] = [];
  readonly #datagrams: string[] = [];
  readonly #server: http.Server;
  readonly #socket: dgram.Socket;

  private constructor(folder: string, server: http.Server, socket: dgram.Socket) {
    this.#server = server;
    this.#socket = socket;
    const { port } = server.address() as AddressInfo;
    this.marks = {
      folder,
      sip: `127.0.0.1:${socket.address().port}`,
      origin: `http://127.0.0.1:${port}`,
    };
    server.on('request', (request: http.IncomingMessage, response) => {
      this.#requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
      response.end('[]');
    });
    socket.on('message', (message) => this.#datagrams.push(message.toString().split('\r\n')[0] ?? ''));
  }

  static async start(): Promise<Canaries> {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new Canaries(await mkdtemp(join(tmpdir(), 'switchhook-canary-')), server, socket);
  }

  /** What is there that must not be. */
  async sung(control: SwitchControl): Promise<string[]> {
    const files = (await readdir(this.marks.folder)).map((name) => `file ${name}`);
    const requests = this.#requests.map((request) => `request ${request}`);
    const datagrams = this.#datagrams.map((line) => `datagram ${line}`);
    const global = await control.api(`global_getvar ${CANARY}`);
    const variables = control.events
      .all(hasCanary)
      .map((event) => `variable of ${event.get('Caller-Destination-Number')?.slice(0, 40) ?? ''}`);
    return [
      ...files,
      ...requests,
      ...datagrams,
      ...(global === '' || global.startsWith('-ERR') ? [] : [`global variable ${global}`]),
      ...new Set(variables),
    ];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    this.#socket.close();
    await rm(this.marks.folder, { recursive: true, force: true });
  }
}

/** Names of variables are the same in upper and lower case. */
function hasCanary(event: Event): boolean {
  return [...event.keys()].some((name) => name.toLowerCase() === `variable_${CANARY}`);
}
