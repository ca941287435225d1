/** Passwords of example configurations, and what people take for one. */
const DEFAULTS: ReadonlySet<string> = new Set([
  '1234',
  '12345',
  '123456',
  '1234567',
  '12345678',
  '123456789',
  '0000',
  '00000000',
  '1111',
  'password',
  'passw0rd',
  'secret',
  'changeme',
  'change_me',
  'cluecon',
  'works',
  'freeswitch',
  'asterisk',
  'admin',
  'test',
  'qwerty',
  'letmein',
  'welcome',
  'default',
  'voip',
  'sip',
  'phone',
]);
const MIN_LENGTH = 8;
const MIN_DIGITS = 12;

/**
 * What is wrong with a password, in words that do not tell it.
 * @param names what it must not be: the user's own name
 */
export function weaknessOf(password: string, names: readonly string[]): string | undefined {
  const lower = password.toLowerCase();
  if (DEFAULTS.has(lower)) return 'a default password that everybody knows';
  if (names.some((name) => name !== '' && name.toLowerCase() === lower)) return 'its own name for a password';
  if (password.length < MIN_LENGTH) return `a password of only ${password.length} characters`;
  if (/^\d+$/.test(password) && password.length < MIN_DIGITS) return 'a password of digits only';
  if (/^(.)\1*$/.test(password)) return 'a password of one repeated character';
  return undefined;
}

/** Of those that a stranger tries first. */
export function isDefault(password: string): boolean {
  return DEFAULTS.has(password.toLowerCase());
}
