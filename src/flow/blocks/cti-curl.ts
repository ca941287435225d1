import { z } from 'zod';
import { action, ERROR, fail, failureIn, leave, NEXT } from '../block.js';
import { fill, fillShown } from '../references.js';
import { defineBlock } from './define.js';

const parameters = z.strictObject({
  url: z
    .string()
    .min(1)
    .max(8192)
    .describe(
      'An endpoint of the configuration or a URL; values are percent-encoded, {name} as in cti_curl.',
    ),
});

export const ctiCurl = defineBlock({
  type: 'cti_curl',
  summary: 'Asks an HTTP app, runs its actions, and comes back.',
  parameters,
  exits: () => [NEXT, { ...ERROR, when: 'the app could not be asked, or its actions failed' }],
  enter({ url }, turn) {
    const filled = fill(url, turn.scope, encoded);
    // Its actions may set what speech and prompts need.
    turn.update({ voice: {} });
    const shown = fillShown(url, turn.scope, encoded);
    const more = shown === undefined ? { heard: filled } : { heard: shown, shown };
    return { to: 'actions', actions: [action('cti_curl', filled, { id: 'curl', ...more })] };
  },
  settle(_given, _turn, event) {
    const failure = failureIn(event);
    return failure === undefined ? leave('next') : fail(failure);
  },
});

/** As encodeURIComponent, which throws on half of a surrogate pair. */
function encoded(value: string): string {
  return encodeURIComponent(
    value.replaceAll(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, ''),
  );
}
