import { z } from 'zod';
import type { FlowEvent, FlowWaiting, FunctionResult, Json, JsonObject } from '../port.js';
import { isDeeperThan } from '../depth.js';
import type { Fault, Move, Turn } from '../block.js';
import { ERROR, fail, leave, NEXT } from '../block.js';
import { isMasked, textOf, textsIn, valueOf } from '../references.js';
import { promptSchema } from '../speech/prompt.js';
import { languageOf, needed, soundsOf } from '../speech/sound.js';
import { attributeName, defineBlock, FEW, isFew, language } from './define.js';

/** A deeper answer could be written into a state, and not be read back from it. */
const MAX_ANSWER_DEPTH = 32;

const path = z
  .string()
  .regex(/^[\w-]{1,64}(?:\.[\w-]{1,64}){0,7}$/, 'expected the name of an output, or names with dots between');

const parameters = z.strictObject({
  function: z.string().min(1).max(64).describe('Name of the function in functions.yaml.'),
  parameters: z
    .record(z.string().min(1).max(128), z.json())
    .default({})
    .describe('What it gets; texts may be references.'),
  event: z
    .enum(['contact', 'flat'])
    .optional()
    .describe('Form of the request; default: as the function says.'),
  timeout_ms: z
    .int()
    .min(1)
    .max(8000)
    .optional()
    .describe('For the whole invocation; default: as the function says.'),
  output: attributeName.optional().describe('An attribute for the one value that the function answers.'),
  outputs: z
    .union([z.array(attributeName).min(1).max(64), z.record(attributeName, path).refine(isFew, FEW)])
    .optional()
    .describe('Attributes for several values: names, or attribute: name in the answer.'),
  waiting: z
    .strictObject({
      prompt: promptSchema,
      language,
      after_ms: z.int().min(0).max(8000).default(1000),
    })
    .optional()
    .describe('What the caller hears while the function is slow; only the first piece of it.'),
});

type Parameters = z.output<typeof parameters>;

/** Which exit a failure takes, where the flow has one of its own for it. */
const EXITS: Readonly<Record<string, readonly string[]>> = {
  unreachable: [
    'function_unreachable',
    'function_throttled',
    'circuit_open',
    'egress_refused',
    'no_such_function',
  ],
  exception: ['function_exception', 'function_not_loadable'],
  not_understood: ['function_not_understood', 'function_status', 'function_parameters'],
  too_large: ['function_too_large'],
  too_slow: ['function_timeout'],
};

const EXIT_OF = new Map(
  Object.entries(EXITS).flatMap(([exit, codes]) => codes.map((code) => [code, exit] as const)),
);

export const invokeFunction = defineBlock({
  type: 'invoke_function',
  summary: 'Invokes a function; what it answers is in $.External.',
  parameters,
  exits: () => [
    NEXT,
    ...Object.keys(EXITS).map((name) => ({
      name,
      when: WHEN[name] ?? '',
      instead: 'error',
      optional: true as const,
    })),
    { ...ERROR, when: 'the function failed' },
  ],
  facts: (given) => ({
    sets: outputsOf(given).map(([name]) => ({ name, space: 'Attributes', exit: 'next' })),
    invokes: {
      function: given.function,
      parameters: Object.keys(given.parameters),
      outputs: outputsOf(given).flatMap(([, from]) => (from === undefined ? [] : [from])),
    },
    prompts:
      given.waiting === undefined ? [] : [{ path: ['waiting', 'prompt'], prompt: given.waiting.prompt }],
    faults: faultsOf(given),
  }),
  enter(given, turn): Move {
    const waiting = waitingOf(given, turn);
    if (waiting !== undefined && 'error' in waiting) return fail(waiting.error);
    const sets = waiting === undefined || turn.progress['voiced'] === 1 ? [] : needed(turn, waiting.needs);
    if (sets.length > 0) return { to: 'actions', actions: sets };
    return {
      to: 'invoke',
      function: given.function,
      parameters: filledIn(given.parameters, turn) as JsonObject,
      ...(given.event === undefined ? {} : { event: given.event }),
      ...(given.timeout_ms === undefined ? {} : { timeoutMs: given.timeout_ms }),
      ...(waiting === undefined ? {} : { waiting: waiting.waiting }),
      masked: Object.entries(given.parameters)
        .filter(([, value]) => textsIn(value).some(({ text }) => isMasked(text, turn.scope)))
        .map(([name]) => name),
    };
  },
  settle(given, turn, event: FlowEvent): Move {
    if (event.kind === 'outcomes') return { to: 'again', progress: { voiced: 1 } };
    const { result } = event;
    if (!result.ok) return failed(turn, result);
    if (isDeeperThan(result.values, MAX_ANSWER_DEPTH))
      return failed(turn, { ok: false, code: 'function_not_understood', detail: 'nested too deep' });
    const taken = outputsOf(given).map(([name, from]) => [name, take(result.values, name, from)] as const);
    const missing = taken.find(([, value]) => value === undefined);
    if (!turn.setExternal(result.values)) return fail('flow_state_too_large', 'too_large');
    if (missing !== undefined) return fail('function_not_understood', 'not_understood');
    for (const [name, value] of taken) turn.setAttribute(name, value ?? '', false);
    return leave('next');
  },
});

