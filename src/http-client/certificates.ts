import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { AppError } from '../errors.js';

/** Files in PEM; absolute paths. */
export interface CertificateFiles {
  readonly ca_file?: string | undefined;
  readonly client_cert_file?: string | undefined;
  readonly client_key_file?: string | undefined;
}

/**
 * @param place where the files are named, for messages: `endpoints.billing`
 * @returns undefined when none is named: what Node trusts by itself
 * @throws AppError `config_unreadable`, `config_invalid` for files that can't be used
 */
export function secureContextOf(place: string, files: CertificateFiles): SecureContext | undefined {
  const { ca_file: ca, client_cert_file: cert, client_key_file: key } = files;
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  if ((cert === undefined) !== (key === undefined)) {
    throw new AppError(
      'config_invalid',
      `${place}: client_cert_file and client_key_file belong together; one of them is missing`,
    );
  }
  const options = {
    ...(ca !== undefined && { ca: read(`${place}.ca_file`, ca) }),
    ...(cert !== undefined && { cert: read(`${place}.client_cert_file`, cert) }),
    ...(key !== undefined && { key: read(`${place}.client_key_file`, key) }),
  };
  if (options.ca !== undefined && !options.ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw new AppError('config_invalid', `${place}.ca_file: no certificate in PEM in it`);
  }
  try {
    return createSecureContext(options);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'not PEM';
    throw new AppError('config_invalid', `${place}: certificates or key can't be used (${reason})`);
  }
}

/** Another one when a file was renewed at the same path; `''` when none is named. */
export function certificatesMark({ ca_file, client_cert_file, client_key_file }: CertificateFiles): string {
  const named = [ca_file, client_cert_file, client_key_file].filter((path) => path !== undefined);
  return named
    .map((path) => {
      const known = statSync(path, { throwIfNoEntry: false });
      return known === undefined ? '-' : `${known.ino}/${known.mtimeMs}/${known.size}`;
    })
    .join(' ');
}

function read(place: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new AppError(
      'config_unreadable',
      `${place}: ${path} (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    );
  }
}
