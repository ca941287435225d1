import { z } from 'zod';
import type { ApiFeature } from '../api.js';
import {
  addFunctionBodySchema,
  functionChangeSchema,
  functionParam,
  functionSchema,
  functionsSchema,
  functionTrialSchema,
  renameFunctionBodySchema,
  setFunctionBodySchema,
  testFunctionBodySchema,
} from '../contract/functions.js';
import type {
  FunctionAnswer,
  FunctionChangeAnswer,
  FunctionsAnswer,
  FunctionTrialAnswer,
} from '../contract/functions.js';

/** The functions of the configuration: looks, edits and trials. Everything here may throw AppError. */
export interface FunctionDesk {
  list(): FunctionsAnswer;
  show(name: string): FunctionAnswer;
  add(name: string, settings: Readonly<Record<string, unknown>>): FunctionChangeAnswer;
  set(name: string, patch: Readonly<Record<string, unknown>>): FunctionChangeAnswer;
  remove(name: string): FunctionChangeAnswer;
  rename(from: string, to: string, updateFlows: boolean): FunctionChangeAnswer;
  test(name: string, trial: z.output<typeof testFunctionBodySchema>): Promise<FunctionTrialAnswer>;
}

const byName = z.strictObject({ function: functionParam });

export function functionRoutes(functions: FunctionDesk): ApiFeature {
  return (api) => {
    api.read({
      url: '/functions',
      summary: 'The functions that flows may invoke.',
      requires: 'viewer',
      response: functionsSchema,
      handler: () => functions.list(),
    });
    api.read({
      url: '/functions/:function',
      summary: 'One function: its settings, and the flows that use it.',
      requires: 'viewer',
      params: byName,
      response: functionSchema,
      handler: ({ params }) => functions.show(params.function),
    });
    api.change({
      url: '/functions',
      summary: 'Add a function to functions.yaml.',
      description: 'It is checked before it is written, written at once, and taken over by the daemon.',
      requires: 'admin',
      body: addFunctionBodySchema,
      response: functionChangeSchema,
      action: 'function.add',
      target: ({ body }) => body.name,
      handler: ({ body, note }) => noted(note, functions.add(body.name, body.settings)),
    });
    api.change({
      url: '/functions/:function',
      method: 'PATCH',
      summary: 'Change settings of a function.',
      requires: 'admin',
      params: byName,
      body: setFunctionBodySchema,
      response: functionChangeSchema,
      action: 'function.set',
      target: ({ params, body }) => `${params.function} ${Object.keys(body.settings).join(' ')}`,
      handler: ({ params, body, note }) => noted(note, functions.set(params.function, body.settings)),
    });
    api.change({
      url: '/functions/:function',
      method: 'DELETE',
      summary: 'Remove a function that no flow uses.',
      requires: 'admin',
      params: byName,
      response: functionChangeSchema,
      action: 'function.remove',
      target: ({ params }) => params.function,
      handler: ({ params, note }) => noted(note, functions.remove(params.function)),
    });
    api.change({
      url: '/functions/:function/rename',
      summary: 'Give a function another name.',
      requires: 'admin',
      params: byName,
      body: renameFunctionBodySchema,
      response: functionChangeSchema,
      action: 'function.rename',
      target: ({ params, body }) => `${params.function} to ${body.to}`,
      handler: ({ params, body, note }) =>
        noted(note, functions.rename(params.function, body.to, body.update_flows)),
    });
    api.change({
      url: '/functions/:function/test',
      summary: 'Invoke a function, with given or example values.',
      description: 'It is invoked for real, as a call would. That it fails is an answer, not an error.',
      requires: 'operator',
      params: byName,
      body: testFunctionBodySchema,
      response: functionTrialSchema,
      action: 'function.test',
      target: ({ params }) => params.function,
      handler: async ({ params, body, note }) => {
        const trial = await functions.test(params.function, body);
        note(trial.code ?? 'answered');
        return trial;
      },
    });
  };
}

function noted(note: (text: string) => void, change: FunctionChangeAnswer): FunctionChangeAnswer {
  if (!change.in_force) note('not in force');
  return change;
}
