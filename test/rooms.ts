/** Who may import whom. Each room lists what it may import besides itself; everyone may import `errors.ts`. */
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
  esl: { imports: [], packages: [] },
  switch: { imports: ['esl'], packages: [] },
  call: { imports: ['switch', 'source/port.ts'], packages: ['zod'] },
  source: {
    imports: ['call'],
    packages: ['undici', 'zod', 'cockatiel', 'ipaddr.js', 'standardwebhooks'],
  },
  config: {
    imports: ['call/policy-profile.ts', 'source/curl/settings.ts', 'source/curl/mask.ts'],
    packages: ['yaml', 'zod'],
  },
  telemetry: { imports: [], packages: ['pino'] },
  http: { imports: ['telemetry'], packages: ['fastify'] },
  simulator: { imports: ['esl', 'switch/hangup-cause.ts'], packages: ['@rgrove/parse-xml'] },
  cli: {
    // `esl` for the demonstration, which watches the switch that it starts.
    imports: ['daemon.ts', 'config', 'simulator', 'source', 'call', 'switch', 'esl', 'telemetry'],
    packages: ['commander', 'yaml', 'zod'],
  },
  'daemon.ts': {
    imports: ['esl', 'switch', 'call', 'source', 'config', 'telemetry', 'http'],
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
  const allowed = ['errors.ts', name, ...room.imports].map(pattern).join('|');
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
