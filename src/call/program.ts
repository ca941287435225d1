import type { ErrorCode } from '../errors.js';
import type { ActionSource, SourceState } from '../source/port.js';
import type { ChannelData } from '../switch/channel.js';

/** What decides about a call: an HTTP app or a flow. */
export interface Program {
  readonly kind: 'curl' | 'flow';
  /** A URL or the name of an endpoint; the name of a flow. */
  readonly target: string;
  /** The target as logs and traces may show it, where some of it is nobody's business. */
  readonly shown?: string;
}

export interface Unusable {
  readonly code: ErrorCode;
  readonly detail: string;
}

/** Makes the source for a program; the daemon knows how. */
export interface Sources {
  /** @param before how far the source had come that led to this program, where one did */
  open(program: Program, before?: SourceState): { readonly source: ActionSource } | Unusable;
  /** A source as far as it had come on another daemon. */
  reopen?(state: SourceState): { readonly source: ActionSource } | Unusable;
  /** The program of a call that names none. */
  ofNumber?(number: string): Program | undefined;
  /** The target for logs and traces, secrets masked. */
  describe(program: Program): string;
}

/**
 * What the dialplan asked for: the variable `cti_curl`, else `cti_flow`, else the path behind the host of the
 * `socket` application (mod_event_socket.c socket_function puts it in `socket_path`).
 */
export function programOf(data: ChannelData): Program | Unusable {
  const url = data.variable('cti_curl');
  if (url !== undefined && url !== '') return { kind: 'curl', target: url };
  const flow = data.variable('cti_flow');
  if (flow !== undefined && flow !== '') return { kind: 'flow', target: flow };
  const path = data.variable('socket_path') ?? '';
  const [, kind, target] = /^\/?(curl|flows)\/([^/]+)$/.exec(path) ?? [];
  if (target !== undefined) return { kind: kind === 'curl' ? 'curl' : 'flow', target };
  return { code: 'no_program', detail: path === '' ? '' : `socket path "${path}"` };
}

/** The daemon's own applications, as an action names them. */
export function ownApplication(application: string): 'curl' | 'flow' | undefined {
  if (application === 'cti_curl') return 'curl';
  return application === 'cti_flow' ? 'flow' : undefined;
}
