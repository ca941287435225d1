import { dialplanOf } from '../switch-config/dialplan.js';
import { usersOf } from '../switch-config/directory.js';
import { readSwitchConfiguration } from '../switch-config/configuration.js';
import type { ReadOptions, SwitchConfiguration } from '../switch-config/configuration.js';
import { Collector } from './collector.js';
import type { AuditReport } from './finding.js';
import { networkLists } from './network-lists.js';
import { sipProfiles } from './profiles.js';
import { checkAcls } from './rules/acls.js';
import { checkEventSocket } from './rules/event-socket.js';
import { checkExpansion } from './rules/expansion.js';
import { checkHttapi } from './rules/httapi.js';
import { checkReach } from './rules/reach.js';
import { checkSipProfiles } from './rules/sip-profiles.js';
import { checkUsers } from './rules/users.js';
import { checkVerto } from './rules/verto.js';
import { checkXmlRpc } from './rules/xml-rpc.js';

/** Many seconds. FreeSWITCH's example configuration, as it is, takes a hundredth of it. */
const EFFORT = 25_000_000;

/**
 * Reads FreeSWITCH's configuration in a folder and says what is dangerous in it. Nothing is run, nothing is asked,
 * nothing is changed.
 * @throws AppError switch_config_unreadable, switch_config_invalid
 */
export function auditFolder(folder: string, options: ReadOptions = {}): AuditReport {
  return audit(readSwitchConfiguration(folder, options));
}

/** @param effort how many steps the ways of callers through the dialplan may take; deep ones are told as not judged */
export function audit(configuration: SwitchConfiguration, effort = EFFORT): AuditReport {
  const found = new Collector(configuration.folder);
  const users = usersOf(configuration);
  const lists = networkLists(configuration, users);
  const profiles = sipProfiles(configuration, lists);

  checkSipProfiles(profiles, found);
  const verto = checkVerto(configuration, found);
  checkAcls(configuration, lists, found);
  checkEventSocket(configuration, lists, found);
  checkXmlRpc(configuration, found);
  checkUsers(configuration, users, found);
  checkExpansion(configuration, dialplanOf(configuration), found);
  checkHttapi(configuration, found);
  const complete = checkReach(configuration, profiles, verto, found, effort);
  for (const { place, what } of configuration.notDone) {
    if (/^exec(?:-set)? /.test(what)) {
      found.add('unsafe-preprocessor', 'note', place, `${what}.`);
    }
    found.remark(place, what);
  }
  return {
    folder: configuration.folder,
    findings: found.findings(),
    not_judged: found.remarks(),
    files: configuration.files.length,
    complete,
  };
}
