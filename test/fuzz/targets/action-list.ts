import { MAX_LIST_ACTIONS, MAX_LIST_BYTES, parseActionList } from '../../../src/call/action-list.js';
import { jsonForm } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import { defineTarget, must, mustEqual } from '../target.js';

/** A text stands for itself, so that what is no JSON is fed too; all else for its JSON. */
function bodyOf(input: JsonValue): Buffer {
  return Buffer.from(typeof input === 'string' ? input : JSON.stringify(input));
}

export const target = defineTarget<JsonValue>({
  name: 'action-list',
  about:
    'Bodies that an HTTP app answers: a list within the limits that reads the same when it is written again, or one of three refusals; what is said of it is short and plain.',
  covers: ['call/action-list.ts'],
  found: [
    'zod throws over an `id` that is an object with a `length` that is no number, and the call ended by a defect; the same held for bodies of the HTTP API (`checked.ts`)',
  ],
  form: jsonForm([
    'application', 'data', 'id', 'on_error', 'timeout_ms', 'continue', 'stop', 'answer', 'playback', 'bridge', 'cti_curl',
    '[{"application":"answer"}]', '[', '{"', '"}', '\ufeff', '<html>', '86400000', '86400001',
  ]), // prettier-ignore
  seeds: [
    [],
    [{ application: 'answer' }, { application: 'playback', data: 'ivr/a.wav', id: 'x', timeout_ms: 100 }],
    [{ application: 'bridge', data: '{a=b}user/1', on_error: 'stop', dta: 1 }],
    '[{"application":"answer","data":"\\u0000\\ud800"}]',
    '\ufeff[]',
    '<html>',
    '',
    '[1',
    { application: 'answer' },
    null,
  ],
  run(input) {
    const body = bodyOf(input);
    const parsed = parseActionList(body);
    if (!body.includes('\ufffd')) {
      mustEqual(parseActionList(body.toString()), parsed, 'as text and as bytes');
    }
    if (!parsed.ok) {
      must(['not_json', 'too_large', 'invalid_actions'].includes(parsed.code), `code "${parsed.code}"`);
      must(parsed.detail.length <= 400, 'a long detail');
      must(!/[\r\n\0]/.test(parsed.detail), `a line break in a detail: ${JSON.stringify(parsed.detail)}`);
      return;
    }
    must(body.length <= MAX_LIST_BYTES, 'too many bytes');
    must(parsed.actions.length <= MAX_LIST_ACTIONS, 'too many actions');
    must(parsed.warnings.length <= 21, 'too many warnings');
    for (const warning of parsed.warnings) {
      must(
        warning.length <= 200 && !/[\r\n\0]/.test(warning),
        `a warning that is not plain: ${JSON.stringify(warning)}`,
      );
    }
    for (const action of parsed.actions) {
      must(
        /^\w{1,64}$/.test(action.application) && typeof action.data === 'string',
        `an action "${action.application}"`,
      );
    }
    const written = parsed.actions.map(({ application, data, onError, id, timeoutMs }) => ({
      application,
      data,
      on_error: onError,
      id,
      timeout_ms: timeoutMs,
    }));
    const text = JSON.stringify(written);
    if (Buffer.byteLength(text) > MAX_LIST_BYTES) return;
    const again = parseActionList(text);
    must(again.ok, 'what was read is refused when it is written again');
    mustEqual(again.actions, parsed.actions, 'read again');
  },
});
