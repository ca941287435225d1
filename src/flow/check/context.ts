import type { SpeechSettings } from '../speech/settings.js';
import type { Node } from './graph.js';

/** What the checker knows of a function. */
export interface KnownFunction {
  /** Declared parameters; undefined: none are declared, any may be sent. */
  readonly parameters?: readonly { readonly name: string; readonly required: boolean }[];
  /** Declared names of the answer; undefined: none are declared. */
  readonly outputs?: readonly string[];
}

/** What surrounds the flows. What is left out is not checked. */
export interface CheckContext {
  readonly functions?: (name: string) => KnownFunction | undefined;
  /** Whether a sound file is there; undefined: it can't be known (it is on another machine, or a stream). */
  readonly fileExists?: (file: string) => boolean | undefined;
  /** Why the flows' policy would refuse an action, or undefined. */
  readonly policy?: (action: { readonly application: string; readonly data: string }) => string | undefined;
  readonly speech?: SpeechSettings;
}

/** A way in the document, from a way in the block. */
export function place(node: Node, path: readonly (string | number)[]): readonly (string | number)[] {
  return ['blocks', node.block.name, ...path];
}
