import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditFolder } from '../../src/audit/audit.js';
import { preprocessFile } from '../../src/switch-config/preprocess.js';
import { parseSwitchXml } from '../../src/switch-config/xml.js';
import type { XmlNode } from '../../src/switch-config/xml.js';
import { findFreeswitch, startRealSwitch } from '../freeswitch/switch.js';
import type { RealSwitch } from '../freeswitch/switch.js';

/** What the preprocessor of FreeSWITCH reads in ways that one would not expect. */
const QUIRKS = [
  '<include>',
  '<context name="quirks">',
  '<!-- <X-PRE-PROCESS cmd="set" data="in_comment=works"/> --> <lost/>',
  '<lost/> <X-PRE-PROCESS cmd="set" data="  spaces  =  kept at the end  "/> <lost/>',
  "<X-PRE-PROCESS cmd='set' data='single=quotes'/>",
  '<x-pre-process CMD="SET" DATA="capitals=$${in_comment}"/>',
  '<X-PRE-PROCESS cmd="set" data="unclosed=yes',
  '<X-PRE-PROCESS data="order=wrong" cmd="set"/>',
  '<X-PRE-PROCESS cmd="set" data="no_value"/>',
  'NO-X-PRE-PROCESS <lost/>',
  '<!--#set "hash=works"--><extension name="after_hash"/>',
  '<!--#comment',
  '<lost/>',
  '--><extension name="after_comment"/>',
  '<include><extension name="lost"/>',
  '<extension name="$${capitals}-$${hash}-$${nobody}-${channel}"/>',
  '<extension name="$${unterminated"/>',
  '<extension name="nested $${a${b}c} braces"/>',
  '<extension name="tolerant" bare other=value spaced = "x" tab="a\tb" amp="&amp;&lt;&#65;&nothing;">',
  '<condition field="x"><expression><![CDATA[^a&b$]]></expression><action application="log">text &amp; more</action></condition>',
  '</extension>\r',
  '</context>',
  '</include>',
].join('\n');

const binary = findFreeswitch();

describe.skipIf(binary === undefined)('the configuration as FreeSWITCH reads it', () => {
  let real: RealSwitch;
  beforeAll(async () => {
    real = await startRealSwitch({ binary: binary ?? '', extraDialplan: QUIRKS });
  });
  afterAll(() => real.stop());

  const globalsOfSwitch = async (): Promise<Record<string, string>> => {
    const text = await real.api('global_getvar');
    return Object.fromEntries(
      text.split('\n').flatMap((line) => {
        const equals = line.indexOf('=');
        return equals < 0 ? [] : [[line.slice(0, equals), line.slice(equals + 1)]];
      }),
    );
  };

  it('is preprocessed to the same text, with the same variables', async () => {
    const folder = path.join(real.folder, 'conf');
    const theirs = await globalsOfSwitch();
    // Only what was there before a file was read.
    const before = Object.fromEntries(
      Object.entries(theirs).filter(([name]) => /_dir$|_path$|^local_|^hostname$/.test(name)),
    );
    const ours = preprocessFile(path.join(folder, 'freeswitch.xml'), { folder, globals: before });
    const text = await readFile(path.join(real.folder, 'log/freeswitch.xml.fsxml'), 'utf8');
    expect(ours.text).toBe(text);
    for (const [name, { value, place }] of ours.globals) {
      if (place !== undefined)
        expect(`${name}=${theirs[name]?.trimEnd() ?? ''}`).toBe(`${name}=${value.trimEnd()}`);
    }
  });

  it('can be audited while it runs', () => {
    const report = auditFolder(path.join(real.folder, 'conf'));
    expect(report.complete).toBe(true);
    expect(report.findings.map(({ rule }) => rule)).toContain('httapi-permissions');
    expect(report.findings.filter(({ rule }) => rule === 'toll-fraud')).toEqual([]);
  });

  it('is parsed to the same tree', async () => {
    const text = await readFile(path.join(real.folder, 'log/freeswitch.xml.fsxml'), 'utf8');
    const ours = parseSwitchXml(text);
    const theirs = parseSwitchXml(await real.api('xml_locate dialplan'));
    if (!ours.ok || !theirs.ok) throw new Error('not parsed');
    const dialplan = ours.root.children.find((child) => child.attributes.get('name') === 'dialplan');
    expect(dialplan).toBeDefined();
    if (dialplan !== undefined) expect(shape(dialplan)).toEqual(shape(theirs.root));
  });
});

function shape(node: XmlNode): unknown {
  return {
    name: node.name,
    attributes: Object.fromEntries(node.attributes),
    text: node.text.trim(),
    children: node.children.map(shape),
  };
}
