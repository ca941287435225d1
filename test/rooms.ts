/** Who may import whom. Each room lists what it may import besides itself; everyone may import `errors.ts`,
 * `cancellation.ts`, `checked.ts`, `linked-set.ts` and `under-way.ts`. */
import { cruise } from 'dependency-cruiser';
import type { ICruiseResult, IForbiddenRuleType } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

interface Room {
  /** Paths below `src/`: another room, or one file of it. */
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const ROOMS: Readonly<Record<string, Room>> = {
  'errors.ts': { imports: [], packages: [] },
  'cancellation.ts': { imports: [], packages: [] },
  'checked.ts': { imports: [], packages: ['zod'] },
  'linked-set.ts': { imports: [], packages: [] },
  'under-way.ts': { imports: [], packages: [] },
  'process-mark.ts': { imports: [], packages: [] },
  // What an operator writes and callers meet.
  'safe-pattern.ts': { imports: [], packages: [] },
  'yaml-document.ts': { imports: [], packages: ['yaml'] },
  callbacks: { imports: ['http-client', 'process-mark.ts'], packages: ['zod'] },
  // What the package exports: types alone, of what apps, functions and receivers of callbacks exchange with the daemon.
  'types.ts': {
    imports: [
      'call/action.ts',
      'callbacks/event.ts',
      'callbacks/event-data.ts',
      'functions/contact-event.ts',
      'functions/json.ts',
      'records/contact-record.ts',
      'source/curl/request-body.ts',
    ],
    packages: [],
  },
  'action-server': {
    imports: [
      'call',
      'flow',
      'http-client/settings.ts',
      'http-client/trace-context.ts',
      'source',
      'switch/applications.ts',
      'switch/channel.ts',
    ],
    packages: ['zod', 'standardwebhooks'],
  },
  esl: { imports: [], packages: [] },
  switch: { imports: ['esl'], packages: [] },
  call: { imports: ['safe-pattern.ts', 'switch', 'source/port.ts'], packages: ['zod'] },
  'http-client': { imports: [], packages: ['undici', 'zod', 'ipaddr.js', 'standardwebhooks'] },
  flow: { imports: ['safe-pattern.ts'], packages: ['zod'] },
  functions: {
    imports: [
      'http-client',
      // How the files of an operator are read, and what is said about mistakes in them.
      'config/layer.ts',
      'config/shape.ts',
      'config/secret.ts',
      'config/issues.ts',
      'config/problem.ts',
      'config/suggestion.ts',
      'yaml-document.ts',
    ],
    packages: ['undici', 'zod', 'yaml', 'standardwebhooks'],
  },
  records: { imports: ['http-client', 'process-mark.ts'], packages: ['zod'] },
  'flow-files': {
    imports: ['call/policy.ts', 'flow', 'functions/settings.ts', 'yaml-document.ts'],
    packages: ['yaml', 'zod'],
  },
  source: {
    imports: ['call', 'flow', 'http-client'],
    packages: ['undici', 'zod', 'ipaddr.js', 'standardwebhooks'],
  },
  config: {
    imports: [
      'yaml-document.ts',
      'action-server/settings.ts',
      'call/policy-profile.ts',
      'flow-files/settings.ts',
      'functions/settings.ts',
      'http/role.ts',
      'callbacks/settings.ts',
      'records/settings.ts',
      'source/curl/settings.ts',
      'http-client/mask.ts',
      'telemetry/settings.ts',
      'switch/attached/release-target.ts',
      'switch/fs-commands.ts',
    ],
    packages: ['yaml', 'zod'],
  },
  'switch-config': { imports: [], packages: [] },
  acl: { imports: ['switch-config'], packages: ['ipaddr.js'] },
  audit: { imports: ['switch-config'], packages: ['ipaddr.js'] },
  'version.ts': { imports: [], packages: [] },
  // What is told to whoever reads along.
  events: { imports: [], packages: [] },
  telemetry: {
    imports: [
      'call/call.ts',
      'call/outcome.ts',
      'call/policy/rule.ts',
      'http-client',
      'switch/applications.ts',
    ],
    packages: ['pino', 'prom-client', 'zod'],
  },
  http: {
    imports: [
      'action-server',
      'acl',
      'audit/finding.ts',
      'call',
      'callbacks',
      'events',
      'http-client/trace-context.ts',
      'records',
      'switch',
      'telemetry',
    ],
    packages: ['fastify', 'fastify-type-provider-zod', '@fastify/rate-limit', '@fastify/swagger', 'zod'],
  },
  simulator: { imports: ['switch/hangup-cause.ts', 'switch-config'], packages: [] },
  // What a first call needs: asks the switch directly, so that no daemon need run.
  doctor: { imports: ['call', 'config', 'esl', 'source', 'switch'], packages: [] },
  cli: {
    // `esl` for the demonstration, which watches the switch that it starts.
    imports: [
      'acl',
      'audit',
      'daemon.ts',
      'config',
      'doctor',
      'http/contract',
      'flow',
      'flow-files',
      'flow-test',
      'functions',
      'simulator',
      'source',
      'call',
      'callbacks/event-schema.ts',
      'switch',
      'esl',
      'telemetry',
      'version.ts',
    ],
    packages: ['commander', 'yaml', 'zod'],
  },
  // Flows on the simulator, in a time that jumps.
  'flow-test': {
    imports: ['call', 'config', 'flow', 'functions', 'simulator', 'source', 'switch'],
    packages: ['zod'],
  },
  // Parts of the composition root: everything but what listens for calls.
  wiring: {
    imports: [
      'acl',
      'action-server',
      'audit',
      'call',
      'callbacks',
      'config',
      'events',
      'flow',
      'flow-files',
      'flow-test',
      'functions',
      'http',
      'http-client/certificates.ts',
      'records',
      'source',
      'switch',
      'telemetry',
    ],
    packages: [],
  },
  'daemon.ts': {
    imports: [
      'call',
      'callbacks',
      'config',
      'esl',
      'events',
      'functions',
      'http',
      'records',
      'switch',
      'telemetry',
      'version.ts',
      'wiring',
    ],
    packages: [],
  },
};

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Matches the files of a room, or the one file. */
function pattern(place: string): string {
  return place.endsWith('.ts') ? `^src/${escaped(place)}$` : `^src/${escaped(place)}/`;
}

function rulesOf(name: string, room: Room): IForbiddenRuleType[] {
  const from = { path: pattern(name) };
  const allowed = [
    'errors.ts',
    'cancellation.ts',
    'checked.ts',
    'linked-set.ts',
    'under-way.ts',
    name,
    ...room.imports,
  ]
    .map(pattern)
    .join('|');
  const packages = room.packages.map((one) => `node_modules/${escaped(one)}/`).join('|') || '^$';
  return [
    { name: `${name}: rooms`, severity: 'error', from, to: { path: '^src/', pathNot: allowed } },
    { name: `${name}: packages`, severity: 'error', from, to: { path: 'node_modules/', pathNot: packages } },
  ];
}

const forbidden: IForbiddenRuleType[] = [
  ...Object.entries(ROOMS).flatMap(([name, room]) => rulesOf(name, room)),
  {
    name: 'a file outside of every room',
    severity: 'error',
    from: { path: '^src/', pathNot: Object.keys(ROOMS).map(pattern).join('|') },
    to: {},
  },
  {
    name: 'circle',
    severity: 'error',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  { name: 'not found', severity: 'error', from: {}, to: { couldNotResolve: true } },
  {
    name: 'a dependency that users do not get',
    severity: 'error',
    from: { path: '^src/' },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
  },
];

const tsConfig = { fileName: 'tsconfig.json' };
const { output } = await cruise(
  ['src'],
  {
    ruleSet: { forbidden },
    validate: true,
    tsPreCompilationDeps: true,
    tsConfig,
    doNotFollow: { path: 'node_modules' },
  },
  undefined,
  { tsConfig: extractTSConfig(tsConfig.fileName) },
);
const { summary, modules } = output as ICruiseResult;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

for (const { from, to, rule } of summary.violations) say(`${rule.name}: ${from} → ${to}`);

// A cruise that sees nothing finds nothing wrong.
const seen = modules.map(({ source }) => source).filter((source) => source.startsWith('src/'));
const unseen = Object.keys(ROOMS).filter(
  (name) => !seen.some((source) => new RegExp(pattern(name)).test(source)),
);
const imports = modules.flatMap(({ dependencies }) => dependencies).length;
for (const name of unseen) say(`no module seen in ${name}`);
if (imports === 0) say('no import seen');
say(`${seen.length} modules, ${imports} imports, ${summary.violations.length} violations`);
process.exitCode = summary.violations.length > 0 || unseen.length > 0 || imports === 0 ? 1 : 0;
