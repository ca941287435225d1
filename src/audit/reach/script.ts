import { single } from '../language/char-set.js';
import { ANYTHING, charsOf, concat, either } from '../language/language.js';
import type { Language } from '../language/language.js';
import { meets } from '../language/questions.js';
import { cutAt } from './effects.js';
import { isTame } from './shell.js';
import type { Text } from './value.js';

interface Interpreter {
  /** What makes the rest of the data a program of its own. */
  readonly inline?: RegExp;
  /** Characters by which an argument gets out of the quotes in which the module puts it. */
  readonly escapes?: Language;
}

/** mod_lua.cpp lua_parse_and_execute(): `argv = {[0]='script', '…'}`, quotes escaped, backslashes not. */
const LUA: Interpreter = { inline: /^\s*(?:~|#!\/lua)/i, escapes: having('\\') };
/** mod_perl.c perl_parse_and_execute(): `@ARGV = ( '…' )`, nothing escaped. */
const PERL: Interpreter = { inline: /^~/, escapes: having('\\', "'") };
/** mod_v8.cpp: arguments are values, and the name of the script is a path. */
const JAVASCRIPT: Interpreter = { inline: /^~/ };
/** mod_python3.c, mod_java, mod_managed, mod_basic: so are theirs. */
const BY_NAME: Interpreter = {};

/** Applications, and API commands, that run a script: `script argument…`. */
const INTERPRETERS: ReadonlyMap<string, Interpreter> = new Map([
  ['lua', LUA],
  ['luarun', LUA],
  ['perl', PERL],
  ['perlrun', PERL],
  ['javascript', JAVASCRIPT],
  ['jsrun', JAVASCRIPT],
  ['jsapi', JAVASCRIPT],
  ['python', BY_NAME],
  ['python3', BY_NAME],
  ['pyrun', BY_NAME],
  ['java', BY_NAME],
  ['managed', BY_NAME],
  ['managedrun', BY_NAME],
  ['basic', BY_NAME],
]);

function having(...chars: readonly string[]): Language {
  return either(...chars.map((char) => concat(ANYTHING, charsOf(single(char.charCodeAt(0))), ANYTHING)));
}

/** Whether the caller can write a part of the program that `lua`, `perl` and their kin run, or choose the script. */
export function writesProgram(name: string, data: Text): boolean {
  const interpreter = INTERPRETERS.get(name.toLowerCase());
  if (interpreter === undefined) return false;
  const [first] = data;
  if (typeof first === 'string' && interpreter.inline?.test(first) === true) return !isTameText(data);
  const parts = cutAt(data, ' ');
  if (!isTameText(parts?.[0] ?? data)) return true;
  const { escapes } = interpreter;
  if (parts === undefined || escapes === undefined) return false;
  return parts[1].some(
    (part) => typeof part !== 'string' && part.origin === 'caller' && meets(part.language, escapes),
  );
}

/** Whether what the caller wrote in it are letters, digits and the like. */
export function isTameText(text: Text): boolean {
  return text.every((part) => typeof part === 'string' || part.origin !== 'caller' || isTame(part.language));
}
