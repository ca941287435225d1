import { describe, expect, it } from 'vitest';
import { apiWith } from '../http/api-world.js';
import { auditFolder } from '../../../src/audit/audit.js';
import { auditRoutes } from '../../../src/http/routes/audit.js';
import { AppError } from '../../../src/errors.js';
import { OPEN_PROFILE, writeConf } from '../audit/conf.js';
import { runCli } from './harness.js';

const OPEN = {
  'sip_profiles/outside.xml': OPEN_PROFILE,
  'dialplan/public.xml': `<include>
<context name="public"><extension name="all"><condition field="destination_number" expression="^(\\d+)$">
<action application="transfer" data="$1 XML default"/>
</condition></extension></context>
</include>
`,
};

describe('switchhook audit', () => {
  it('is content with a good configuration', async () => {
    const folder = writeConf();
    expect(await runCli(['audit', '--conf', folder])).toEqual({
      code: 0,
      out: `${folder}: 0 errors, 0 warnings, 0 notes in 10 files\n`,
      err: '',
    });
  });

  it('shows the way, the reason and the remedy', async () => {
    const { code, out } = await runCli(['audit', '--conf', writeConf(OPEN)]);
    expect(code).toBe(1);
    expect(out).toContain(`error toll-fraud  dialplan/default.xml:7
  A caller without a password (SIP profile outside, no password, no ACL, context public) reaches bridge sofia/gateway/carrier/$1: the caller chooses the number $1 that gateway carrier calls.
    1. SIP profile outside, no password, no ACL, context public  sip_profiles/outside.xml:1
    2. context public, extension all: transfer $1 XML default  (for example 00000)  dialplan/public.xml:3
    3. context default, extension outside: bridge sofia/gateway/carrier/$1  (for example 00000)  dialplan/default.xml:7
  Why: `);
    expect(out).toMatch(/1 error, 1 warning, 0 notes in 12 files\n$/);
  });

  it('has a limit that can be moved', async () => {
    const noted = { 'autoload_configs/switch.conf.xml': '<configuration name="switch.conf"/>' };
    const code = async (files: Record<string, string>, limit: string): Promise<number> =>
      (await runCli(['audit', '--conf', writeConf(files), '--fail-on', limit])).code;
    expect(await code(noted, 'warning')).toBe(0);
    expect(await code(noted, 'note')).toBe(1);
    expect(await code({ 'sip_profiles/outside.xml': OPEN_PROFILE }, 'error')).toBe(0);
    expect(await code(OPEN, 'error')).toBe(1);
    expect(await code(OPEN, 'never')).toBe(0);
  });

  it('prints JSON and SARIF', async () => {
    const folder = writeConf(OPEN);
    const { out } = await runCli(['audit', '--conf', folder, '--json']);
    expect(JSON.parse(out)).toEqual(auditFolder(folder));
    const sarif = JSON.parse((await runCli(['audit', '--conf', folder, '--sarif'])).out) as {
      runs: { results: unknown[]; tool: { driver: { rules: { id: string }[] } } }[];
    };
    expect(sarif).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          originalUriBaseIds: { CONF: { uri: `file://${folder}/` } },
          results: [
            {
              ruleId: 'toll-fraud',
              ruleIndex: 1,
              level: 'error',
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'dialplan/default.xml', uriBaseId: 'CONF' },
                    region: { startLine: 7 },
                  },
                },
              ],
              codeFlows: [{ threadFlows: [{ locations: [{}, {}, {}] }] }],
            },
            { ruleId: 'profile-without-auth', level: 'warning' },
          ],
        },
      ],
    });
    expect(sarif.runs[0]?.tool.driver.rules.map(({ id }) => id)).toEqual([
      'profile-without-auth',
      'toll-fraud',
    ]);
  });

  it('says what it cannot read', async () => {
    const missing = await runCli(['audit', '--conf', '/nowhere']);
    expect(missing.code).toBe(3);
    expect(missing.err).toContain('switch_config_unreadable');
    const broken = await runCli(['audit', '--conf', writeConf({ 'dialplan/x.xml': '<context>' })]);
    expect(broken.code).toBe(3);
    expect(broken.err).toMatch(/freeswitch\.xml:\d+|dialplan\/x\.xml:1/);
    expect((await runCli(['audit', '--json', '--sarif'])).code).toBe(2);
    expect((await runCli(['audit', '--conf', 'x', '--daemon', 'http://127.0.0.1:1'])).code).toBe(2);
    expect((await runCli(['audit', '--daemon', 'http://127.0.0.1:1'])).code).toBe(4);
  });

  it('makes nothing of control characters', async () => {
    const files = {
      ...OPEN,
      'dialplan/default.xml': `<context name="default"><extension name="\u001b[2Jx">\n<condition field="destination_number" expression="^(\\d+)$"><action application="bridge" data="sofia/gateway/g/$1"/></condition></extension></context>\n`,
    };
    const { out } = await runCli(['audit', '--conf', writeConf(files)]);
    expect(out).toContain('\\x1b[2Jx');
    expect(out).not.toContain('\u001b');
  });
});

describe('GET /v1/audit', () => {
  it('is for administrators, and asks for the switch that is named', async () => {
    const folder = writeConf(OPEN);
    const app = apiWith([
      auditRoutes({
        audit: (name) =>
          name === 'gone'
            ? Promise.reject(new AppError('audit_not_configured', 'switches.gone'))
            : Promise.resolve(auditFolder(folder)),
      }),
    ]);
    try {
      const get = (url: string, role: 'admin' | 'operator') => app.inject({ url, headers: app.as(role) });
      expect((await get('/v1/audit', 'operator')).statusCode).toBe(403);
      const answer = await get('/v1/audit', 'admin');
      expect(answer.statusCode).toBe(200);
      expect(answer.json()).toEqual(auditFolder(folder));
      expect((await get('/v1/audit?switch=gone', 'admin')).statusCode).toBe(404);
      expect((await get('/v1/audit?conf=/etc', 'admin')).statusCode).toBe(400);
    } finally {
      await app.close();
    }
  });

  it('answers the command line, too', async () => {
    const folder = writeConf(OPEN);
    const app = apiWith([auditRoutes({ audit: () => Promise.resolve(auditFolder(folder)) })]);
    try {
      const token = app.as('admin')['authorization']?.replace('Bearer ', '') ?? '';
      const { code, out } = await runCli(['audit', '--daemon', await app.listen(), '--json'], {
        SWITCHHOOK_TOKEN: token,
      });
      expect(code).toBe(1);
      expect(JSON.parse(out)).toEqual(auditFolder(folder));
    } finally {
      await app.close();
    }
  });
});