const WHEN: Readonly<Record<string, string>> = {
  unreachable: 'it could not be reached, or is not there',
  exception: 'it threw an exception, crashed, or answered 5xx',
  not_understood: 'its answer is not what was agreed',
  too_large: 'its answer is too large',
  too_slow: 'it took too long',
};

function failed(turn: Turn, { code }: FunctionResult & { ok: false }): Move {
  turn.setExternal(null);
  return fail(code, EXIT_OF.get(code) ?? 'error');
}

/** Attribute, and the name of the value in the answer; without one it is the only value. */
function outputsOf({
  output,
  outputs = [],
}: Pick<Parameters, 'output' | 'outputs'>): (readonly [string, string | undefined])[] {
  const many = Array.isArray(outputs)
    ? outputs.map((name) => [name, name] as const)
    : Object.entries(outputs);
  return output === undefined ? many : [[output, undefined], ...many];
}

function faultsOf(given: Parameters): Fault[] {
  const names = outputsOf(given).map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return [];
  return [
    {
      path: [given.outputs === undefined ? 'output' : 'outputs'],
      message: `"${twice}" is named twice: each value needs an attribute of its own`,
    },
  ];
}

/** The one value of an answer is the answer itself, the value of that name, or the only one there is. */
function take(answer: Json, name: string, from: string | undefined): string | undefined {
  if (from !== undefined) {
    return textValue(from.split('.').reduce<Json | undefined>((at, key) => member(at, key), answer));
  }
  if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) return textValue(answer);
  const all = Object.values(answer as JsonObject);
  return textValue(member(answer, name) ?? (all.length === 1 ? all[0] : undefined));
}

function member(value: Json | undefined, key: string): Json | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
}

function textValue(value: Json | undefined): string | undefined {
  return value === undefined || value === null || typeof value === 'object' ? undefined : textOf(value);
}

/** References that are not set become null. */
function filledIn(value: Json, turn: Turn): Json {
  if (typeof value === 'string') return valueOf(value, turn.scope) ?? null;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: Json) => filledIn(item, turn));
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([name, item]) => [name, filledIn(item, turn)]),
  );
}

function waitingOf(
  { waiting }: Parameters,
  turn: Turn,
): { waiting: FlowWaiting; needs: Readonly<Record<string, string>> } | { error: string } | undefined {
  if (waiting === undefined) return undefined;
  const made = soundsOf(turn, [waiting.prompt], languageOf(turn, waiting.language), true);
  if ('error' in made) return made;
  const [first] = made.sounds;
  if (first?.media === undefined) return undefined;
  return { waiting: { play: first.media, afterMs: waiting.after_ms }, needs: first.needs };
}
