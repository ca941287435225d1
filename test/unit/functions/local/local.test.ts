import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CALL_UUID, file, folder, invoke, invokerWith, load, outcomeOf } from '../world.js';

const parsed = (text: unknown): unknown => JSON.parse(text as string);

describe('a handler', () => {
  it.each([
    ['async, as ES module', 'h.mjs', 'export const handler = async (event) => ({ name: event.Name });'],
    ['async, as ES module in .js', 'h.js', 'export const handler = async (event) => ({ name: event.Name });'],
    ['async, as CommonJS', 'h.cjs', 'exports.handler = async (event) => ({ name: event.Name });'],
    ['async, as CommonJS in .js', 'h.js', 'exports.handler = async (event) => ({ name: event.Name });'],
    [
      'with a callback',
      'h.js',
      'exports.handler = function (event, context, callback) { callback(null, { name: event.Name }); };',
    ],
    [
      'with a callback, later',
      'h.js',
      'exports.handler = (event, context, callback) => { setTimeout(() => callback(null, { name: event.Name }), 5); };',
    ],
    [
      'with context.succeed',
      'h.js',
      'exports.handler = (event, context) => { context.succeed({ name: event.Name }); };',
    ],
    ['that returns at once', 'h.js', 'exports.handler = (event) => ({ name: event.Name });'],
    [
      'as the default export',
      'h.mjs',
      'export default { handler: async (event) => ({ name: event.Name }) };',
    ],
    [
      'with a top-level await',
      'h.js',
      'const name = await Promise.resolve("Name"); export const handler = async (event) => ({ name: event[name] });',
    ],
    [
      'that requires and imports',
      'h.js',
      'const path = require("node:path"); exports.handler = async (event) => { const url = await import("node:url"); return { name: path.basename(url.fileURLToPath("file:///a/" + event.Name)) }; };',
    ],
  ])('%s', async (_what, name, text) => {
    const invoker = invokerWith({ f: { file: file(name, text) } });
    expect(await invoke(invoker)).toMatchObject({ ok: true, values: { name: 'ContactFlowEvent' } });
  });

  it('is taken for what it is written as, whatever package.json says', async () => {
    for (const [type, text] of [
      ['module', 'exports.handler = async () => ({ a: "1" });'],
      ['module', 'export const handler = async () => ({ a: "1" });'],
      ['commonjs', 'exports.handler = async () => ({ a: "1" });'],
    ] as const) {
      const at = folder();
      file('package.json', JSON.stringify({ type }), at);
      const invoker = invokerWith({ f: { file: file('h.js', text, at) } });
      expect(outcomeOf(await invoke(invoker)), `${type}: ${text}`).toBe('ok');
    }
  });

  it('finds modules beside it', async () => {
    const at = folder();
    mkdirSync(join(at, 'node_modules/greeting'), { recursive: true });
    writeFileSync(join(at, 'node_modules/greeting/index.js'), 'module.exports = "hello";');
    const invoker = invokerWith({
      f: { file: file('h.js', 'exports.handler = async () => ({ a: require("greeting") });', at) },
    });
    expect(await invoke(invoker)).toMatchObject({ values: { a: 'hello' } });
  });

  it('may be another export', async () => {
    const text = 'exports.deep = { inside: async () => ({ a: "1" }) };';
    const invoker = invokerWith({ f: { file: file('h.js', text), handler: 'deep.inside' } });
    expect(outcomeOf(await invoke(invoker))).toBe('ok');
  });

  it('gets the event of Connect, or the parameters alone', async () => {
    const text = 'exports.handler = async (event) => ({ event: JSON.stringify(event) });';
    const path = file('h.js', text);
    const invoker = invokerWith({ f: { file: path }, flat: { file: path, event: 'flat' } });
    const parameters = { accountId: '123456', nested: { list: [1, { deep: true }] } };
    const whole = await invoke(invoker, { parameters });
    expect(whole.ok && parsed(whole.values['event'])).toMatchObject({
      Name: 'ContactFlowEvent',
      Details: {
        ContactData: { ContactId: CALL_UUID, Queue: null, Attributes: { tier: 'gold' } },
        Parameters: parameters,
      },
    });
    const flat = await invoke(invoker, { name: 'flat', parameters });
    expect(flat.ok && parsed(flat.values['event'])).toEqual(parameters);
    const asked = await invoke(invoker, { event: 'flat', parameters });
    expect(asked.ok && parsed(asked.values['event'])).toEqual(parameters);
  });

  it('gets a context', async () => {
    const text = `exports.handler = async (event, context) => ({
      name: context.functionName, memory: context.memoryLimitInMB, id: context.awsRequestId,
      time: String(context.getRemainingTimeInMillis() > 0 && context.getRemainingTimeInMillis() <= 3000) });`;
    const result = await invoke(invokerWith({ f: { file: file('h.js', text) } }));
    expect(result).toMatchObject({ ok: true, values: { name: 'f', memory: '128', time: 'true' } });
  });

  it('sees its own environment and nothing of the daemon', async () => {
    const text = 'exports.handler = async () => ({ env: JSON.stringify(process.env) });';
    const invoker = invokerWith({ f: { file: file('h.js', text), environment: { TABLE: 'accounts' } } });
    const result = await invoke(invoker);
    expect(result.ok && parsed(result.values['env'])).toEqual({ TABLE: 'accounts' });
  });

  it('keeps its thread, so what it sets up once stays', async () => {
    const text = 'let n = 0; exports.handler = async () => ({ n: String((n += 1)) });';
    const invoker = invokerWith({ f: { file: file('h.js', text) } });
    await invoke(invoker);
    expect(await invoke(invoker)).toMatchObject({ values: { n: '2' } });
  });

  it('is loaded anew when its file has changed', async () => {
    const at = folder();
    const path = file('h.js', 'exports.handler = async () => ({ n: "1" });', at);
    const invoker = invokerWith({ f: { file: path } });
    expect(await invoke(invoker)).toMatchObject({ values: { n: '1' } });
    file('h.js', 'exports.handler = async () => ({ n: "two" });', at);
    expect(await invoke(invoker)).toMatchObject({ values: { n: '1' } });
    load(invoker, { f: { file: path } });
    expect(await invoke(invoker)).toMatchObject({ values: { n: 'two' } });
  });

  it('prints to the log and not to the output of the daemon', async () => {
    const printed: string[] = [];
    const text =
      'exports.handler = async (e) => { console.log("got", e.Name); process.stdout.write("raw\\n"); return {}; };';
    const invoker = invokerWith(
      { f: { file: file('h.js', text) } },
      { onPrinted: (name, line) => printed.push(`${name}: ${line}`) },
    );
    await invoke(invoker);
    expect(printed).toContain('f: got ContactFlowEvent\n');
  });
});

