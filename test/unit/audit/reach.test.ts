import { describe, expect, it } from 'vitest';
import { withEffort } from '../../../src/audit/language/language.js';
import { Walker } from '../../../src/audit/reach/walk.js';
import { readSwitchConfiguration } from '../../../src/switch-config/configuration.js';
import { OPEN_PROFILE, auditOf, extension, reached, told, writeConf } from './conf.js';

/** `severity rule`, sorted as reported. */
function verdicts(extensions: string, more: Readonly<Record<string, string>> = {}): string[] {
  return reached(extensions, more).map(({ severity, rule }) => `${severity} ${rule}`);
}

const ERROR = ['error toll-fraud'];

describe('a caller without a password', () => {
  it('must not dial a gateway', () => {
    const [finding] = reached(extension('^(0\\d+)$', 'bridge sofia/gateway/carrier/$1'));
    expect(finding).toMatchObject({
      rule: 'toll-fraud',
      severity: 'error',
      file: 'dialplan/public.xml',
      line: 4,
      path: [
        { file: 'sip_profiles/outside.xml', line: 1 },
        {
          what: 'context public, extension x: bridge sofia/gateway/carrier/$1',
          number: '00000',
          file: 'dialplan/public.xml',
          line: 4,
        },
      ],
    });
  });

  it('must not get there in any other way either', () => {
    for (const action of [
      'bridge {origination_caller_id_number=1}[leg_timeout=5]sofia/gateway/carrier/$1',
      'bridge user/1001,sofia/gateway/carrier/$1',
      'bridge user/1001|sofia/gateway/carrier/$1',
      'bridge user/1001:_:sofia/gateway/carrier/$1',
      'bridge sofia/external/$1@carrier.example.com',
      'bridge sofia/external/sip:$1@203.0.113.7:5080',
      'bridge freetdm/1/a/$1',
      'bridge lcr/default/$1',
      'bridge ${enum_auto_route}',
      'bridge loopback/0$1/default',
      'bridge loopback/0$1/default/XML',
      'bridge loopback/app=bridge:sofia/gateway/carrier/$1',
      'att_xfer sofia/gateway/carrier/$1',
      'conference bridge:room:sofia/gateway/carrier/$1',
      'conference_set_auto_outcall sofia/gateway/carrier/$1',
      'transfer 0$1 XML default',
      'transfer -both 0$1 XML default',
      'transfer $1 enum',
      'sched_transfer +5 0$1 XML default',
      'limit hash x y 1 0$1 XML default',
      'execute_extension 0$1 XML default',
      'execute_extension bridge:sofia/gateway/carrier/$1 inline',
      'execute_extension m:^:answer^bridge:sofia/gateway/carrier/$1 inline',
      "transfer 'set:n=$1,bridge:sofia/gateway/carrier/\\${n}' inline",
      'set transfer_after_bridge=0$1:XML:default',
      'set execute_on_answer=transfer 0$1 XML default',
      'export nolocal:execute_on_answer=bridge::sofia/gateway/carrier/$1',
      'bind_meta_app 1 a s transfer::0$1 XML default',
      'bind_digit_action realm,1,exec:transfer,0$1 XML default',
      'set x=${originate(sofia/gateway/carrier/$1 &park)}',
      'set x=${bgapi(originate sofia/gateway/carrier/$1 &park)}',
      'deflect ${originate(sofia/gateway/carrier/$1 &park)}',
    ]) {
      expect(verdicts(extension('^7(\\d+)$', action)), action).toEqual(ERROR);
    }
  });

  it('must not choose the host', () => {
    expect(verdicts(extension('^(\\d+)$', 'bridge sofia/external/100@${sip_to_host}'))).toEqual(ERROR);
    expect(verdicts(extension('^sip:([a-z0-9.@]+)$', 'bridge sofia/external/$1'))).toEqual(ERROR);
  });

  it('must not write the dial string', () => {
    const injection = ['error dial-string-injection'];
    for (const action of [
      'bridge ${destination_number}',
      'bridge user/$1',
      'bridge ${sip_h_X-Route}',
      'bridge $1/1000',
      'bridge {origination_caller_id_name=${caller_id_name}}user/1001',
      'bridge [sip_from_display=${caller_id_name}]user/1001',
      'execute_extension $1 inline',
    ]) {
      expect(verdicts(extension('^(.*)$', action)), action).toEqual(injection);
    }
  });

  it('must not name the context', () => {
    expect(verdicts(extension('^(\\d+)$', 'transfer $1 XML ${sip_h_X-Context}'))).toEqual(ERROR);
  });

  it('must not write a command', () => {
    const only = (action: string): string[] =>
      verdicts(extension('^(.+)$', action)).filter((verdict) => verdict.includes('command'));
    expect(only('system /usr/bin/log ${caller_id_name}')).toEqual(['error command-injection']);
    expect(only('set x=${system(/usr/bin/log $1)}')).toEqual(['error command-injection']);
    expect(only('system /usr/bin/log ${domain}')).toEqual([]);
    const digits = extension('^(\\d+)$', 'system /usr/bin/log $1');
    expect(verdicts(digits)).toEqual(['warning system-in-dialplan']);
  });

  it('must not write a part of a program', () => {
    const injected = (expression: string, action: string): string[] =>
      verdicts(extension(expression, action)).filter((verdict) => verdict.includes('script'));
    const ANY = '^(.+)$';
    for (const action of [
      'lua route.lua $1',
      'lua route.lua x ${caller_id_name}',
      "lua route.lua '${sip_from_display}'",
      'LUA route.lua $1',
      'lua ${sip_h_X-Script}',
      'lua scripts/$1.lua',
      'lua ~freeswitch.consoleLog("info","$1")',
      'perl route.pl $1',
      'perl ~print "$1"',
      'javascript ~log("$1")',
      'javascript ${sip_h_X-Script}',
      'python $1 x',
      'java ${sip_h_X-Class}',
      'managed $1',
      'set x=${lua(route.lua $1)}',
      'set x=${bgapi(luarun route.lua $1)}',
      'set x=${perl(route.pl $1)}',
      'set api_hangup_hook=lua bye.lua ${caller_id_name}',
      'set api_hangup_hook=lua bye.lua \\${caller_id_name}',
      'export nolocal:api_on_answer=perlrun a.pl ${caller_id_name}',
      'set execute_on_answer=lua a.lua $1',
      'set execute_on_answer=lua a.lua \\${caller_id_name}',
      "execute_extension 'lua:a.lua $1' inline",
      'bridge loopback/app=lua:a.lua $1',
    ]) {
      expect(injected(ANY, action), action).toContain('error script-injection');
    }
    for (const action of [
      'lua route.lua',
      'lua route.lua ${domain} \\n',
      'javascript route.js $1',
      'python route $1',
      'set x=${jsapi(route.js $1)}',
    ]) {
      expect(injected(ANY, action), action).toEqual([]);
    }
    expect(injected('^(\\d+)$', 'lua ivr_$1.lua $1')).toEqual([]);
    // Without a backslash nothing gets out of the quotes of mod_lua; mod_perl escapes no quotes.
    expect(injected('^([^\\\\]+)$', 'lua route.lua $1')).toEqual([]);
    expect(injected('^([^\\\\]+)$', 'perl route.pl $1')).toEqual(['error script-injection']);
    expect(injected("^([^\\\\']+)$", 'perl route.pl $1')).toEqual([]);
  });

  it('must not write a command in any other way either', () => {
    for (const action of [
      'set api_hangup_hook=system touch $1',
      'set execute_on_answer=system touch $1',
      'playback shell_stream:///usr/local/bin/speak $1',
    ]) {
      expect(verdicts(extension('^(.+)$', action)), action).toEqual([
        'error command-injection',
        'warning system-in-dialplan',
      ]);
    }
  });

  it('is followed through chains, menus, variables and digits', () => {
    const chain =
      extension('^start$', 'transfer second XML middle') + extension('^third(\\d+)$', 'bridge user/1001');
    const middle = `<include>\n<context name="middle">${extension('^second$', 'play_and_get_digits 1 20 1 5000 # a.wav b.wav number \\d+', 'set target=third${number}', 'execute_extension ${target} XML last')}</context>\n<context name="last">${extension('^third(\\d+)$', 'bridge sofia/gateway/carrier/$1')}</context>\n</include>`;
    const [finding, ...others] = reached(chain, { 'dialplan/middle.xml': middle });
    expect(others).toEqual([]);
    expect(finding?.path?.map(({ what }) => what)).toEqual([
      'SIP profile outside, no password, no ACL, context public',
      'context public, extension x: transfer second XML middle',
      'context middle, extension x: execute_extension third${number} XML last',
      'context last, extension x: bridge sofia/gateway/carrier/$1',
    ]);

    const menu = `<configuration name="ivr.conf"><menus>
<menu name="main"><entry action="menu-sub" digits="1" param="more"/></menu>
<menu name="more"><entry action="menu-exec-app" digits="/^(0\\d+)$/" param="transfer $1 XML default"/></menu>
</menus></configuration>`;
    const ivr = { 'autoload_configs/ivr.conf.xml': menu };
    expect(verdicts(extension('^5000$', 'ivr main'), ivr)).toEqual(ERROR);

    expect(
      verdicts(extension('^6$', 'read 1 20 a.wav wanted 5000 #', 'transfer 0${wanted} XML default')),
    ).toEqual(ERROR);
  });

  it('is followed to the users whom he calls', () => {
    const users = `<domain name="pbx.example.org"><groups><group name="mobile"><users>
<user id="1001"><params><param name="a1-hash" value="0"/>
<param name="dial-string" value="sofia/gateway/carrier/00$\${dialed_user}\${dialed_user}"/></params></user>
</users></group></groups></domain>`;
    const directory = { 'directory/users.xml': users };
    expect(verdicts(extension('^(10\\d\\d)$', 'bridge user/$1'), directory)).toEqual(['warning toll-fraud']);
    expect(verdicts(extension('^(\\d+)$', 'bridge user/$1'), directory)).toEqual(ERROR);
    expect(verdicts(extension('^1$', 'bridge group/mobile'), directory)).toEqual(['note toll-fraud']);
    expect(verdicts(extension('^1$', 'bridge ${group_call(mobile@pbx.example.org)}'), directory)).toEqual([
      'note toll-fraud',
    ]);
  });

  it('comes in by every door', () => {
    const dialplan = `<include>\n<context name="public">${extension('^(\\d+)$', 'bridge sofia/gateway/carrier/$1')}</context>\n</include>`;
    const doors: Readonly<Record<string, string>> = {
      'an open list':
        '<param name="auth-calls" value="true"/><param name="apply-inbound-acl" value="any_v4.auto"/>',
      'a context for those who pass':
        '<param name="auth-calls" value="true"/><param name="context" value="default"/><param name="apply-inbound-acl" value="any_v4.auto:public"/>',
      'a context for those who do not':
        '<param name="context" value="default"/><param name="apply-inbound-acl" value="providers::public"/>',
      'blind authentication':
        '<param name="auth-calls" value="true"/><param name="accept-blind-auth" value="true"/>',
    };
    for (const [name, params] of Object.entries(doors)) {
      const profile = `<profile name="p"><settings><param name="context" value="public"/>${params}</settings></profile>`;
      const report = auditOf({ 'sip_profiles/p.xml': profile, 'dialplan/public.xml': dialplan });
      expect(told(report, 'toll-fraud'), name).toEqual(['error toll-fraud dialplan/public.xml:3']);
    }
  });

  it('may name a gateway and get into its context', () => {
    const gateway = (extension_: string): string =>
      `<profile name="outside"><gateways><gateway name="carrier"><param name="context" value="default"/>${extension_}</gateway></gateways>
<settings><param name="context" value="public"/></settings></profile>`;
    const found = (extension_: string): string[] =>
      told(auditOf({ 'sip_profiles/outside.xml': gateway(extension_) }), 'toll-fraud');
    expect(found('<param name="extension" value="auto_to_user"/>')).toEqual([
      'error toll-fraud dialplan/default.xml:7',
    ]);
    expect(found('<param name="extension" value="1001"/>')).toEqual([]);
    expect(found('<param name="username" value="1001"/>')).toEqual([]);
  });
});

