import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { Simulator } from '../../../src/simulator/simulator.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'simulator-'));
  await mkdir(path.join(folder, 'more'));
  await writeFile(
    path.join(folder, 'freeswitch.xml'),
    `<?xml version="1.0"?>
<document type="freeswitch/xml">
  <X-PRE-PROCESS cmd="set" data="greeting=hello"/>
  <X-PRE-PROCESS cmd="include" data="not-there.xml"/>
  <section name="dialplan">
    <X-PRE-PROCESS cmd="include" data="more/*.xml"/>
  </section>
</document>`,
  );
  await writeFile(
    path.join(folder, 'more/a.xml'),
    `<include>
  <context name="files">
    <extension name="one"><condition field="destination_number" expression="^one$">
      <action application="set" data="said=$\${greeting}"/><action application="hangup"/>
    </condition></extension>
  </context>
</include>`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(
  conditions: string,
  options: { readonly destination?: string; readonly variables?: Readonly<Record<string, string>> } = {},
): Promise<{ cause: string; ran: string[] }> {
  const simulator = new Simulator({
    timeScale: 20,
    globals: { city: 'Zürich' },
    xml: [`<context name="public">${conditions}</context>`],
  });
  const call = simulator.placeCall({
    destination: options.destination ?? '1234',
    callerIdNumber: '100',
    ...(options.variables !== undefined && { variables: options.variables }),
  });
  const { cause } = await call.ended;
  const ran = call.executed.map(({ application, data }) => `${application} ${data}`.trimEnd());
  await simulator.stop();
  return { cause, ran };
}

const extension = (inner: string, attributes = ''): string =>
  `<extension name="x" ${attributes}>${inner}</extension>`;
const set = (value: string, more = ''): string => `<action application="set" data="v=${value}" ${more}/>`;

describe('the dialplan', () => {
  it('takes the first extension that matches, with what its expression caught', async () => {
    const { cause, ran } = await run(
      extension(`<condition field="destination_number" expression="^9">${set('wrong')}</condition>`) +
        extension(
          `<condition field="destination_number" expression="^(1)(\\d+)$">${set('$1-$2-${destination_number}')}</condition>`,
        ) +
        extension(`<condition>${set('later')}</condition>`),
    );
    expect(ran).toEqual(['set v=1-234-1234']);
    expect(cause).toBe('NORMAL_CLEARING');
  });

  it('goes on behind an extension that says so', async () => {
    const { ran } = await run(
      extension(`<condition>${set('1')}</condition>`, 'continue="true"') +
        extension(`<condition>${set('2')}</condition>`),
    );
    expect(ran).toEqual(['set v=1', 'set v=2']);
  });

  it('knows anti-actions, breaks and variables', async () => {
    const xml = extension(
      '<condition field="destination_number" expression="^1"/>' +
        `<condition field="\${own}" expression="^yes$" break="never">${set('yes')}<anti-action application="set" data="v=no"/></condition>` +
        `<condition field="caller_id_number" expression="^100$" break="on-true">${set('caller')}</condition>` +
        `<condition>${set('not reached')}</condition>`,
    );
    expect((await run(xml, { variables: { own: 'yes' } })).ran).toEqual(['set v=yes', 'set v=caller']);
    expect((await run(xml)).ran).toEqual(['set v=no', 'set v=caller']);
  });

  it('knows rules of several expressions and nested conditions', async () => {
    const regexes =
      '<regex field="caller_id_number" expression="^100$"/><regex field="caller_id_number" expression="^200$"/>';
    const rule = (name: string): string =>
      extension(`<condition regex="${name}">${regexes}${set(name)}</condition>`);
    expect((await run(rule('any'))).ran).toEqual(['set v=any']);
    expect((await run(rule('xor'))).ran).toEqual(['set v=xor']);
    expect((await run(rule('all'))).cause).toBe('NO_ROUTE_DESTINATION');
    const nested = extension(
      `<condition field="destination_number" expression="^1">${set('outer')}<condition field="caller_id_number" expression="^1">${set('inner')}</condition></condition>`,
    );
    expect((await run(nested)).ran).toEqual(['set v=outer', 'set v=inner']);
  });

  it('runs inline actions while it looks', async () => {
    const { ran } = await run(
      extension(
        `<condition>${set('early', 'inline="true"')}</condition><condition field="\${v}" expression="^early$">${set('late')}</condition>`,
      ),
    );
    expect(ran).toEqual(['set v=early', 'set v=late']);
  });

  it('expands globals when it is read, variables when they run', async () => {
    const { ran } = await run(
      extension(
        `<condition>${set('$${city}')}${set('${v}!')}<action application="eval" data="\${v}"/></condition>`,
      ),
    );
    expect(ran).toEqual(['set v=Zürich', 'set v=Zürich!', 'eval Zürich!']);
  });

  it('hangs up what leads nowhere', async () => {
    expect((await run(extension('<condition field="destination_number" expression="^nope$"/>'))).cause).toBe(
      'NO_ROUTE_DESTINATION',
    );
    const transfer = '<action application="transfer" data="nowhere XML else"/>';
    expect((await run(extension(`<condition>${transfer}</condition>`))).cause).toBe('NO_ROUTE_DESTINATION');
  });

  it('runs extensions inside extensions, also inline ones, and comes back', async () => {
    const { ran } = await run(
      extension(`<condition field="destination_number" expression="^inner$">${set('inner')}</condition>`) +
        extension(
          `<condition field="destination_number" expression="^1234$"><action application="execute_extension" data="inner XML public"/>` +
            `<action application="execute_extension" data="m:+:set:a=1,2+set:b=3 inline"/>${set('outer')}</condition>`,
        ),
    );
    expect(ran).toEqual([
      'execute_extension inner XML public',
      'set v=inner',
      'execute_extension m:+:set:a=1,2+set:b=3 inline',
      'set a=1,2',
      'set b=3',
      'set v=outer',
    ]);
  });

  it('is read from files, with what they include', async () => {
    const simulator = new Simulator({ files: [path.join(folder, 'freeswitch.xml')] });
    const call = simulator.placeCall({ destination: 'one', context: 'files' });
    await call.ended;
    expect(call.variables.said).toBe('hello');
    await simulator.stop();
  });

  it('says what cannot be read', () => {
    const failure = (make: () => Simulator): string => {
      try {
        make();
      } catch (error) {
        if (error instanceof AppError) return error.code;
        throw error;
      }
      return 'none';
    };
    expect(failure(() => new Simulator({ files: ['/no/such/file.xml'] }))).toBe('config_unreadable');
    expect(failure(() => new Simulator({ xml: ['<context'] }))).toBe('config_invalid');
  });
});
