import { z } from 'zod';
import { toAction } from '../../call/action-list.js';
import type { CallControl, CallAttachRequest, LiveCall } from '../../call/call-control.js';
import { AppError } from '../../errors.js';
import { shownTrace } from '../../telemetry/shown-trace.js';
import type { ApiFeature } from '../api.js';
import { CALL_FAILURES, SWITCH_FAILURES } from '../failures.js';
import { readCursor, writeCursor } from '../cursor.js';
import {
  attachAnswerSchema,
  attachBodySchema,
  callFilterSchema,
  doneSchema,
  hangupBodySchema,
  liveCallDetailsSchema,
  liveCallsSchema,
  runAnswerSchema,
  runBodySchema,
  transferBodySchema,
  uuidSchema,
} from '../contract/calls.js';
import type { LiveCallAnswer } from '../contract/calls.js';

const byUuid = z.strictObject({ uuid: uuidSchema });

/** @param showsDigits what callers entered stands in traces */
export function callRoutes(
  calls: Pick<CallControl, 'list' | 'show' | 'hangup' | 'transfer' | 'run' | 'attach'>,
  showsDigits: () => boolean,
): ApiFeature {
  return (api) => {
    api.read({
      url: '/calls',
      summary: 'The calls under control.',
      description:
        'Those of this daemon, the oldest first; filters narrow them down. Long lists come in pages.',
      requires: 'viewer',
      query: callFilterSchema,
      response: liveCallsSchema,
      handler: ({ query }) => {
        const all = calls.list().sort(byBegin);
        const after = query.cursor === undefined ? undefined : placeOf(query.cursor);
        const found = all.filter(
          (call) => passes(call, query) && (after === undefined || byBegin(after, call) < 0),
        );
        const page = found.slice(0, query.limit);
        const last = page.at(-1);
        const more = last !== undefined && page.length < found.length;
        return {
          total: all.length,
          calls: page.map(answerOf),
          ...(more ? { next_cursor: writeCursor(last.startedAt.getTime(), last.uuid) } : {}),
        };
      },
    });
    api.read({
      url: '/calls/:uuid',
      summary: 'One call, with its trace so far.',
      description:
        'The trace is everything since the hand-over, in order: requests, answers, actions and what became of them.',
      errors: ['call_not_controlled'],
      requires: 'viewer',
      params: byUuid,
      response: liveCallDetailsSchema,
      handler: async ({ params }) => {
        const { application, trace, ...call } = await calls.show(params.uuid);
        const shown = trace.map((entry) => shownTrace(entry, showsDigits()));
        return { ...answerOf(call), ...(application === undefined ? {} : { application }), trace: shown };
      },
    });
    api.change({
      url: '/calls/:uuid/hangup',
      summary: 'Hang up a call.',
      description:
        'For calls under control; others by `POST /v1/fs` and `uuid_kill`. Needs a connection to the switch (`switches` of the configuration), unless the call has one that is free.',
      errors: CALL_FAILURES,
      requires: 'operator',
      params: byUuid,
      body: hangupBodySchema,
      response: doneSchema,
      action: 'call.hangup',
      keyed: true,
      target: ({ params, body }) => `${params.uuid} ${body.cause}`,
      handler: async ({ params: { uuid }, body }) => {
        await calls.hangup(uuid, body.cause);
        return { uuid };
      },
    });
    api.change({
      url: '/calls/:uuid/transfer',
      summary: 'Send a call to an extension of the dialplan.',
      description: "Its program ends; the call goes on in the dialplan, as by FreeSWITCH's `uuid_transfer`.",
      errors: CALL_FAILURES,
      requires: 'operator',
      params: byUuid,
      body: transferBodySchema,
      response: doneSchema,
      action: 'call.transfer',
      keyed: true,
      target: ({ params, body }) => `${params.uuid} to ${body.extension} ${body.dialplan} ${body.context}`,
      handler: async ({ params: { uuid }, body }) => {
        await calls.transfer(uuid, body);
        return { uuid };
      },
    });
    api.change({
      url: '/calls/:uuid/run',
      summary: 'Run actions on a call: behind its program, or in place of it.',
      description:
        'They are held to the policy profile that is named; one that it refuses refuses all of them, and nothing runs.',
      errors: ['action_refused', 'call_ending', 'overloaded', 'call_taken', ...CALL_FAILURES],
      requires: 'operator',
      params: byUuid,
      body: runBodySchema,
      response: runAnswerSchema,
      action: 'call.run',
      keyed: true,
      target: ({ params, body }) =>
        `${params.uuid} ${body.mode} policy ${body.policy}: ${applications(body.actions)}`,
      handler: async ({ params: { uuid }, body, identity, note }) => {
        const { actions, mode, policy, then } = body;
        const { how } = await calls.run(uuid, {
          actions: actions.map(toAction),
          mode,
          policy,
          by: identity.name,
          ...(then === undefined ? {} : { then }),
        });
        note(how);
        return { uuid, how };
      },
    });
    api.change({
      url: '/calls/:uuid/attach',
      summary: 'Take a live channel and run a program on it.',
      description:
        'Name one of `url`, `flow` and `actions`. The channel is taken out of what it does; a leg that it is bridged to is parted from it. docs/guide/attached-calls.md',
      errors: [
        'call_under_control',
        'no_such_call',
        'call_gone',
        'call_taken',
        'action_refused',
        'invalid_url',
        'no_such_flow',
        'overloaded',
        ...SWITCH_FAILURES,
      ],
      requires: 'operator',
      params: byUuid,
      body: attachBodySchema,
      response: attachAnswerSchema,
      action: 'call.attach',
      keyed: true,
      // Not the URL, which may carry secrets: what it was is noted as it is shown.
      target: ({ params, body }) =>
        `${params.uuid} ${body.actions === undefined ? '' : applications(body.actions)}`.trim(),
      handler: async ({ params: { uuid }, body, identity, note }) => {
        const run = programOf(body, identity.name);
        const attached = await calls.attach(uuid, {
          run,
          ...(body.then === undefined ? {} : { then: body.then }),
          ...(body.switch === undefined ? {} : { switch: body.switch }),
        });
        note(`program ${attached.program}`);
        return { uuid, ...attached };
      },
    });
  };
}

