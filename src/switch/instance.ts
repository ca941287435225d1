import { hostname } from 'node:os';

/** The host name of this machine, made a name that an instance may have. */
export function defaultInstance(host = hostname()): string {
  const cleaned = host
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64);
  return cleaned === '' ? 'switchhook' : cleaned;
}