describe('a caller with a password, or of a provider', () => {
  const found = (...actions: readonly string[]): string[] =>
    told(
      auditOf({
        'dialplan/more.xml': `<include>\n<context name="own">\n${extension('^(\\*.*)$', ...actions)}\n</context>\n</include>\n`,
      }),
    );

  it('does not get to write programs and commands for that', () => {
    expect(found('lua route.lua $1')).toEqual(['warning script-injection dialplan/more.xml:4']);
    expect(found('lua route.lua ${caller_id_name}')).toEqual([
      'warning script-injection dialplan/more.xml:4',
    ]);
    expect(found('system /usr/bin/log ${caller_id_name}')).toEqual([
      'warning command-injection dialplan/more.xml:4',
      'warning system-in-dialplan dialplan/more.xml:4',
    ]);
  });

  it('may dial, and name what is not run', () => {
    expect(found('bridge sofia/gateway/carrier/$1', 'python route $1')).toEqual([]);
  });
});

describe('no alarm', () => {
  it('about calls that stay inside', () => {
    for (const action of [
      'bridge user/$1@${domain}',
      'bridge group/desk',
      'bridge ${sofia_contact($1@${domain})}',
      'bridge sofia/internal/$1',
      'bridge sofia/internal/$1%${domain}',
      'bridge sofia/internal/$1@${domain}',
      'bridge error/USER_BUSY',
      'bridge loopback/10$1/default',
      'bridge loopback/app=voicemail:default ${domain} $1',
      'transfer 10$1 XML default',
      'transfer 0123 XML nowhere',
      'voicemail default ${domain} $1',
      'bind_meta_app 1 b s transfer::0123 XML default',
      'hangup',
    ]) {
      expect(verdicts(extension('^7(\\d\\d)$', action)), action).toEqual([]);
    }
  });

  it('about numbers that do not fit', () => {
    // Two digits after the 0 that is put before: the condition in default asks for nothing more than digits.
    expect(verdicts(extension('^(1\\d\\d\\d)$', 'transfer $1 XML default'))).toEqual([]);
    expect(verdicts(extension('^([1-9]\\d*)$', 'transfer $1 XML default'))).toEqual([]);
    expect(verdicts(extension('^(\\d+)$', 'transfer $1 XML default'))).toEqual(ERROR);
    expect(verdicts(extension('^((?!0)\\d+)$', 'transfer $1 XML default'))).toEqual([]);
    expect(verdicts(extension('^0(\\d{3})$', 'transfer ${destination_number:1} XML default'))).toEqual([
      'warning toll-fraud',
    ]);
    expect(verdicts(extension('^0(1\\d{3})$', 'transfer ${destination_number:1} XML default'))).toEqual([]);
  });

  it('about what an earlier extension has taken', () => {
    const inside = extension('^\\d+$', 'bridge user/1001');
    const outside = extension('^(0\\d+)$', 'bridge sofia/gateway/carrier/$1');
    expect(verdicts(inside + outside)).toEqual([]);
    expect(verdicts(inside.replace('name="x"', 'name="x" continue="true"') + outside)).toEqual(ERROR);
    // Only at night, so not always.
    expect(verdicts(inside.replace('<condition', '<condition hour="0-6"/><condition') + outside)).toEqual(
      ERROR,
    );
    expect(verdicts(inside.replace('^\\d+$', '^[1-9]\\d+$') + outside)).toEqual(ERROR);
  });

  it('about what comes behind a hang-up or a question for a password', () => {
    const asked = `<extension name="ask" continue="true"><condition field="\${sip_authorized}" expression="^true$" break="never"><anti-action application="respond" data="407"/></condition></extension>`;
    const all = extension('^(\\d+)$', 'transfer $1 XML default');
    expect(verdicts(all)).toEqual(ERROR);
    expect(verdicts(asked + all)).toEqual([]);
    expect(verdicts(extension('^(0\\d+)$', 'hangup', 'bridge sofia/gateway/carrier/$1'))).toEqual([]);
    expect(
      verdicts(extension('^(0\\d+)$', 'transfer 1001 XML default', 'bridge sofia/gateway/carrier/$1')),
    ).toEqual([]);
  });

  it('about what only users have', () => {
    const users = `<domain name="pbx.example.org"><users><user id="1001"><params><param name="a1-hash" value="0"/></params>
<variables><variable name="toll_class" value="all"/></variables></user></users></domain>`;
    const guarded = `<extension name="x"><condition field="\${toll_class}" expression="^all$"/><condition field="destination_number" expression="^(\\d+)$">
<action application="bridge" data="sofia/gateway/carrier/$1"/></condition></extension>`;
    expect(verdicts(guarded, { 'directory/users.xml': users })).toEqual([]);
    // The dialplan itself gives it away.
    const given = `<extension name="g" continue="true"><condition><action application="set" data="toll_class=all" inline="true"/></condition></extension>`;
    expect(verdicts(given + guarded, { 'directory/users.xml': users })).toEqual(ERROR);
    // Or makes the caller a user.
    const user = `<extension name="u"><condition field="destination_number" expression="^1$"><action application="set_user" data="1001@pbx.example.org"/><action application="transfer" data="0123 XML public"/></condition></extension>`;
    expect(verdicts(user + guarded, { 'directory/users.xml': users })).toEqual(['note toll-fraud']);
  });

  it('but a note about a call to one number', () => {
    expect(verdicts(extension('^5551234$', 'bridge sofia/gateway/carrier/004930123456'))).toEqual([
      'note toll-fraud',
    ]);
    expect(verdicts(extension('^(5551234)$', 'bridge sofia/gateway/carrier/$1'))).toEqual([
      'note toll-fraud',
    ]);
  });

  it('but a warning about a few numbers, and about what cannot be known', () => {
    expect(verdicts(extension('^(555123\\d)$', 'bridge sofia/gateway/carrier/$1'))).toEqual([
      'warning toll-fraud',
    ]);
    expect(verdicts(extension('^1$', 'bridge sofia/gateway/carrier/${user_data(1 var mobile)}'))).toEqual([
      'warning toll-fraud',
    ]);
  });

  it('but a word about what is decided elsewhere', () => {
    const report = auditOf({
      'sip_profiles/outside.xml': OPEN_PROFILE,
      'dialplan/public.xml': `<include>\n<context name="public">\n${extension('^1$', 'lua route.lua')}\n</context>\n</include>`,
    });
    expect(report.not_judged).toMatchObject([
      { file: 'dialplan/public.xml', line: 4, what: expect.stringContaining('lua route.lua') as string },
    ]);
  });
});

