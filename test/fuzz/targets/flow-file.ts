import { checkFlows } from '../../../src/flow/check/check.js';
import { mermaid, tree } from '../../../src/flow/diagram.js';
import { readFlow } from '../../../src/flow/flow.js';
import { flowSet } from '../../../src/flow/flow-set.js';
import { parseFlowFile } from '../../../src/flow-files/flow-document.js';
import { textForm } from '../forms/text.js';
import { defineTarget, must } from '../target.js';
import { CONTEXT, FLOW_TEXTS, SETTINGS } from '../support/flows.js';

export const target = defineTarget<string>({
  name: 'flow-file',
  about:
    'Files of conf/flows: problems that each have a message and a place in the file, or a flow that the checker has an opinion of and that can be drawn; the same when read twice.',
  covers: ['flow/', 'flow-files/'],
  form: textForm([
    'type: ', 'next: ', 'exits: ', 'blocks:\n', 'start: ', 'error: ', 'prompt: ', '\n  ', '\n    ', '- ', '{ ', ' }', '[', ']', '&a ', '*a', '<<: *a', '!!binary ', '!!set ', '!!js/function ', '|\n', '>-\n', '? ', '---\n', '...\n', '%YAML 1.1\n', '"', "'", '# ', '@', '`', '.inf', '.nan', '0o7', '2026-01-01',
    'play_prompt', 'get_digits', 'menu', 'branch', 'distribute', 'hours', 'invoke_function', 'transfer', 'queue', 'record', 'loop', 'set_attributes', 'run_actions', 'call_flow', 'go_to_flow', 'return', 'wait', 'disconnect', 'end', 'cti_curl',
    '$.Attributes.x', '$.External.a.b', '${block.x}', 'ssml: <speak>', '__proto__: ', 'constructor: ',
  ]), // prettier-ignore
  seeds: FLOW_TEXTS,
  found: [
    'conditions nested some hundred levels deep overflowed the stack (`flow/flow.ts`)',
    'flows of thousands of blocks took seconds in the checker, a map of thousands of keys in the parser of YAML, and a block that sets thousands of attributes most of a minute: all in proportion to their size now, or refused (`flow/check/known.ts`, `loops.ts`, `check.ts`, `flow-files/flow-document.ts`, `flow/blocks/define.ts`)',
    'maps and lists for the keys of maps took a minute to be written as texts, and deep nesting overflowed the stack of the parser of YAML, which is the end of the process when it happens while a regular expression is compiled (`yaml-document.ts`)',
  ],
  run(text) {
    const parsed = parseFlowFile(text, 'main.yaml');
    if (!parsed.ok) {
      must(
        parsed.problems.length > 0 && parsed.problems.every(({ message }) => message !== ''),
        'refused for no reason',
      );
      return;
    }
    const read = readFlow(parsed.source);
    if (!read.ok) {
      must(read.problems.length > 0, 'refused for no reason');
      for (const { message, line } of read.problems) {
        must(typeof message === 'string' && message !== '', 'a problem without words');
        must(line === undefined || line >= 1, `a problem in line ${line ?? 0}`);
      }
      return;
    }
    const again = readFlow(parsed.source);
    must(again.ok && again.flow.version === read.flow.version, 'another version the second time');
    const set = flowSet([read.flow], SETTINGS);
    for (const { message, severity } of checkFlows(set, CONTEXT)) {
      must(message !== '' && ['error', 'warning'].includes(severity), 'a problem without words');
    }
    must(mermaid(read.flow) !== '' && tree(read.flow) !== '', 'no diagram');
  },
});
