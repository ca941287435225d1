import { aclOfSwitch } from '../acl/of-switch.js';
import { BackgroundAudit } from '../audit/background.js';
import type { CallControl } from '../call/call-control.js';
import type { Originator } from '../call/originator.js';
import type { Callbacks } from '../callbacks/callbacks.js';
import type { Config } from '../config/schema.js';
import { AppError } from '../errors.js';
import type { Readers } from '../events/readers.js';
import { BackgroundTests } from '../flow-test/background.js';
import type { Environment } from '../functions/functions-file.js';
import type { ApiFeature } from '../http/api.js';
import { aclRoutes } from '../http/routes/acl.js';
import { auditRoutes } from '../http/routes/audit.js';
import type { SwitchAudit } from '../http/routes/audit.js';
import { callbackRoutes } from '../http/routes/callbacks.js';
import { callRoutes } from '../http/routes/calls.js';
import { eventRoutes } from '../http/routes/events.js';
import { flowRoutes } from '../http/routes/flows.js';
import { functionRoutes } from '../http/routes/functions.js';
import { originationRoutes } from '../http/routes/originations.js';
import { recordRoutes } from '../http/routes/records.js';
import { adminRoutes } from '../http/routes/reload.js';
import { switchRoutes } from '../http/routes/switches.js';
import { RecordReader } from '../records/record-reader.js';
import { SwitchAdmin } from '../switch/admin.js';
import type { SwitchLinks } from '../switch/switch-link.js';
import { ConfiguredFlows } from './flow-desk.js';
import { ConfiguredFunctions } from './function-desk.js';
import type { ConfigReload } from './reloading.js';
import type { Setup } from './setup.js';

/** What the API can be asked about. */
export interface ApiSubjects {
  readonly control: CallControl;
  readonly originator: Originator;
  readonly links: SwitchLinks;
  readonly readers: Readers;
  readonly callbacks: Callbacks;
  /** What is in force. */
  readonly setup: () => Setup;
  readonly env: Environment;
  readonly reload: () => ConfigReload;
}

/** The API: each feature with what it needs of the daemon. */
export function apiFeatures(subjects: ApiSubjects): ApiFeature[] {
  const { control, originator, links, readers, callbacks, setup, env, reload } = subjects;
  const inForce = (): Config => setup().config;
  const { records } = inForce();
  return [
    callRoutes(control, () => inForce().log.show_digits),
    originationRoutes(originator),
    flowRoutes(new ConfiguredFlows(setup, env, new BackgroundTests())),
    functionRoutes(new ConfiguredFunctions(setup, env, reload)),
    recordRoutes(records.file === undefined ? undefined : new RecordReader(records.file)),
    eventRoutes(readers, () => inForce().http.events.readers),
    switchRoutes(links),
    callbackRoutes(callbacks),
    aclRoutes((name) => {
      const link = links.get(name);
      return aclOfSwitch(link.name, inForce().switches[link.name], link);
    }),
    auditRoutes(auditOf(links, inForce)),
    adminRoutes({
      admin: (name) => new SwitchAdmin(links.get(name)),
      fsCommands: () => setup().fsCommands,
      reloadConfig: reload,
    }),
  ];
}

/** Audits of the switches whose files are on this machine. */
function auditOf(links: SwitchLinks, inForce: () => Config): SwitchAudit {
  const background = new BackgroundAudit();
  return {
    audit(name) {
      const link = links.get(name);
      const folder = inForce().switches[link.name]?.conf_dir;
      if (folder === undefined) throw new AppError('audit_not_configured', `switches.${link.name}`);
      return background.audit(folder);
    },
  };
}