describe('what goes wrong in a handler', () => {
  const code = async (text: string, more: object = {}): Promise<string> => {
    const result = await invoke(invokerWith({ f: { file: file('h.js', text), ...more } }));
    return result.ok ? 'ok' : `${result.code} ${result.detail}`;
  };

  it.each([
    [
      'throws',
      'exports.handler = () => { throw new TypeError("no account"); };',
      'function_exception TypeError: no account',
    ],
    [
      'rejects',
      'exports.handler = async () => { throw new Error("no account"); };',
      'function_exception Error: no account',
    ],
    [
      'calls back with an error',
      'exports.handler = (e, c, done) => done(new Error("no"));',
      'function_exception Error: no',
    ],
    [
      'calls back with a text',
      'exports.handler = (e, c, done) => done("no");',
      'function_exception string: no',
    ],
    [
      'throws something odd',
      'exports.handler = async () => { throw { code: 7 }; };',
      'function_exception object: {"code":7}',
    ],
    [
      'throws a circle',
      'exports.handler = async () => { const a = {}; a.a = a; throw a; };',
      'function_exception object: an error that can not be shown',
    ],
    [
      'answers an exception',
      'exports.handler = async () => ({ errorMessage: "no", errorType: "Gone" });',
      'function_exception Gone: no',
    ],
    [
      'answers nothing',
      'exports.handler = async () => {};',
      'function_not_understood expected an object, got null',
    ],
    [
      'forgets to answer',
      'exports.handler = (event) => { void event; };',
      'function_not_understood expected an object, got null',
    ],
    [
      'answers a list',
      'exports.handler = async () => [];',
      'function_not_understood expected an object, got a list',
    ],
    [
      'answers a number',
      'exports.handler = async () => ({ n: 1 });',
      'function_not_understood "n" is a number, a string map holds strings alone; coerce allows it',
    ],
    [
      'answers a circle',
      'exports.handler = async () => { const a = {}; a.a = a; return a; };',
      /^function_exception TypeError: Converting circular structure/,
    ],
    [
      'answers too much',
      'exports.handler = async () => ({ a: "x".repeat(40000) });',
      'function_too_large 40008 bytes',
    ],
    [
      'ends its thread',
      'exports.handler = async () => process.exit(7);',
      'function_exception it ended its thread (exit code 7)',
    ],
    [
      'crashes behind the scenes',
      'exports.handler = () => new Promise(() => setTimeout(() => { throw new Error("late"); }, 1));',
      'function_exception crashed: Error: late',
    ],
    [
      'leaves a rejection alone',
      'exports.handler = () => new Promise(() => { void Promise.reject(new Error("alone")); });',
      'function_exception crashed: Error: alone',
    ],
    ['has no such export', 'exports.other = 1;', 'function_not_loadable it exports no function "handler"'],
    ['is not JavaScript', 'exports.handler = ;', /^function_not_loadable Unexpected token/],
    ['throws while it is loaded', 'throw new Error("no database");', 'function_not_loadable no database'],
    [
      'needs what is not there',
      'require("no-such-module-anywhere");',
      /^function_not_loadable Cannot find module 'no-such-module-anywhere'/,
    ],
  ])('%s', async (_what, text, expected) => {
    const got = await code(text);
    if (typeof expected === 'string') expect(got).toBe(expected);
    else expect(got).toMatch(expected);
  });

  it('is a file that is not there', async () => {
    const result = await invoke(invokerWith({ f: { file: '/nowhere/at/all.js' } }));
    expect(result).toMatchObject({ ok: false, code: 'function_not_loadable' });
  });

  it('is TypeScript where Node can not read it', async () => {
    const text = 'export const handler = async (event: { Name: string }) => ({ name: event.Name });';
    const result = await invoke(invokerWith({ f: { file: file('h.ts', text) } }));
    const reads = Boolean((process.features as { typescript?: unknown }).typescript);
    if (reads) expect(result).toMatchObject({ ok: true, values: { name: 'ContactFlowEvent' } });
    else
      expect(result).toMatchObject({
        code: 'function_not_loadable',
        detail: expect.stringContaining('TypeScript') as string,
      });
  });

  it('is an endless loop, and costs that call its function and nothing else', async () => {
    const text = `exports.handler = async (event) => {
      if (event.Details.Parameters.loop) for (;;) {}
      return { a: '1' };
    };`;
    const invoker = invokerWith({ f: { file: file('h.js', text), timeout_ms: 400, concurrency: 2 } });
    await invoke(invoker);
    const [looping, ...others] = await Promise.all([
      invoke(invoker, { parameters: { loop: true } }),
      ...Array.from({ length: 10 }, () => invoke(invoker)),
    ]);
    expect(looping).toMatchObject({ code: 'function_timeout', detail: 'no answer within 400 ms' });
    expect(others.map(outcomeOf)).toEqual(Array.from({ length: 10 }, () => 'ok'));
    expect(outcomeOf(await invoke(invoker))).toBe('ok');
  });

  it('is a promise that never settles', async () => {
    expect(await code('exports.handler = () => new Promise(() => {});', { timeout_ms: 100 })).toBe(
      'function_timeout no answer within 100 ms',
    );
  });

  it('is too much memory, in its heap or in buffers', async () => {
    const heap =
      'exports.handler = async () => { const a = []; for (;;) a.push(new Array(1000).fill("x" + a.length)); };';
    expect(await code(heap, { memory_mb: 16, timeout_ms: 8000 })).toBe(
      'function_exception out of memory: at most 16 MB',
    );
    const buffers = `exports.handler = async () => {
      const kept = [];
      for (;;) { kept.push(Buffer.alloc(4e6, 1)); await new Promise((go) => setTimeout(go, 5)); }
    };`;
    expect(await code(buffers, { memory_mb: 16, timeout_ms: 8000 })).toMatch(
      /^function_exception out of memory: \d+ MB in buffers, at most 16$/,
    );
  });

  it('is a thread too few', async () => {
    const text = 'exports.handler = () => new Promise(() => {});';
    const invoker = invokerWith({ f: { file: file('h.js', text), timeout_ms: 200, concurrency: 1 } });
    const results = await Promise.all([invoke(invoker), invoke(invoker, { timeoutMs: 100 })]);
    expect(results.map((result) => !result.ok && result.detail)).toEqual([
      'no answer within 200 ms',
      'all 1 threads were busy for 100 ms',
    ]);
  });

  it('opens the circuit when it keeps happening', async () => {
    const text = 'exports.handler = async () => process.exit(1);';
    const invoker = invokerWith({
      f: { file: file('h.js', text), breaker: { failures: 2, open_ms: 60_000 } },
    });
    const codes = [];
    for (let i = 0; i < 3; i += 1) codes.push(outcomeOf(await invoke(invoker)));
    expect(codes).toEqual(['function_exception', 'function_exception', 'function_unreachable']);
  });

  it('does not matter once the caller has hung up', async () => {
    const invoker = invokerWith({ f: { file: file('h.js', 'exports.handler = () => { for (;;) {} };') } });
    const hangup = new AbortController();
    const pending = invoke(invoker, { signal: hangup.signal });
    setImmediate(() => hangup.abort());
    expect(await pending).toMatchObject({ ok: false, code: 'call_gone' });
    expect(await invoke(invoker, { signal: hangup.signal })).toMatchObject({ code: 'call_gone' });
  });
});

it('many calls share a few threads', async () => {
  const text = `const { threadId } = require('node:worker_threads');
    exports.handler = async (e) => ({ n: String(e.Details.Parameters.n), thread: String(threadId) });`;
  const invoker = invokerWith({ f: { file: file('h.js', text), concurrency: 3 } });
  const results = await Promise.all(
    Array.from({ length: 100 }, (_, n) => invoke(invoker, { parameters: { n } })),
  );
  expect(results.map((result) => result.ok && result.values['n'])).toEqual(
    Array.from({ length: 100 }, (_, n) => String(n)),
  );
  expect(new Set(results.map((result) => result.ok && result.values['thread'])).size).toBeLessThanOrEqual(3);
});
