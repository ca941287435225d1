import { MAX_LIST_ACTIONS, MAX_LIST_BYTES } from '../../call/action-list.js';
import type { OutcomeStatus } from '../../call/outcome.js';
import { configSchema, DEFAULT_POLICY } from '../../config/schema.js';
import type { JsonSchema } from '../../config/shape.js';
import { applicationInfo, KNOWN_APPLICATIONS } from '../../switch/applications.js';
import type { ApplicationInfo } from '../../switch/applications.js';
import { code, page, table } from './markdown.js';
import { actionsSchema } from './schemas.js';

const OUTCOMES: Readonly<Record<OutcomeStatus, string>> = {
  ok: 'The application did what it was asked to.',
  failed: 'It ran and did not succeed: file not found, callee busy, no digits.',
  timed_out: '`timeout_ms`, or the time-out that the application itself has, ended it.',
  refused: 'The policy did not let it run; the detail names the rule.',
  hung_up: 'The call ended while it ran.',
  interrupted: 'switchhook stopped it on request.',
  moved: 'Somebody took the channel elsewhere while it ran: a transfer, a pick-up, an operator.',
  not_run: 'The list ended before its turn.',
};

const STOPS: Readonly<Record<ApplicationInfo['stop'], string>> = {
  break: 'stops it',
  ring: 'bounds the ringing',
  none: 'no effect',
};

/** Arguments with which an application names the variable for its digits. */
const SAMPLE_DATA: Readonly<Record<string, string>> = {
  read: '1 4 prompt.wav your_variable 5000 #',
  play_and_get_digits: '1 4 1 5000 # prompt.wav wrong.wav your_variable',
};

/** docs/reference/actions.md */
export function actionsPage(): string {
  return page(
    '# Actions',
    `An app answers \`200\` with a JSON array of actions, in UTF-8, at most ${MAX_LIST_BYTES / 1024} kB and ${MAX_LIST_ACTIONS} actions; \`204\` or \`[]\` means that there is nothing (more) to do. For editors and validators: \`schemas/actions.schema.json\`. \`switchhook actions <url>\` asks an app and says what is wrong with its answer.`,
    '```json\n[ {"application": "playback", "data": "/sounds/welcome.wav"},\n  {"application": "bridge",   "data": "user/10001", "timeout_ms": 20000} ]\n```',
    table(['Key', 'Value', 'Default', 'Meaning'], keyRows()),
    'Other keys are ignored with a warning. One action that is not valid makes the whole answer `invalid_actions`: nothing of it runs.',
    'A list runs as FreeSWITCH would run an extension: without silence between its actions, and no further once somebody else has moved the channel.',
    "## The daemon's own applications",
    table(
      ['Application', 'Data', 'Meaning'],
      [
        [
          code('cti_curl'),
          'a URL, or the name of an endpoint',
          'Asks for another list and runs it. `{name}` in the URL becomes a value of the call, percent-encoded, digits of an earlier action included. As the last action it replaces the list; before others it runs in their place and they follow.',
        ],
        [code('cti_flow'), 'the name of a flow', 'Runs a flow.'],
      ],
    ),
    '## Outcomes',
    'Each action settles exactly once.',
    table(
      ['Outcome', 'Meaning'],
      Object.entries(OUTCOMES).map(([status, meaning]) => [code(status), meaning]),
    ),
    '## Applications',
    'What switchhook knows of FreeSWITCH\'s applications: the channel variables from which the outcome is told, and what `timeout_ms` does. "Default policy" says whether the profile `default` lets it run at all; its data is checked too. An application that is not listed here has no entry of its own: its response is taken for the outcome.',
    table(
      ['Application', 'Default policy', '`timeout_ms`', 'Outcome variables'],
      KNOWN_APPLICATIONS.map(applicationRow),
    ),
  );
}

function keyRows(): string[][] {
  const { properties = {}, required = [] } = actionsSchema().items ?? {};
  return Object.entries(properties).map(([key, schema]) => [
    code(key),
    valueText(schema),
    required.includes(key)
      ? 'required'
      : schema.default === undefined
        ? ''
        : code(JSON.stringify(schema.default)),
    schema.description ?? '',
  ]);
}

function valueText(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  return schema.type === 'integer' ? 'number' : 'text';
}

function applicationRow(name: string): string[] {
  const info = applicationInfo(name);
  const variables = info
    .outcomeVariables(SAMPLE_DATA[name] ?? '')
    .map((variable) =>
      variable.startsWith('your_variable')
        ? `*${variable.replace('your_variable', 'the variable you name')}*`
        : code(variable),
    );
  return [code(name), isAllowed(name) ? 'allowed' : '', STOPS[info.stop], variables.join(', ')];
}

const ALLOWED: readonly string[] = configSchema.parse({}).policies[DEFAULT_POLICY]?.applications ?? [];

function isAllowed(name: string): boolean {
  return ALLOWED.includes(name);
}
