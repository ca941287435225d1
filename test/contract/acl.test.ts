import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AclDocument } from '../../src/acl/document.js';
import { AclService } from '../../src/acl/service.js';
import { AppError } from '../../src/errors.js';
import { findFreeswitch, startRealSwitch } from '../freeswitch/switch.js';
import type { RealSwitch } from '../freeswitch/switch.js';
import { ADDRESSES, aclFile, edit, hurtFile } from '../unit/acl/generated.js';
import { apply, decisionsOf } from '../unit/acl/oracle.js';
import { aclText } from '../unit/acl/support.js';

/** ACL_CASES=10000 for a thorough look. */
const CASES = Number(process.env['ACL_CASES'] ?? 150);
const binary = findFreeswitch();

const KNOWN_NET = '10.1.2.0/24';
const options = {
  variable: (name: string) => (name === 'acl_net' ? KNOWN_NET : undefined),
  include: () => [],
};

/** Counts of what was compared, so that a comparison of nothing is seen. */
const seen = { files: 0, edits: 0, refusedEdits: 0, refusedFiles: 0, strict: 0, answers: 0, unknown: 0 };

function tell(): void {
  if (process.env['ACL_CASES'] !== undefined) process.stdout.write(`${JSON.stringify(seen)}\n`);
}

describe.skipIf(binary === undefined)('access lists on FreeSWITCH', () => {
  let real: RealSwitch;
  let file: string;

  beforeAll(async () => {
    real = await startRealSwitch({ binary: binary ?? '' });
    await mkdir(join(real.folder, 'conf/autoload_configs'), { recursive: true });
    file = join(real.folder, 'conf/autoload_configs/acl.conf.xml');
  });

  afterAll(async () => {
    await real.stop();
  });

  /** What FreeSWITCH says where we say something too. */
  async function compare(bytes: Buffer, hurt = false): Promise<void> {
    await writeFile(file, bytes);
    // Variables outlive the file that set them.
    await real.api(`global_setvar acl_net=${KNOWN_NET}`);
    const answer = await real.api('reloadacl');
    let document: AclDocument;
    try {
      document = AclDocument.parse(bytes, file, options);
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      // What is cut off in one file may be closed by chance in the next, for FreeSWITCH.
      if (!hurt) expect(answer, String(error)).toMatch(/^-ERR \[/);
      else if (!answer.startsWith('-ERR')) seen.strict += 1;
      seen.refusedFiles += 1;
      return;
    }
    expect(answer, bytes.toString()).toBe('+OK acl reloaded');
    seen.files += 1;
    const ours = decisionsOf(document, ADDRESSES);
    // The command takes its words apart at blanks.
    const askable = Object.keys(ours).filter((question) => /^\S+ [^\s'"\\$(){}]+$/.test(question));
    const questions = askable.filter((question) => ours[question] !== 'undefined');
    seen.unknown += Object.keys(ours).length - questions.length;
    seen.answers += questions.length;
    if (questions.length === 0) return;
    // One command for all of them.
    const answers = (
      await real.api(`eval ${questions.map((question) => `\${acl(${question})}`).join(' ')}`)
    ).split(' ');
    const theirs = Object.fromEntries(questions.map((question, index) => [question, answers[index]]));
    expect(theirs).toEqual(Object.fromEntries(questions.map((question) => [question, ours[question]])));
  }

  it(
    'answer as ours, before and after an edit',
    async () => {
      const cases = fc.tuple(aclFile, edit).filter(([{ includable }]) => includable);
      await fc.assert(
        fc.asyncProperty(cases, async ([{ text, names }, request]) => {
          const bytes = Buffer.from(text);
          await compare(bytes);
          let before: AclDocument;
          try {
            before = AclDocument.parse(bytes, file, options);
          } catch {
            return;
          }
          const result = apply(before, names[request.list % names.length] ?? '', request, options);
          if (result.kind === 'refused') {
            seen.refusedEdits += 1;
            return;
          }
          expect(result.problem).toBe(undefined);
          seen.edits += 1;
          await compare(Buffer.from(result.document.text, 'latin1'));
        }),
        { numRuns: CASES, endOnFailure: CASES > 1000 },
      );
      expect(seen.files).toBeGreaterThan(CASES);
      expect(seen.answers).toBeGreaterThan(CASES * 20);
      tell();
    },
    60_000 + CASES * 200,
  );

  it(
    'answer as ours for files that are damaged, too',
    async () => {
      await fc.assert(
        fc.asyncProperty(hurtFile, async (bytes) => {
          await compare(bytes, true);
        }),
        { numRuns: CASES, endOnFailure: CASES > 1000 },
      );
      tell();
    },
    60_000 + CASES * 200,
  );

  describe('by the commands', () => {
    const text = aclText(`    <list name="lan" default="deny">
      <node type="allow" cidr="10.0.0.0/8"/>
      <node type="deny" cidr="10.1.0.0/16"/>
    </list>`);

    function service(): AclService {
      return new AclService({ file, confDir: join(real.folder, 'conf'), port: real });
    }

    it('are edited, applied and tested', async () => {
      await writeFile(file, text);
      await service().apply();
      const acl = service();
      await acl.add('lan', { cidr: '10.1.2.3', type: 'allow' });
      const [before] = (await acl.test('10.1.2.3', 'lan')).tests;
      expect(before).toMatchObject({ answer: 'allow', freeswitch: 'deny', agrees: false });
      expect(await acl.apply()).toMatchObject({ answer: '+OK acl reloaded', differences: [] });
      const [after] = (await acl.test('10.1.2.3', 'lan')).tests;
      expect(after).toMatchObject({ answer: 'allow', freeswitch: 'allow', agrees: true });
    });

    it('are tested, with those that FreeSWITCH makes itself', async () => {
      await writeFile(file, text);
      await service().apply();
      for (const ip of ADDRESSES) {
        const { tests, notes } = await service().test(ip, undefined);
        expect(notes).toEqual([]);
        expect(tests.length).toBeGreaterThan(10);
        for (const test of tests) expect(test).toMatchObject({ freeswitch: test.answer });
      }
      for (const list of ['10.1.0.0/16', '192.0.2.0/24,10.0.0.0/8', 'nobody'])
        expect((await service().test('10.1.2.3', list)).tests).toMatchObject([{ agrees: true }]);
    });

    it('go back when FreeSWITCH refuses, and stay when the fault is elsewhere', async () => {
      await writeFile(file, text);
      const acl = service();
      await acl.apply();
      await acl.add('lan', { cidr: '192.0.2.7', type: 'allow' });
      const edited = await readFile(file, 'utf8');
      const other = join(real.folder, 'conf/autoload_configs/broken.xml');
      await writeFile(other, '<configuration name="broken.conf">');
      await expect(acl.apply()).rejects.toThrow(/-ERR \[.*the fault is elsewhere/);
      expect(await readFile(file, 'utf8')).toBe(edited);
      await rm(other);

      // By hand, a mistake that only FreeSWITCH sees: an included file that is missing its end.
      const part = join(real.folder, 'conf/autoload_configs/part.inc');
      await writeFile(part, '<node type="allow" cidr="192.0.2.8/32">');
      const broken = edited.replace(
        '    </list>',
        '<X-PRE-PROCESS cmd="include" data="part.inc"/>\n    </list>',
      );
      await writeFile(file, broken);
      const blind = new AclService({ file, port: real });
      await expect(blind.apply()).rejects.toMatchObject({ code: 'acl_not_xml' });
      expect(await real.api('acl 10.2.2.2 lan')).toBe('true');
      await writeFile(file, text);
      expect(await acl.apply()).toMatchObject({ differences: [] });
    });
  });
});
