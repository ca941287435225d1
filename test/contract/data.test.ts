import { outcomesOf } from '../support/test-daemon.js';
import { onEverySwitch } from './suite.js';

/** Data that a transport by lists, separators, quotes or expansion would damage. */
const AWKWARD: Readonly<Record<string, string>> = {
  blanks: 'INFO two  blanks   and more',
  quotes: `INFO it's "quoted" and 'quoted'`,
  'an open quote': `INFO it's`,
  commas: 'INFO a,b,,c',
  carets: 'INFO a^b^^c ^^:x',
  tildes: 'INFO a~b ~ c!d!',
  colons: 'INFO m:^:x:y',
  percent: 'INFO 100% %20 %[a=b] %s %n',
  'a tone': 'tone_stream://%(20,0,440,480);loops=1',
  equals: 'INFO a=b=c',
  braces: 'INFO {a=b}[c=d]<e=f>',
  pipes: 'INFO a|b||c',
  backslashes: String.raw`INFO a\b C:\dir\x`,
  unicode: 'INFO grüße 你好 😀 é',
  semicolons: 'INFO a;b,c;E',
  'hash and ampersand': 'INFO #1 & 2 &park() (x)',
  slashes: 'INFO //a\\/b ../c',
};

onEverySwitch('data of an action', {}, ({ scenario }) => {
  for (const [title, data] of Object.entries(AWKWARD)) {
    scenario(`with ${title} arrives untouched`, async ({ expect, run }) => {
      const application = data.startsWith('tone') ? 'playback' : 'log';
      const { call, record } = await run([
        { application, data },
        { application: 'log', data: 'INFO next' },
      ]);
      await call.returned();
      const ours = call.executed.filter((executed) => executed.application === application);
      expect(ours[0]).toEqual({ application, data });
      expect(outcomesOf(record)[1]?.status).toBe('ok');
    });
  }

  scenario('that sets a variable sets just that', async ({ expect, run }) => {
    const value = `it's a, "b" ^c^ 100% {x}|y; grüße`;
    const { call } = await run([{ application: 'set', data: `cti_value=${value}` }]);
    await call.returned();
    expect(await call.get('cti_value')).toBe(value);
  });

  scenario('may be long', async ({ expect, run }) => {
    const long = 'INFO '.padEnd(6000, 'abcdefghij ').trimEnd();
    const { call } = await run([
      { application: 'log', data: long },
      { application: 'set', data: `cti_long=${'x'.repeat(5000)}` },
    ]);
    await call.returned();
    expect(call.executed.find(({ application }) => application === 'log')?.data).toBe(long);
    expect((await call.get('cti_long'))?.length).toBe(5000);
  });

  scenario('is not expanded', async ({ expect, run }) => {
    const { call, record } = await run([
      { application: 'log', data: 'INFO ${uuid} $${domain} ${system(true)}' },
      { application: 'log', data: 'INFO next' },
    ]);
    expect(outcomesOf(record).map(({ status }) => status)).toEqual(['refused', 'ok']);
    await call.returned();
    expect(call.executed.some(({ data }) => data.includes('system'))).toBe(false);
  });
});
