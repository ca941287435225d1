import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { actionListSchema } from '../../src/call/action-list.js';
import type { receivedEventSchema } from '../../src/callbacks/event-schema.js';
import type { requestBodySchema } from '../../src/source/curl/request-body-schema.js';
import type { Action, AppRequest, CallbackEvent } from '../../src/types.js';

interface Manifest {
  readonly exports: { readonly '.': { readonly types: string; readonly default: string } };
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

/** Everything that the package exports, used as somebody else's program would use it. */
const CONSUMER = `
import type {
  Action, ActionList, AppRequest, CallbackData, CallbackEvent, CallbackType, ContactData, ContactEndpoint,
  ContactFlowEvent, ContactRecord, ContactReference, ErrorCode, FlatFunctionEvent, FunctionException,
  FunctionResponse, InitiationMethod, JsonObject, JsonValue,
} from 'switchhook';

export function answer(call: AppRequest): ActionList {
  const digits: string | undefined = call.variables['digits'];
  const code: ErrorCode | undefined = call.cti_error;
  if (code === 'response_timeout') return [];
  const actions: Action[] = [{ application: 'playback', data: digits, on_error: 'stop', timeout_ms: 1000, id: 'x' }];
  // @ts-expect-error: data is a string
  actions.push({ application: 'bridge', data: 1000 });
  // @ts-expect-error: an action has an application
  actions.push({ data: 'user/1000' });
  // @ts-expect-error: the key on the wire is timeout_ms
  actions.push({ application: 'bridge', timeoutMs: 1 });
  // @ts-expect-error: what a call was told is not for changing
  call.uuid = '';
  return actions;
}

export function told(event: CallbackEvent): string {
  // @ts-expect-error: only the end has a result
  void event.data.result;
  switch (event.type) {
    case 'call.ended':
      return event.data.result === 'failed' ? (event.data.error?.code ?? '') : event.data.result;
    case 'digits':
      return event.data.masked ? '' : event.data.digits;
    case 'transfer.failed':
      return event.data.cause ?? event.data.to;
    default: {
      const type: Exclude<CallbackType, 'call.ended' | 'digits' | 'transfer.failed'> = event.type;
      return type + event.call.uuid;
    }
  }
}

export const handler = async (
  event: ContactFlowEvent<{ accountId: string }>,
): Promise<FunctionResponse | FunctionException> => {
  const contact: ContactData = event.Details.ContactData;
  const caller: ContactEndpoint | null = contact.CustomerEndpoint;
  const method: InitiationMethod = contact.InitiationMethod;
  const references: Readonly<Record<string, ContactReference>> = contact.References;
  if (caller === null) return { errorMessage: 'anonymous', errorType: method };
  return { balance: event.Details.Parameters.accountId, known: Object.keys(references).join() };
};

export const flat = (event: FlatFunctionEvent<{ phone: string }>): FunctionResponse<'json'> => {
  const nested: JsonObject = { phone: event.phone, list: [1, null, { deep: true }] };
  const value: JsonValue | undefined = nested['list'];
  return { value: value ?? null };
};

// @ts-expect-error: a string map holds strings
export const wrong: FunctionResponse = { balance: 567.43 };

export const path = (record: ContactRecord): string[] => record.path.map(({ block }) => block);
export const reason = (data: CallbackData['recording.failed']): string | undefined => data.reason;
`;

describe('what the package exports', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchhook-consumer-'));
  const installed = join(folder, 'node_modules/switchhook');

  /** Installed as npm would: the declarations that the build makes, and nothing else, other packages least of all. */
  beforeAll(() => {
    mkdirSync(installed, { recursive: true });
    cpSync('package.json', join(installed, 'package.json'));
    const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
      config: { compilerOptions: object };
    };
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, process.cwd());
    const program = ts.createProgram([resolve('src/types.ts')], {
      ...options,
      outDir: join(installed, 'dist'),
      sourceMap: false,
    });
    expect(program.emit().emitSkipped).toBe(false);
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['nodenext', 'app.ts', 'module', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
    ['nodenext, CommonJS', 'app.ts', 'commonjs', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
    ['a bundler', 'app.ts', 'module', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
  ])(
    'is understood by a strict consumer with %s',
    (_how, file, type, module, moduleResolution) => {
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }));
      writeFileSync(join(folder, file), CONSUMER);
      const program = ts.createProgram([join(folder, file)], {
        module,
        moduleResolution,
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2022.d.ts'],
        types: [],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noPropertyAccessFromIndexSignature: true,
        skipLibCheck: false,
        noEmit: true,
      });
      const faults = ts.getPreEmitDiagnostics(program);
      expect(
        faults.map(({ file, start, messageText }) => {
          const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
          return `${file?.fileName ?? ''}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
        }),
      ).toEqual([]);
    },
    60_000,
  );

  it('is nothing when the program runs', async () => {
    expect(manifest.exports['.'].types).toBe('./dist/types.d.ts');
    expect(manifest.exports['.'].default).toBe('./dist/types.js');
    expect(Object.keys(await import('../../src/types.js'))).toEqual([]);
  });
});

/** Held by the compiler, so by `npm run check:types`; vitest takes them for granted. */
describe('the exported types', () => {
  type Plain<T> = T extends object ? { -readonly [Key in keyof T]-?: Plain<Exclude<T[Key], undefined>> } : T;
  type KnownKeys<T> = keyof { [Key in keyof T as string extends Key ? never : Key]: 1 };
  type Data<Event, Type> = Extract<Event, { type: Type }> extends { data: infer D } ? Plain<D> : never;
  type ByType<Event extends { type: string }> = { [Type in Event['type']]: Data<Event, Type> };

  it('say what the daemon takes', () => {
    type Schema = z.input<typeof actionListSchema>[number];
    expectTypeOf<Plain<Action>>().toEqualTypeOf<Plain<Schema>>();
    expectTypeOf<Schema>().toExtend<Action>();
  });

  it('say what the daemon tells', () => {
    type Request = z.input<typeof requestBodySchema>;
    expectTypeOf<Pick<AppRequest, keyof AppRequest>>().toExtend<Request>();
    expectTypeOf<keyof AppRequest>().toEqualTypeOf<KnownKeys<Request>>();
    type Event = z.output<typeof receivedEventSchema>;
    expectTypeOf<ByType<CallbackEvent>>().toEqualTypeOf<ByType<Event>>();
  });
});
