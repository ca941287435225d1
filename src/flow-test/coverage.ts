import type { FlowSet } from '../flow/flow-set.js';
import type { CaseRun } from './run-case.js';

/** What of a flow the cases went through. */
export interface FlowCoverage {
  readonly flow: string;
  readonly blocks: number;
  readonly blocksCovered: number;
  readonly exits: number;
  readonly exitsCovered: number;
  /** `block`, or `block:exit`. */
  readonly missed: readonly string[];
}

/** Counts the blocks that were entered and the exits that were taken. */
export class Coverage {
  readonly #set: FlowSet;
  readonly #seen = new Set<string>();

  constructor(set: FlowSet) {
    this.#set = set;
  }

  add({ visits, last }: CaseRun): void {
    for (const { flow, block, exit } of visits) {
      this.#seen.add(keyOf(flow, block));
      if (exit !== '') this.#seen.add(keyOf(flow, block, exit));
    }
    if (last !== undefined) this.#seen.add(keyOf(last.flow, last.block));
  }

  /** @param only these flows; default: all of which a block was entered */
  flows(only?: ReadonlySet<string>): FlowCoverage[] {
    return [...this.#set.flows.values()].flatMap(({ name, blocks }): FlowCoverage[] => {
      const all = [...blocks.keys()];
      const entered = all.filter((block) => this.#seen.has(keyOf(name, block)));
      const isMeant = only === undefined ? entered.length > 0 : only.has(name);
      if (!isMeant) return [];
      // Those that the flow wires itself; what goes to its error block anyway is not counted.
      const exits = [...blocks].flatMap(([block, { ways }]) =>
        [...ways]
          .filter(([, { target, byDefault }]) => target !== undefined && !byDefault)
          .map(([exit]) => [block, exit] as const),
      );
      const taken = exits.filter(([block, exit]) => this.#seen.has(keyOf(name, block, exit)));
      const missed = [
        ...all.filter((block) => !entered.includes(block)),
        ...exits
          .filter(([block, exit]) => entered.includes(block) && !this.#seen.has(keyOf(name, block, exit)))
          .map(([block, exit]) => `${block}:${exit}`),
      ];
      return [
        {
          flow: name,
          blocks: all.length,
          blocksCovered: entered.length,
          exits: exits.length,
          exitsCovered: taken.length,
          missed,
        },
      ];
    });
  }
}

function keyOf(flow: string, block: string, exit?: string): string {
  return exit === undefined ? `${flow}/${block}` : `${flow}/${block}:${exit}`;
}
