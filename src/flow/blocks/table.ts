import type { BlockType } from '../block.js';
import { branch } from './branch.js';
import { callFlow } from './call-flow.js';
import { ctiCurl } from './cti-curl.js';
import { disconnect } from './disconnect.js';
import { distribute } from './distribute.js';
import { end } from './end.js';
import { getDigits } from './get-digits.js';
import { goToFlow } from './go-to-flow.js';
import { hours } from './hours.js';
import { invokeFunction } from './invoke-function.js';
import { loop } from './loop.js';
import { menu } from './menu.js';
import { playPrompt } from './play-prompt.js';
import { queue } from './queue.js';
import { record } from './record.js';
import { returnBlock } from './return.js';
import { runActions } from './run-actions.js';
import { setAttributes } from './set-attributes.js';
import { transfer } from './transfer.js';
import { wait } from './wait.js';

/** All types of blocks, in the order of the documentation. */
export const BLOCK_TYPES: readonly BlockType<unknown>[] = [
  playPrompt,
  getDigits,
  menu,
  invokeFunction,
  setAttributes,
  branch,
  hours,
  distribute,
  loop,
  wait,
  transfer,
  queue,
  record,
  runActions,
  ctiCurl,
  goToFlow,
  callFlow,
  returnBlock,
  disconnect,
  end,
];

const BY_NAME: ReadonlyMap<string, BlockType<unknown>> = new Map(
  BLOCK_TYPES.map((block) => [block.type, block]),
);

export function blockType(name: string): BlockType<unknown> | undefined {
  return BY_NAME.get(name);
}
