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
      description: 'Those of functions.yaml as it is now.',
      errors: ['config_invalid', 'config_unreadable'],
      requires: 'viewer',
      response: functionsSchema,
      handler: () => functions.list(),
    });
    api.read({
      url: '/functions/:function',
      summary: 'One function: its settings, and the flows that use it.',
      description:
        'With the place in the file, and where flows and its declared parameters and outputs do not agree.',
      errors: ['no_such_function', 'functions_not_configured'],
      requires: 'viewer',
      params: byName,
      response: functionSchema,
      handler: ({ params }) => functions.show(params.function),
    });
    api.change({
      url: '/functions',
      summary: 'Add a function to functions.yaml.',
      errors: ['function_exists', 'functions_not_configured', 'config_invalid', 'forbidden'],
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
      description:
        'A JSON Merge Patch: what is not named stays, `null` takes a key away. Comments of the file stay.',
      errors: ['no_such_function', 'functions_not_configured', 'config_invalid', 'forbidden'],
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
      description: 'While a flow uses it, the answer says which.',
      errors: ['no_such_function', 'function_in_use', 'functions_not_configured'],
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
      description:
        'Without `update_flows` it is refused while a flow uses it; with it, the flows are changed in the same step, all of them or none.',
      errors: ['no_such_function', 'function_exists', 'function_in_use', 'functions_not_configured'],
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
      errors: ['no_such_function', 'functions_not_configured'],
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
