import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { eventually } from '../support/eventually.js';
import { type Bed, onEveryBed, type BedOptions } from './bed.js';

const LIST = [{ application: 'answer' }, { application: 'playback', data: 'silence_stream://300' }];
const FLOW = `start: wait
blocks:
  wait: { type: wait, ms: 300, next: ask }
  ask: { type: invoke_function, function: f, next: end, exits: { error: bad } }
  end: { type: end }
  bad: { type: disconnect }
`;
const FUNCTIONS = stringify({ functions: { f: { file: 'f.js' } } });

interface Files {
  readonly flow: string;
  readonly functions: string;
  readonly script: string;
}

function withFlow(): { readonly options: BedOptions; readonly files: (bed: Bed) => Files } {
  const files = (folder: string): Files => ({
    flow: join(folder, 'flows/main.yaml'),
    functions: join(folder, 'functions.yaml'),
    script: join(folder, 'f.js'),
  });
  const settings: BedOptions['settings'] = (_ground, folder) => {
    const { flow, functions, script } = files(folder);
    mkdirSync(join(folder, 'flows'));
    writeFileSync(flow, FLOW);
    writeFileSync(functions, FUNCTIONS);
    writeFileSync(script, 'exports.handler = async () => ({ x: "1" });');
    return Promise.resolve({ flows: { folder: join(folder, 'flows') }, functions: { file: functions } });
  };
  return { options: { settings }, files: ({ folder }) => files(folder) };
}

/** What is done to files of a running daemon; each is followed by SIGHUP. */
const BROKEN: readonly (readonly [what: string, breaks: (bed: Bed, files: Files) => void, code: string])[] = [
  [
    'a configuration that is no YAML',
    ({ daemon }) => writeFileSync(daemon.configuration, 'http: ['),
    'config_',
  ],
  ['one with an unknown key', ({ daemon }) => writeFileSync(daemon.configuration, 'httpp: {}'), 'config_'],
  [
    'one that is binary',
    ({ daemon }) => writeFileSync(daemon.configuration, Buffer.alloc(5000, 0xff)),
    'config_',
  ],
  ['one that is half written', ({ daemon }) => truncateSync(daemon.configuration, 37), ''],
  ['one that is empty', ({ daemon }) => writeFileSync(daemon.configuration, ''), 'restart_needed'],
  ['one that is gone', ({ daemon }) => rmSync(daemon.configuration), 'config_unreadable'],
  ['a flow that is no YAML', (_bed, { flow }) => writeFileSync(flow, 'start: ['), 'flow_invalid'],
  [
    'a flow that leads nowhere',
    (_bed, { flow }) => writeFileSync(flow, FLOW.replace('next: ask', 'next: x')),
    'flow_invalid',
  ],
  ['a flow that is half written', (_bed, { flow }) => truncateSync(flow, 60), 'flow_invalid'],
  ['functions that are no YAML', (_bed, { functions }) => writeFileSync(functions, '{'), 'config_'],
  ['functions that are gone', (_bed, { functions }) => rmSync(functions), 'config_unreadable'],
  [
    'a function that a flow needs and is gone',
    (_bed, { functions }) => writeFileSync(functions, 'functions: {}'),
    '',
  ],
];

onEveryBed('files of a running daemon', ({ bed }) => {
  it('that are broken change nothing, for calls that run and for calls that come', async () => {
    const { options, files } = withFlow();
    const one = await bed(options);
    const paths = files(one);
    const whole = new Map(
      [one.daemon.configuration, paths.flow, paths.functions, paths.script].map((path) => [
        path,
        readFileSync(path),
      ]),
    );
    let calls = 0;
    for (const [index, [what, breaks, code]] of BROKEN.entries()) {
      const running = [await one.call({ actions: LIST }), await one.call({ flow: 'main' })];
      breaks(one, paths);
      one.daemon.signal('SIGHUP');
      await eventually(`${what} to be refused`, () =>
        one.logged(/configuration not reloaded/).length > index ? true : undefined,
      );
      expect(one.logged(/configuration not reloaded/), what).toHaveLength(index + 1);
      expect(one.logged(/configuration not reloaded/).at(-1), what).toContain(`"code":"${code}`);
      const coming = [await one.call({ actions: LIST }), await one.call({ flow: 'main' })];
      for (const call of [...running, ...coming]) {
        await call.returned();
        expect(await call.get('cti_status'), what).toBe('done');
      }
      calls += 4;
      for (const [path, bytes] of whole) writeFileSync(path, bytes);
    }
    writeFileSync(paths.flow, FLOW.replace('ms: 300', 'ms: 10'));
    one.daemon.signal('SIGHUP');
    await eventually('the mended files to be taken', () => one.logged(/configuration reloaded/).at(0));
    await one.settled({ calls });
  });

  it('that a function is made of may be gone: the flow takes its error exit, and the call lives', async () => {
    const { options, files } = withFlow();
    const one = await bed(options);
    rmSync(files(one).script);
    const call = await one.call({ flow: 'main' });
    await one.settled({ calls: 1, ends: ['hung_up'] });
    expect(call.ran).toContain('hangup');
  });
});
