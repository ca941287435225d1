import type { Param, SwitchConfiguration } from '../../switch-config/configuration.js';
import { paramOf } from '../../switch-config/directory.js';
import type { DirectoryUser } from '../../switch-config/directory.js';
import type { Place } from '../../switch-config/places.js';
import { isTrue } from '../../switch-config/truth.js';
import type { Collector } from '../collector.js';
import { isDefault, weaknessOf } from '../passwords.js';

interface Weak {
  readonly what: string;
  readonly severity: 'error' | 'warning';
  readonly place: Place;
  readonly names: string[];
}

/** Users who can be guessed. Those who share a password are told of together, where it is set. */
export function checkUsers(
  configuration: SwitchConfiguration,
  users: readonly DirectoryUser[],
  found: Collector,
): void {
  const weak = new Map<string, Weak>();
  for (const user of users) {
    const hash = paramOf(user, 'a1-hash');
    const password = paramOf(user, 'password');
    if (password === undefined || password.value === '') {
      if (hash === undefined || hash.value === '') withoutPassword(user, found);
      continue;
    }
    const what = weaknessOf(password.value, [user.id, `${user.id}@${user.domain}`]);
    if (what === undefined) continue;
    const place = sourceOf(configuration, password) ?? password.place;
    const key = `${place.file}:${place.line}:${what}`;
    const names = weak.get(key)?.names ?? [];
    names.push(user.id);
    weak.set(key, { what, place, names, severity: isDefault(password.value) ? 'error' : 'warning' });
  }
  for (const { what, severity, place, names } of weak.values()) {
    const who =
      names.length === 1
        ? `SIP user ${listed(names)} has`
        : `${names.length} SIP users (${listed(names)}) have`;
    found.add('user-password', severity, place, `${who} ${what}.`);
  }
  checkMailboxes(users, found);
}

function withoutPassword(user: DirectoryUser, found: Collector): void {
  const allowed = paramOf(user, 'allow-empty-password');
  if (allowed !== undefined && !isTrue(allowed.value)) return;
  // A list of addresses for a single user is asked before the password (sofia_reg.c).
  const acl = paramOf(user, 'auth-acl');
  if (acl !== undefined && acl.value !== '') return;
  found.add('user-without-password', 'warning', user.place, `SIP user ${user.id} has no password.`);
}

function checkMailboxes(users: readonly DirectoryUser[], found: Collector): void {
  const same = users.filter((user) => {
    const password = paramOf(user, 'vm-password')?.value;
    const mailbox = paramOf(user, 'mailbox')?.value;
    return password !== undefined && password !== '' && (password === user.id || password === mailbox);
  });
  const [first] = same;
  if (first === undefined) return;
  const place = paramOf(first, 'vm-password')?.place ?? first.place;
  const names = same.map(({ id }) => id);
  const who =
    names.length === 1 ? `Mailbox ${listed(names)} has` : `${names.length} mailboxes (${listed(names)}) have`;
  found.add('voicemail-password', 'note', place, `${who} its own number for a password.`);
}

/** The line that set the global variable from which a password comes. */
function sourceOf(configuration: SwitchConfiguration, password: Param): Place | undefined {
  const name = password.globals.find((global) => configuration.globals.get(global)?.value === password.value);
  return name === undefined ? undefined : configuration.globals.get(name)?.place;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
