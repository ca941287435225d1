import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { BackgroundAudit as Background } from '../../../src/audit/background.js';
import { auditFolder } from '../../../src/audit/audit.js';
import { OPEN_PROFILE, writeConf } from './conf.js';

/** As it is built: a thread of it needs its file. */
const BUILT = pathToFileURL(path.join(import.meta.dirname, '../../../dist/audit/background.js')).href;

describe('an audit in the background', () => {
  it('answers the same, and is shared', async () => {
    const { BackgroundAudit } = (await import(BUILT)) as { BackgroundAudit: new () => Background };
    const background = new BackgroundAudit();
    const folder = writeConf({ 'sip_profiles/outside.xml': OPEN_PROFILE });
    const both = [background.audit(folder), background.audit(folder)];
    expect(both[0]).toBe(both[1]);
    expect(await both[0]).toEqual(auditFolder(folder));
    const later = background.audit(folder);
    expect(later).not.toBe(both[0]);
    await later;
    await expect(background.audit('/nowhere')).rejects.toMatchObject({ code: 'switch_config_unreadable' });
  });
});
