/** What hostile callers put where a name or a number is expected. */

/** Where an attempt would leave its mark if it were more than text. */
export interface Marks {
  /** A folder in which a command would make a file. */
  readonly folder: string;
  /** host:port of a UDP socket that a call would reach. */
  readonly sip: string;
  /** An HTTP server that nobody is to ask. */
  readonly origin: string;
}

/** Name of the variables, global or of a channel, that an attempt would set. */
export const CANARY = 'canary';

/** One for each danger of data that came from outside, by a name that tells which. */
export function attempts({ folder, sip, origin }: Marks): Readonly<Record<string, string>> {
  const touch = (name: string): string => `touch ${folder}/${name}`;
  return {
    // FreeSWITCH's expansion, in one piece and in two that only meet when two values stand side by side
    expansion: `\${system(${touch('expansion')})}`,
    'expansion of a global': `$\${system(${touch('global')})}`,
    'expansion behind a backslash': `\\\${system(${touch('backslash')})}`,
    'expansion with a backslash in it': `$\\{system(${touch('inner')})}`,
    'expansion that sets a global': `\${global_setvar(${CANARY}=1)}`,
    'expansion in half': `{system(${touch('half')})}$`,
    'expansion by name': `\${expand(\${system(${touch('nested')})})}`,
    // prefixes that set variables
    scope: `%[execute_on_answer=system ${touch('scope')},${CANARY}=1]hello`,
    braces: `{${CANARY}=1,api_on_answer='system ${touch('braces')}'}hello`,
    brackets: `[${CANARY}=1,execute_on_answer='system ${touch('brackets')}']hello`,
    'angle brackets': `<${CANARY}=1,api_hangup_hook=system ${touch('angle')}>hello`,
    delimiter: `^^:${CANARY}=1:api_hangup_hook=system ${touch('delimiter')}`,
    assignment: `hello!${CANARY}=1!api_hangup_hook=system ${touch('assignment')}!`,
    'assignment between blanks': `hello ${CANARY}=1 api_hangup_hook='system ${touch('blanks')}'`,
    'assignment between commas': `hello,${CANARY}=1,api_hangup_hook=system ${touch('commas')}`,
    'assignment between semicolons': `hello;${CANARY}=1;api_hangup_hook=system ${touch('semicolons')}`,
    export: `nolocal:${CANARY}=1`,
    array: `ARRAY::${CANARY}=1|:api_hangup_hook=system ${touch('array')}`,
    // an inline dialplan, and the list's own marks
    item: `hello~system:${touch('item')}~set:${CANARY}=1~hello`,
    'inline dialplan': `m:^:system:${touch('inline')}^set:${CANARY}=1 inline`,
    transfer: `hello XML default|${CANARY}`,
    sentinel: `1,2,3;E!cti_status=failed!cti_error=forged!${CANARY}=1`,
    // lines of the Event Socket
    'line feed': `hello\n\napi global_setvar ${CANARY}=1\n\napi system ${touch('lf')}\n\n`,
    'carriage return': `hello\r\rapi global_setvar ${CANARY}=1\r\rapi system ${touch('cr')}\r\r`,
    both: `hello\r\n\r\nsendmsg\r\ncall-command: execute\r\nexecute-app-name: system\r\nexecute-app-arg: ${touch('crlf')}\r\n\r\n`,
    header: `hello\nexecute-app-name: system\nexecute-app-arg: ${touch('header')}`,
    'escaped line': `hello\\n\\napi global_setvar ${CANARY}=1\\n\\n`,
    NUL: `hello\0api global_setvar ${CANARY}=1`,
    // dial strings
    application: `hello,loopback/app=system:${touch('app')}`,
    address: `hello,sofia/internal/x@${sip}`,
    'address behind a bar': `hello|sofia/internal/x@${sip}`,
    'another dial string': `hello:_:sofia/internal/x@${sip}`,
    'a whole dial string': `sofia/internal/x@${sip}`,
    'a dial string with hooks': `{execute_on_answer='system ${touch('hooks')}'}user/10001`,
    'a dialplan': `loopback/hostile-flow-x/public/XML`,
    'a domain': `10001@evil.example:5060;transport=udp?X-A=b`,
    // files and addresses
    'shell stream': `shell_stream://${touch('shell')}`,
    script: `lua://os.execute('${touch('lua')}')`,
    // mod_lua.cpp lua_parse_and_execute writes arguments into a script of its own
    ...Object.fromEntries(
      [1, 2, 3, 4, 5, 6, 7, 8].map((count) => [
        `Lua behind ${count} backslashes`,
        `${'\\'.repeat(count)}'};io.open([[${folder}/lua-${count}]],[[w]]);--`,
      ]),
    ),
    'script of a say macro': `say:\${system(${touch('say')})}`,
    folder: `../../../../../../etc/passwd`,
    'absolute file': `/etc/passwd`,
    web: `${origin}/${CANARY}.wav`,
    'file string': `file_string://${origin}/a.wav!shell_stream://${touch('string')}`,
    query: `x&token=1.AAAA.AAAA&number=1&format=httapi#`,
    'options of a client': `x' connect-timeout 9 proxy ${origin} '`,
    // quotes, markup, JSON, references, names of objects
    quotes: `it's "quoted' \\' \\" \\`,
    markup: `</speak><audio src="${origin}/${CANARY}.wav"/><break time="99h"/>&lol;<!--`,
    'XML entity': `<!DOCTYPE x [<!ENTITY lol SYSTEM "file:///etc/passwd">]>&lol;`,
    JSON: `"}],[{"application":"system","data":"${touch('json')}"}]`,
    reference: `{$.Channel.uuid}$.Attributes.secret{uuid}{{`,
    prototype: `__proto__`,
    constructor: `constructor[prototype][${CANARY}]`,
    percent: `%24%7Bsystem(${touch('percent')})%7D%0a%0aapi global_setvar ${CANARY}=1`,
    characters: `\u2028\u2029\u202e\ufeffhello\u00a0\u{1f4de}\u0007\u001b[2J`,
    long: `\${${'a'.repeat(900)}}`,
  };
}

/** As a quoted string of SIP holds it (RFC 3261 25.1); a line goes on in the next. */
export function quoted(text: string): string {
  return folded(text).replaceAll(/["\\]/g, '\\$&');
}

/** As the user of a SIP URI holds it: everything but letters and digits escaped. */
export function user(text: string): string {
  return Array.from(Buffer.from(text), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}

/** As the value of a header: lines go on in the next, NUL can't be written. */
export function folded(text: string): string {
  return text.replaceAll(/\r\n|\r|\n/g, '\r\n ').replaceAll('\0', '%00');
}