function programOf(
  { url, flow, actions, policy }: z.output<typeof attachBodySchema>,
  by: string,
): CallAttachRequest['run'] {
  const given = [url, flow, actions].filter((one) => one !== undefined);
  if (given.length !== 1) throw new AppError('invalid_request', 'body: name one of url, flow and actions');
  if (url !== undefined) return { kind: 'curl', target: url };
  if (flow !== undefined) return { kind: 'flow', target: flow };
  return { actions: (actions ?? []).map(toAction), policy, by };
}

/** Data may hold anything, so only their names are kept. */
function applications(actions: readonly { readonly application: string }[]): string {
  return actions.map(({ application }) => application).join(' ');
}

function passes(call: LiveCall, filter: z.output<typeof callFilterSchema>): boolean {
  const { state, origin, program, number } = filter;
  return (
    (state === undefined || call.state === state) &&
    (origin === undefined || call.origin.kind === origin) &&
    (filter.switch === undefined || call.origin.switch === filter.switch) &&
    (program === undefined || call.program.includes(program)) &&
    (number === undefined || call.caller.includes(number) || call.destination.includes(number))
  );
}

type Begin = Pick<LiveCall, 'startedAt' | 'uuid'>;

/** Calls that come and go do not move the others. */
function byBegin(a: Begin, b: Begin): number {
  const ms = a.startedAt.getTime() - b.startedAt.getTime();
  return ms !== 0 ? ms : a.uuid < b.uuid ? -1 : a.uuid > b.uuid ? 1 : 0;
}

function placeOf(cursor: string): Begin {
  const [ms, uuid] = readCursor(cursor, 2);
  if (typeof ms !== 'number' || typeof uuid !== 'string')
    throw new AppError('invalid_request', 'query.cursor: not a cursor of this list');
  return { startedAt: new Date(ms), uuid };
}

function answerOf(call: LiveCall): LiveCallAnswer {
  const { origin, startedAt, elapsedMs, actionsRan, running, ...rest } = call;
  return {
    ...rest,
    origin: origin.kind,
    ...(origin.switch === undefined ? {} : { switch: origin.switch }),
    running: [...running],
    started_at: startedAt.toISOString(),
    elapsed_ms: elapsedMs,
    actions_ran: actionsRan,
  };
}