describe('hostile dialplans', () => {
  it('come to an end, and say that they were not followed to theirs', () => {
    const dialplans = [
      extension('^(\\d+)$', 'transfer 1$1 XML public') + extension('^(\\D+)$', 'transfer $1$1 XML public'),
      Array.from({ length: 60 }, (_, i) => extension(`^(.*)${i}(.*)$`, `transfer $2${i}$1 XML public`)).join(
        '',
      ),
    ];
    for (const extensions of dialplans) {
      const folder = writeConf({
        'dialplan/public.xml': `<include>\n<context name="public">\n${extensions}\n</context>\n</include>\n`,
      });
      const walker = new Walker(readSwitchConfiguration(folder));
      const { result, enough } = withEffort(300_000, () => walker.from('public', 'XML'));
      expect(enough && result.complete).toBe(false);
    }
  });

  it('may have expressions of many optional parts, and very long ones', () => {
    for (const expression of ['a?'.repeat(200), `^${'7'.repeat(20_000)}$`]) {
      const found = reached(extension(expression, 'bridge sofia/gateway/carrier/${destination_number}'));
      expect(found.map(({ rule }) => rule)).toContain('toll-fraud');
    }
  });

  it('do not run in circles', () => {
    const circle = extension(
      '^(.*)$',
      'execute_extension execute_extension:$1 inline',
      'transfer ${a} XML public',
    );
    expect(() => reached(circle)).not.toThrow();
    const menu = `<configuration name="ivr.conf"><menus><menu name="m"><entry action="menu-sub" digits="1" param="m"/><entry action="menu-exec-app" digits="2" param="ivr m"/></menu></menus></configuration>`;
    expect(reached(extension('^1$', 'ivr m'), { 'autoload_configs/ivr.conf.xml': menu })).toEqual([]);
  });
});
