import { AppError } from '../../../src/errors.js';
import type { DialString } from '../../../src/switch/dial-string.js';
import { formatDialString, legsOf, parseDialString } from '../../../src/switch/dial-string.js';
import { separate } from '../../unit/switch/freeswitch-strings.js';
import { isPlain } from '../support/plain.js';
import { textForm } from '../forms/text.js';
import type { Random } from '../random.js';
import { defineTarget, must, mustEqual } from '../target.js';

const PIECES = [
  '{', '}', '[', ']', '<', '>', ',', '|', ':_:', "'", '"', '\\', '\\\\', '\\s', '\\n', '^^', '^^:', '^^;', '=', ' ', ':', '@', '/', '+', '%',
  'a=b', 'a=1,b=2', "a='x, y'", 'sip_h_X-A=b', 'user/1', 'user/1@example.org', 'group/sales@d+F', 'sofia/gateway/g/1', 'sofia/internal/1@[::1]:5060',
  'loopback/1/default/XML', 'loopback/app=park', 'error/USER_BUSY', 'pickup/1', 'verto.rtc/1', 'freetdm/1/a/1',
]; // prettier-ignore

/** Every variable of a `{}` prefix as FreeSWITCH's own splitting finds it; `undefined` where it splits values, too. */
function byTheSwitch(prefix: string): string[] | undefined {
  const own = /^\^\^(.)/s.exec(prefix)?.[1];
  const pieces = own === undefined ? separate(prefix, ',') : separate(prefix.slice(3), own);
  if (pieces.some((piece) => piece.split('=').length > 2)) return undefined;
  return pieces.map((piece) => separate(piece, '=').join('='));
}

function written(dialString: DialString): string | undefined {
  try {
    return formatDialString(dialString);
  } catch (error) {
    // Said, where a value fits into no prefix.
    if (error instanceof AppError && error.code === 'internal') return undefined;
    throw error;
  }
}

export const target = defineTarget<string>({
  name: 'dial-string',
  about:
    'Dial strings: read, or refused with a reason; what is read can be written and is read back as the same; no leg with brackets, quotes, blanks, `$` or control characters; variables are those that FreeSWITCH’s own splitting finds.',
  covers: ['switch/dial-string.ts', 'switch/dial-endpoint.ts', 'switch/arguments.ts'],
  form: textForm(PIECES),
  seeds: [
    'user/10001', 'user/10001@example.org,user/2|user/3:_:{a=b}user/4', '<a=1>{b=2,c=3}{d=4}[e=5][f=6]user/1,user/2',
    "{a='1,2',b=3}user/1", '{^^:a=1,2:b=3}user/1', '{a=1\\,2}user/1', "{a=it\\\\\\'s}user/1", 'sofia/gateway/carrier/+493012',
    'sofia/internal/1@[2001:db8::1]:5080', 'loopback/9664/public/XML', 'loopback/app=system:reboot', 'error/USER_BUSY', '{}user/1',
  ], // prettier-ignore
  generate: (random: Random) => Array.from({ length: random.size(30) }, () => random.pick(PIECES)).join(''),
  found: ['half of a character was accepted in a value (`switch/dial-string.ts`)'],
  run(text) {
    const result = parseDialString(text);
    if (!result.ok) {
      must(result.detail !== '', 'refused for no reason');
      return;
    }
    const { dialString } = result;
    const legs = legsOf(dialString);
    must(legs.length > 0 && legs.length <= 10_000, `${legs.length} legs`);
    const all = [dialString, ...dialString.groups, ...legs].flatMap(({ variables }) => variables);
    for (const { name, value } of all) {
      must(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name), `the name of a variable: "${name}"`);
      must(value !== '' && isPlain(value), `the value of a variable: ${JSON.stringify(value)}`);
    }
    for (const { endpoint } of legs) {
      const { type, ...parts } = endpoint;
      for (const part of Object.values(parts)) {
        must(
          /^[\x21-\x7e]*$/.test(part) && !/[{}<>|'"\\^$,`]/.test(part),
          `a part of ${type}: ${JSON.stringify(part)}`,
        );
      }
    }
    const line = written(dialString);
    if (line === undefined) return;
    // Escapes may make it longer than one may be.
    const again = parseDialString(line);
    must(again.ok || line.length > 8_192, `what is written is not read: ${line}`);
    if (again.ok) mustEqual(again.dialString, dialString, 'written and read');
    const prefix = /^\{([^{}]*)\}(?!\{)/.exec(line)?.[1];
    const group = dialString.groups[0]?.variables ?? [];
    if (prefix !== undefined && dialString.variables.length === 0) {
      const found = byTheSwitch(prefix);
      const expected = group.map(({ name, value }) => `${name}=${value}`);
      if (found !== undefined) mustEqual(found, expected, 'as FreeSWITCH splits it');
    }
  },
});
