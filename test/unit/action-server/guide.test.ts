import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../../../src/config/schema.js';
import { ERRORS } from '../../../src/errors.js';
import { applications, World } from './world.js';

/** What docs/guide/action-server.md shows is what there is. */

const ROOT = join(import.meta.dirname, '../../..');
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const page = text('docs/guide/action-server.md');
const fenced = (language: string): string[] =>
  Array.from(
    page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm')),
    ([, block = '']) => block,
  );

describe('the guide to the action server', () => {
  it('shows a configuration that is one, and serves', async () => {
    const [yaml = ''] = fenced('yaml');
    const written = parse(yaml.replaceAll(/\{ file: [^}]+ \}/g, 'a-secret-of-thirty-characters')) as {
      actions: { entries: object };
    };
    expect(configSchema.safeParse(written).error).toBeUndefined();
    const world = new World({
      flows: { support: 'start: end\nblocks: { end: { type: disconnect } }' },
      entries: written.actions.entries as Record<string, unknown>,
    });
    expect(applications(await world.list('/v1/actions/closed'))).toEqual(['answer', 'playback']);
    expect(await world.list('/v1/actions/desks?number=7004')).toEqual([
      { application: 'bridge', data: 'user/10001' },
    ]);
    expect(applications(await world.list('/v1/actions/desks?number=8123'))).toEqual(['hangup']);
    expect(
      applications(
        await world.list('/v1/actions/support?key=a-secret-of-thirty-characters', {
          remoteAddress: '10.0.0.9',
        }),
      ),
    ).toEqual(['hangup']);
  });

  it('shows the profile of mod_httapi with which the suite runs', () => {
    const profile = (xml: string): string[] =>
      Array.from(
        (/<profile name="served">[\s\S]*?<\/profile>/.exec(xml)?.[0] ?? '').matchAll(
          /<(?:permission|application)\b[^>]*>/g,
        ),
        ([tag]) => tag,
      );
    const shown = fenced('xml').flatMap(profile);
    expect(shown.length).toBeGreaterThan(10);
    expect(shown).toEqual(profile(text('test/freeswitch/conf/services.xml')));
  });

  it('names reasons and figures that there are', () => {
    const rows = page.slice(page.indexOf('| Reason |'), page.indexOf('Whoever is not let in'));
    const named = Array.from(rows.matchAll(/`([a-z_]+)`/g), ([, code = '']) => code);
    const codes = named.filter((name) => !['numbers', 'token_ttl_s'].includes(name));
    expect(codes.length).toBeGreaterThan(8);
    for (const code of codes) expect(Object.keys(ERRORS)).toContain(code);
    for (const [name] of page.matchAll(/switchhook_\w+_total/g))
      expect(text('src/telemetry/state-metrics.ts')).toContain(`'${name}'`);
    for (const [path] of page.matchAll(/\bdialplan\/[\w/.-]+\.(?:lua|xml)\b/g))
      expect(text(path)).not.toBe('');
  });
});
