/**
 * Runs one local function: the entry of a worker thread. JavaScript, because Node starts a thread from a file as it
 * is, also when the rest runs from its TypeScript sources. Knows nothing of switchhook but the messages in
 * ./protocol.ts.
 */
import { Buffer } from 'node:buffer';
import { Console } from 'node:console';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname } from 'node:path';
import process from 'node:process';
import { Writable } from 'node:stream';
import { clearInterval, setInterval } from 'node:timers';
import { pathToFileURL } from 'node:url';
import { constants, compileFunction } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';

/** @typedef {import('./protocol.js').FromWorker} FromWorker */
/** @typedef {import('./protocol.js').ToWorker} ToWorker */
/** @typedef {import('./protocol.js').WorkerSettings} WorkerSettings */
/** @typedef {(event: unknown, context: object, callback: (error?: unknown, result?: unknown) => void) => unknown} Handler */

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
/** @type {unknown} */
const data = workerData;
const settings = /** @type {WorkerSettings} */ (data);

/** How often the memory outside of the JavaScript heap (buffers) is looked at while a handler runs. */
const MEMORY_CHECK_MS = 50;
const MAX_LINE = 4096;

/** @param {FromWorker} message */
const post = (message) => port.postMessage(message);

// What the handler prints travels with the messages, so that it arrives before the result.
const lines = new Writable({
  decodeStrings: false,
  write(chunk, _encoding, done) {
    post({ type: 'printed', text: String(chunk).slice(0, MAX_LINE) });
    done();
  },
});
globalThis.console = new Console(lines);

try {
  const handler = await load();
  port.on('message', (/** @type {ToWorker} */ message) => void invoke(handler, message));
  post({ type: 'ready' });
} catch (error) {
  post({ type: 'unloadable', detail: describe(error).errorMessage });
}

/** @returns {Promise<Handler>} */
async function load() {
  const exported = await loadModule();
  const path = settings.handler.split('.');
  for (const holder of [exported, exported['default']]) {
    /** @type {unknown} */
    let found = holder;
    for (const name of path) {
      found = isObject(found) ? /** @type {Record<string, unknown>} */ (found)[name] : undefined;
    }
    if (typeof found === 'function') return /** @type {Handler} */ (found);
  }
  throw new Error(`it exports no function "${settings.handler}"`);
}

/**
 * Lambda takes a `.js` file for what it is written as, whatever package.json stands above it. So a file that
 * compiles as CommonJS is one; another is imported, as Node would.
 * @returns {Promise<Record<string, unknown>>}
 */
async function loadModule() {
  const { file } = settings;
  const extension = extname(file);
  if (/^\.[mc]?ts$/.test(extension) && !canReadTypeScript()) {
    throw new Error(`Node ${process.version} can't run TypeScript (22.18 can): compile it to JavaScript`);
  }
  if (extension === '.js' || extension === '.cjs') {
    const source = await readFile(file, 'utf8');
    const loaded = loadCommonJs(file, source);
    if (loaded !== undefined) return loaded;
  }
  /** @type {Record<string, unknown>} */
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- the type is said above
  const imported = await import(pathToFileURL(file).href);
  return imported;
}

/**
 * @param {string} file
 * @param {string} source
 * @returns {Record<string, unknown> | undefined} undefined when it is not CommonJS
 */
function loadCommonJs(file, source) {
  /** @type {(this: unknown, ...args: unknown[]) => unknown} */
  let compiled;
  try {
    compiled = /** @type {typeof compiled} */ (
      compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname'], {
        filename: file,
        importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      })
    );
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  /** @type {{ exports: Record<string, unknown> }} */
  const module = { exports: {} };
  compiled.call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}

function canReadTypeScript() {
  const features = /** @type {{ typescript?: unknown }} */ (process.features);
  return Boolean(features.typescript);
}

/**
 * One invocation at a time: the other side waits for the answer before it sends the next.
 * @param {Handler} handler
 * @param {ToWorker} message
 */
async function invoke(handler, message) {
  const guard = setInterval(() => {
    const usedMb = Math.round(process.memoryUsage().arrayBuffers / 1e6);
    if (usedMb > settings.memoryMb) {
      post({ type: 'out_of_memory', detail: `${usedMb} MB in buffers, at most ${settings.memoryMb}` });
    }
  }, MEMORY_CHECK_MS);
  try {
    const result = await answerOf(handler, message);
    // What JSON has no word for is null to Lambda.
    const isNothing = ['undefined', 'function', 'symbol'].includes(typeof result);
    const text = isNothing ? 'null' : JSON.stringify(result);
    const bytes = Buffer.byteLength(text);
    if (bytes > settings.maxBytes) post({ type: 'too_large', bytes });
    else post({ type: 'result', text });
  } catch (error) {
    post({ type: 'exception', ...describe(error) });
  } finally {
    clearInterval(guard);
  }
}

/**
 * As Lambda does: a promise is waited for; without one, the callback (or `context.done` and its kin) answers.
 * @param {Handler} handler
 * @param {ToWorker} message
 * @returns {Promise<unknown>}
 */
function answerOf(handler, message) {
  return new Promise((resolve, reject) => {
    const callback = (/** @type {unknown} */ error, /** @type {unknown} */ result) => {
      if (error === undefined || error === null) resolve(result);
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- handlers hand over anything
      else reject(error);
    };
    const context = {
      functionName: settings.name,
      functionVersion: '$LATEST',
      invokedFunctionArn: `arn:switchhook:function:${settings.name}`,
      memoryLimitInMB: String(settings.memoryMb),
      awsRequestId: message.requestId,
      logGroupName: settings.name,
      logStreamName: 'switchhook',
      callbackWaitsForEmptyEventLoop: false,
      getRemainingTimeInMillis: () => Math.max(0, message.deadlineEpochMs - Date.now()),
      done: callback,
      fail: (/** @type {unknown} */ error) => callback(error ?? new Error('failed'), undefined),
      succeed: (/** @type {unknown} */ result) => callback(null, result),
    };
    const returned = handler(JSON.parse(message.event), context, callback);
    if (isObject(returned) && 'then' in returned && typeof returned.then === 'function') {
      Promise.resolve(returned).then(resolve, reject);
    } else if (returned !== undefined || handler.length < 2) {
      // Nothing was handed to it by which it could answer later.
      resolve(returned);
    }
  });
}

/**
 * @param {unknown} error whatever was thrown, which need not be an Error
 * @returns {{ errorType: string, errorMessage: string }}
 */
function describe(error) {
  try {
    if (error instanceof Error) return { errorType: error.name, errorMessage: error.message };
    if (error === undefined) return { errorType: 'undefined', errorMessage: 'nothing was thrown' };
    return {
      errorType: typeof error,
      errorMessage: typeof error === 'string' ? error : JSON.stringify(error),
    };
  } catch {
    return { errorType: typeof error, errorMessage: 'an error that can not be shown' };
  }
}

/**
 * @param {unknown} value
 * @returns {value is object}
 */
function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
