import { AppError } from '../errors.js';
import { printable } from './address.js';
import type { AclDocument } from './document.js';
import type { FileStore } from './store.js';
import type { SwitchPort } from './test-lists.js';

/**
 * Makes FreeSWITCH read its lists. It reads its whole configuration for that and keeps the old lists when it can't;
 * then the file goes back to how it was, unless the fault lies elsewhere.
 * @throws AppError `acl_apply_refused`, and what speaks against the file before FreeSWITCH is asked
 */
export async function applyFile(
  store: FileStore,
  port: SwitchPort,
  read: () => Promise<AclDocument>,
): Promise<{ readonly answer: string; readonly document: AclDocument }> {
  // A file that can't be parsed would take the whole configuration with it.
  const document = await read();
  const stored = await store.read();
  const answer = await reload(port);
  if (answer.ok) {
    await store.keepApplied(stored);
    return { answer: answer.text, document };
  }
  for (const earlier of await store.earlier()) {
    if (earlier.bytes.equals(stored.bytes)) continue;
    const now = await store.read();
    await store.put(now, earlier.bytes);
    const again = await reload(port);
    if (again.ok) {
      await store.keepRefused(now, stored.bytes);
      throw new AppError(
        'acl_apply_refused',
        `${answer.text}; ${store.path} is as in ${earlier.path} again, what was refused is in ${store.refusedPath}`,
      );
    }
  }
  const now = await store.read();
  if (!now.bytes.equals(stored.bytes)) await store.put(now, stored.bytes);
  throw new AppError(
    'acl_apply_refused',
    `${answer.text}; no earlier ${store.path} helps: the fault is elsewhere`,
  );
}

/** `+OK acl reloaded`, or `-ERR [what its parser says]` (mod_commands.c `reload_acl_function`). */
async function reload(port: SwitchPort): Promise<{ readonly ok: boolean; readonly text: string }> {
  const text = printable((await port.api('reloadacl')).trim());
  return { ok: /^\+OK\b/.test(text), text: text === '' ? 'no answer' : text };
}
