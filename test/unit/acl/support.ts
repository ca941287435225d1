import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { AclDocument } from '../../../src/acl/document.js';
import type { AclList } from '../../../src/acl/lists.js';
import type { SwitchPort } from '../../../src/acl/test-lists.js';

/** A file with these lines in its `<network-lists>`. */
export function aclText(lists: string): string {
  return `<configuration name="acl.conf" description="Network Lists">\n  <network-lists>\n${lists}\n  </network-lists>\n</configuration>\n`;
}

export function documentOf(lists: string): AclDocument {
  return AclDocument.parse(Buffer.from(aclText(lists)), 'acl.conf.xml');
}

/** The only list of such a file. */
export function listOf(entries: string, attributes = 'default="deny"'): AclList {
  const [list] = documentOf(`    <list name="lan" ${attributes}>\n${entries}\n    </list>`).lists;
  if (list === undefined) throw new Error('no list');
  return list;
}

/** A folder like FreeSWITCH's, with the file in its place. */
export async function confDir(acl: string, others: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'switchhook-acl-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'autoload_configs'));
  await writeFile(join(folder, 'autoload_configs/acl.conf.xml'), acl);
  for (const [name, text] of Object.entries(others)) await writeFile(join(folder, name), text);
  return folder;
}

/** A FreeSWITCH that answers what it is told to. */
export class FakeSwitch implements SwitchPort {
  readonly asked: string[] = [];
  readonly #answer: (command: string) => string | Error;

  constructor(answer: (command: string) => string | Error) {
    this.#answer = answer;
  }

  api(command: string): Promise<string> {
    this.asked.push(command);
    const answer = this.#answer(command);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }
}
