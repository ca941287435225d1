import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditFolder } from '../../../src/audit/audit.js';
import { Simulator } from '../../../src/simulator/simulator.js';
import { OPEN_PROFILE, writeConf } from './conf.js';

const ATTRIBUTES = ['', 'break="never"', 'break="on-true"', 'break="always"', 'break="on-false"'];
const EXPRESSIONS = [
  '^(\\d+)$',
  '^1(\\d*)$',
  '^(\\d)(\\d+)$',
  '^(?!1)(.*)$',
  '2',
  '(3)$',
  '^1?(2|3)+$',
  '^$',
];
const FIELDS = [
  'destination_number',
  '${destination_number}',
  '${a}',
  '${b}',
  'caller_id_number',
  'context',
  '${c:1}',
];

/**
 * Actions that lead on: a `#` stands for a number of its own, so that every gateway is another, NEXT for a context
 * from which no way leads back.
 */
const ACTIONS = [
  'set a=$1',
  'set b=2',
  'set c=${destination_number}',
  'export a=${b}1',
  'unset a',
  'bridge sofia/gateway/g#/$1',
  'bridge sofia/gateway/g#/${a}',
  'bridge sofia/gateway/g#/9${c:1}',
  'bridge sofia/gateway/g#/1',
  'transfer $1 XML NEXT',
  'transfer 1${a} XML NEXT',
  'transfer 3 XML NEXT',
  'transfer ${c} XML NEXT',
  'execute_extension 2$1 XML NEXT',
  'execute_extension set:a=3,bridge:sofia/gateway/g#/1 inline',
  'execute_extension m:^:set:b=1^bridge:sofia/gateway/g#/\\${b} inline',
  'hangup',
];

const action = fc
  .tuple(
    fc.constantFrom('action', 'action', 'anti-action'),
    fc.constantFrom(...ACTIONS),
    fc.constantFrom('', ' inline="true"'),
  )
  .map(([tag, text, inline]) => {
    const [application = '', ...data] = text.split(' ');
    const only = application === 'set' ? inline : '';
    return `<${tag} application="${application}" data="${data.join(' ')}"${only}/>`;
  });
const condition = fc
  .tuple(
    fc.constantFrom(...FIELDS),
    fc.constantFrom(...EXPRESSIONS),
    fc.constantFrom(...ATTRIBUTES),
    fc.array(action, { maxLength: 3 }),
  )
  .map(
    ([field, expression, attribute, actions]) =>
      `<condition field="${field}" expression="${expression}" ${attribute}>\n${actions.join('\n')}\n</condition>`,
  );
const extension = fc
  .tuple(fc.boolean(), fc.array(condition, { minLength: 1, maxLength: 3 }))
  .map(
    ([continues, conditions]) =>
      `<extension name="x" continue="${String(continues)}">${conditions.join('')}</extension>`,
  );
const CONTEXTS = ['public', 'second', 'third'];
const dialplan = fc.array(fc.array(extension, { minLength: 1, maxLength: 3 }), {
  minLength: CONTEXTS.length,
  maxLength: CONTEXTS.length,
});
const number = fc.string({ unit: fc.constantFrom('1', '2', '3'), minLength: 1, maxLength: 3 });

/** The gateways that the simulator dials for this number. */
async function dialled(xml: string, destination: string): Promise<string[]> {
  const simulator = new Simulator({ timeScale: 1000, xml: [xml] });
  const call = simulator.placeCall({ destination, callerIdNumber: '2' });
  await call.ended;
  const found = call.executed.flatMap(({ application, data }) =>
    application === 'bridge' ? (/^sofia\/gateway\/(g\d+)\/./.exec(data)?.[1] ?? []) : [],
  );
  await simulator.stop();
  return found;
}

describe('the audit of any dialplan', () => {
  it('misses no gateway that a call gets to', async () => {
    let gateways = 0;
    await fc.assert(
      fc.asyncProperty(
        dialplan,
        fc.array(number, { minLength: 2, maxLength: 4 }),
        async (contexts, numbers) => {
          let count = 0;
          const xml = contexts
            .map((extensions, i) =>
              `<context name="${CONTEXTS[i] ?? ''}">\n${extensions.join('\n')}\n</context>\n`
                .replaceAll('#', () => String((count += 1)))
                .replaceAll('NEXT', CONTEXTS[i + 1] ?? 'nowhere'),
            )
            .join('');
          const report = auditFolder(
            writeConf({ 'sip_profiles/outside.xml': OPEN_PROFILE, 'dialplan/x.xml': xml }),
          );
          const told = report.findings
            .map(({ message, path: way }) => `${message} ${way?.at(-1)?.what ?? ''}`)
            .join('\n');
          for (const destination of numbers) {
            for (const gateway of await dialled(xml, destination)) {
              gateways += 1;
              expect(told).toMatch(new RegExp(`\\b${gateway}/`));
            }
          }
        },
      ),
      { numRuns: 150 },
    );
    // A test in which nothing is dialled shows nothing.
    expect(gateways).toBeGreaterThan(20);
  }, 120_000);
});
