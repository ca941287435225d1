import type { DocumentPath, Flow } from './flow.js';
import type { FlowSet } from './flow-set.js';

/** A block that invokes a function. */
export interface FunctionUse {
  readonly flow: string;
  readonly file: string;
  readonly block: string;
  /** The way to the function's name in the document. */
  readonly path: DocumentPath;
  readonly line?: number;
  readonly column?: number;
  readonly parameters: readonly string[];
  readonly outputs: readonly string[];
}

export function usesOf(set: Pick<FlowSet, 'flows'>, functionName: string): readonly FunctionUse[] {
  return [...set.flows.values()].flatMap((flow) =>
    usesIn(flow)
      .filter(({ name }) => name === functionName)
      .map(({ use }) => use),
  );
}

/** Every function that any of the flows invokes. */
export function functionsUsed(set: Pick<FlowSet, 'flows'>): readonly string[] {
  return [...new Set([...set.flows.values()].flatMap((flow) => usesIn(flow).map(({ name }) => name)))].sort();
}

function usesIn(flow: Flow): { readonly name: string; readonly use: FunctionUse }[] {
  return [...flow.blocks.values()].flatMap((block) => {
    const invokes = block.type.facts?.(block.parameters, flow.publicKeys).invokes;
    if (invokes === undefined) return [];
    const path = ['blocks', block.name, 'function'];
    const use = {
      flow: flow.name,
      file: flow.source.file,
      block: block.name,
      path,
      ...flow.source.place(path),
      parameters: invokes.parameters,
      outputs: invokes.outputs,
    };
    return [{ name: invokes.function, use }];
  });
}
