import path from 'node:path';
import { AppError } from '../errors.js';
import { AclService } from './service.js';
import type { SwitchPort } from './test-lists.js';

/** What the configuration says of a switch's files. */
export interface SwitchFiles {
  readonly conf_dir?: string | undefined;
  readonly acl_file?: string | undefined;
}

/**
 * The access lists of a configured switch.
 * @throws AppError `acl_not_configured`
 */
export function aclOfSwitch(name: string, files: SwitchFiles | undefined, port: SwitchPort): AclService {
  const confDir = files?.conf_dir;
  const file =
    files?.acl_file ??
    (confDir === undefined ? undefined : path.join(confDir, 'autoload_configs', 'acl.conf.xml'));
  if (file === undefined) throw new AppError('acl_not_configured', `switches.${name}`);
  return new AclService({ file, confDir, port });
}
