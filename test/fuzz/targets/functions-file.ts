import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from '../../../src/config/problem.js';
import { editedFunctionsFile, parseFunctionsFile } from '../../../src/functions/functions-file.js';
import { functionSchema } from '../../../src/functions/settings.js';
import { textForm } from '../forms/text.js';
import { defineTarget, expecting, must, mustEqual } from '../target.js';

const FILE = '/nowhere/functions.yaml';
const EXAMPLE = readFileSync(path.join(import.meta.dirname, '../../../conf/functions.yaml'), 'utf8');

export const target = defineTarget<string>({
  name: 'functions-file',
  about:
    'functions.yaml: functions whose settings hold, or problems with words; a function is added, renamed and deleted by an edit that leaves the others as they are, or the edit is refused.',
  covers: [
    'functions/functions-file.ts',
    'functions/settings.ts',
    'config/layer.ts',
    'config/secret.ts',
    'config/issues.ts',
  ],
  found: [
    'ten thousand keys of one map were each compared with all others; a `!!set` made an edit throw; keys behind keys between brackets used up the stack (`yaml-document.ts`)',
  ],
  form: textForm([
    'functions:\n', '  name:\n', '    url: https://a.example/x\n', '    file: a.js\n', '    handler: a.b\n', '    headers: { X-A: { env: A } }\n', '    signing_secrets: [{ env: A }]\n', '    parameters:\n      a: { required: true }\n', '    event: flat\n', '    response: json\n', '    timeout_ms: ', '{', '}', '[', ']', '&a ', '*a', '<<: *a\n', '!!binary ', '!!set ', '|\n', '>-\n', '? ', '---\n', '...\n', '# ', '  ', '\n', '__proto__: ', 'constructor: ', 'null', '~', '.nan', '0o7',
  ]), // prettier-ignore
  seeds: [
    EXAMPLE,
    'functions: {}\n',
    'functions:\n',
    '',
    'functions: { a: { url: "https://a.example/", headers: { A: { env: A } } } } # end\n',
    'a: &a {url: "http://a/"}\nfunctions: {x: *a}\n',
  ],
  run(text) {
    const file = expecting([ConfigError], () => parseFunctionsFile(text, FILE, { A: 'secret-of-a' }));
    if (file === undefined) return;
    for (const [name, settings] of file.functions) {
      must(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name), `a function called "${name}"`);
      must(functionSchema.safeParse(settings).success, `settings of ${name} that do not hold`);
      must(file.placeOf(name) !== '', `no place of ${name}`);
    }
    must(!JSON.stringify(file.written).includes('secret-of-a'), 'a secret in what is written');
    const added = expecting([ConfigError], () =>
      editedFunctionsFile(file, { A: 'x' }, (document) =>
        document.setIn(['functions', 'fuzz-added'], { url: 'https://a.example/' }),
      ),
    );
    if (added === undefined) return;
    const after = parseFunctionsFile(added.after, FILE, { A: 'secret-of-a' });
    must(after.functions.has('fuzz-added'), 'what was added is not there');
    const others = new Map([...after.functions].filter(([name]) => name !== 'fuzz-added'));
    const before = new Map([...file.functions].filter(([name]) => name !== 'fuzz-added'));
    mustEqual([...others], [...before], 'the other functions');
  },
});
