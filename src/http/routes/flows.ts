import { z } from 'zod';
import type { ApiFeature } from '../api.js';
import {
  diagramSchema,
  flowCheckBodySchema,
  flowCheckSchema,
  flowNameSchema,
  flowSchema,
  flowsSchema,
  flowTestBodySchema,
  flowTestSchema,
} from '../contract/flows.js';
import type { FlowAnswer, FlowCheckAnswer, FlowsAnswer, FlowTestAnswer } from '../contract/flows.js';

/** The flows in force, and a look at what would be after a reload. */
export interface FlowDesk {
  list(): FlowsAnswer;
  /** @throws AppError `no_such_flow` */
  show(name: string): FlowAnswer;
  /** @throws AppError `no_such_flow` */
  diagram(name: string, format: 'mermaid' | 'tree'): string;
  check(flow?: { readonly name: string; readonly text: string }): FlowCheckAnswer;
  test(cases: {
    readonly files?: readonly { readonly name: string; readonly content: unknown }[];
    readonly only?: string;
  }): Promise<FlowTestAnswer>;
}

const byName = z.strictObject({ flow: flowNameSchema });
const MAX_BODY_BYTES = 2_000_000;

export function flowRoutes(flows: FlowDesk): ApiFeature {
  return (api) => {
    api.read({
      url: '/flows',
      summary: 'The flows in force.',
      description:
        'As they were loaded when the daemon started or was reloaded; what was edited since is not among them.',
      requires: 'viewer',
      response: flowsSchema,
      handler: () => flows.list(),
    });
    api.read({
      url: '/flows/:flow',
      summary: 'One flow, with its blocks and where they lead.',
      description: 'The document is the YAML file as JSON.',
      errors: ['no_such_flow'],
      requires: 'viewer',
      params: byName,
      response: flowSchema,
      handler: ({ params }) => flows.show(params.flow),
    });
    api.read({
      url: '/flows/:flow/diagram',
      summary: 'A drawing of a flow.',
      description: 'In Mermaid for documents, or as a tree for the terminal.',
      errors: ['no_such_flow'],
      requires: 'viewer',
      params: byName,
      query: z.strictObject({
        format: z.enum(['mermaid', 'tree']).default('mermaid').describe('`tree` for a terminal.'),
      }),
      response: diagramSchema,
      handler: ({ params, query: { format } }) => ({ format, text: flows.diagram(params.flow, format) }),
    });
    api.read({
      url: '/flows/check',
      method: 'POST',
      summary: 'What is wrong with the flows as they are written now, or with one that is sent.',
      errors: ['config_invalid', 'config_unreadable'],
      description: 'Changes nothing. What is in force stays so until it is reloaded.',
      requires: 'operator',
      body: flowCheckBodySchema,
      response: flowCheckSchema,
      bodyLimitBytes: MAX_BODY_BYTES,
      handler: ({ body }) => flows.check(body.flow),
    });
    api.read({
      url: '/flows/test',
      method: 'POST',
      summary: 'Run test cases of the flows in force, on a simulated switch.',
      errors: ['config_invalid', 'config_unreadable', 'tests_unfinished'],
      description:
        'Nothing is asked over the network and no call is placed: functions, apps, callees and queues answer as the cases say, and the time jumps.',
      requires: 'operator',
      body: flowTestBodySchema,
      response: flowTestSchema,
      bodyLimitBytes: MAX_BODY_BYTES,
      handler: ({ body: { files, only } }) =>
        flows.test({ ...(files === undefined ? {} : { files }), ...(only === undefined ? {} : { only }) }),
    });
  };
}
