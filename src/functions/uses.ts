import type { FunctionSettings } from './settings.js';

/** A block of a flow that invokes a function. */
export interface FunctionUse {
  readonly flow: string;
  readonly block: string;
  /** `flows/support.yaml:12:5` */
  readonly place: string;
  /** Names of what it sends. */
  readonly parameters: readonly string[];
  /** Names of what the flow uses of the response. */
  readonly outputs: readonly string[];
}

/** A file with its text before and after. */
export interface FileChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** What the registry wants to know of the flows. */
export interface FlowUses {
  flowsUsing(name: string): {
    readonly uses: readonly FunctionUse[];
    /** Flows that can't be read, each with the reason: they might use it, too. */
    readonly unreadable: readonly string[];
  };
  /** The files as they would be after the function got another name. Writes nothing. */
  renameInFlows(from: string, to: string): readonly FileChange[];
}

export interface Misfit {
  readonly flow: string;
  readonly block: string;
  readonly place: string;
  readonly problem: string;
}

/** Where flows and the declarations of the function don't agree. */
export function misfits(settings: FunctionSettings, uses: readonly FunctionUse[]): Misfit[] {
  const { parameters, outputs } = settings;
  return uses.flatMap((use) => {
    const { flow, block, place } = use;
    const problems: string[] = [];
    if (parameters !== undefined) {
      for (const [name, { required }] of Object.entries(parameters)) {
        if (required && !use.parameters.includes(name)) problems.push(`does not send ${name}`);
      }
      for (const name of use.parameters) {
        if (!Object.hasOwn(parameters, name)) problems.push(`sends ${name}, which is not declared`);
      }
    }
    if (outputs !== undefined) {
      for (const name of use.outputs) {
        if (!Object.hasOwn(outputs, name)) problems.push(`uses ${name}, which is not declared`);
      }
    }
    return problems.map((problem) => ({ flow, block, place, problem }));
  });
}
