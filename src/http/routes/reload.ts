import { AppError } from '../../errors.js';
import type { ReloadOutcome, SwitchAdmin } from '../../switch/admin.js';
import { fsCommandToShow } from '../../switch/fs-commands.js';
import type { FsCommands } from '../../switch/fs-commands.js';
import type { ApiFeature } from '../api.js';
import { RELOAD_FAILURES, SWITCH_FAILURES } from '../failures.js';
import {
  fsAnswerSchema,
  fsRequestSchema,
  reloadAnswerSchema,
  reloadRequestSchema,
} from '../contract/reload.js';
import type { ReloadAnswer, ReloadRequest } from '../contract/reload.js';

/** What came of reading the daemon's own configuration again. */
export interface ConfigReload {
  readonly changes: readonly { readonly path: string; readonly before?: unknown; readonly after?: unknown }[];
  /** What is allowed but worth a look. */
  readonly warnings: readonly string[];
}

export interface AdminServices {
  /** @throws AppError `no_such_switch` */
  admin(
    name?: string,
  ): Pick<
    SwitchAdmin,
    'name' | 'reloadAcl' | 'reloadXml' | 'rescanProfile' | 'restartProfile' | 'reloadSofia' | 'run'
  >;
  /** Who may give which command; that of the configuration in force. */
  fsCommands(): FsCommands;
  /** All of it or nothing. */
  reloadConfig(): ConfigReload;
}

/** Reloading, and the terminal. */
export function adminRoutes(services: AdminServices): ApiFeature {
  return (api) => {
    api.change({
      url: '/reload',
      summary: 'Make FreeSWITCH, or the daemon itself, read its configuration again.',
      description:
        "`what` says what. Nothing that would end calls is done without `force`. `config` is the daemon's own: all of it is taken over or nothing, and what needs a restart is named (`restart_needed`).",
      errors: [...RELOAD_FAILURES, ...SWITCH_FAILURES],
      requires: 'admin',
      body: reloadRequestSchema,
      response: reloadAnswerSchema,
      action: 'reload',
      target: ({ body }) => targetOf(body),
      handler: async ({ body, note }) => {
        const answer = await reload(services, body);
        if (answer.calls_lost > 0) note(`${answer.calls_lost} call legs lost`);
        if (answer.changes !== undefined)
          note(answer.changes.map(({ path }) => path).join(', ') || 'no change');
        return answer;
      },
    });
    api.change({
      url: '/fs',
      summary: 'One API command of FreeSWITCH.',
      description:
        "As on FreeSWITCH's console. Which role may give which command is said by `fs` of the configuration; what the command does to calls is not asked twice.",
      errors: ['command_refused', 'unsafe_command', ...SWITCH_FAILURES],
      requires: 'viewer',
      body: fsRequestSchema,
      response: fsAnswerSchema,
      action: 'fs',
      target: ({ body }) => fsCommandToShow(body.command),
      handler: async ({ body, identity }) => {
        const command = services.fsCommands().check(identity.role, body.command);
        const admin = services.admin(body.switch);
        return { switch: admin.name, ...(await admin.run(command)) };
      },
    });
  };
}

function targetOf(request: ReloadRequest): string {
  switch (request.what) {
    case 'profile':
      return `profile ${request.profile}${request.restart ? ' --restart' : ''}${request.force ? ' --force' : ''}`;
    case 'sofia':
      return request.force ? 'sofia --force' : 'sofia';
    case 'acl':
    case 'xml':
    case 'config':
      return request.what;
  }
}

async function reload(services: AdminServices, request: ReloadRequest): Promise<ReloadAnswer> {
  const { what } = request;
  if (what === 'config') {
    const { changes, warnings } = services.reloadConfig();
    return { what, calls_lost: 0, notes: [...warnings], changes: [...changes] };
  }
  const admin = services.admin(request.switch);
  const outcome = await outcomeOf(admin, request);
  if (!outcome.ok) throw new AppError(outcome.code, outcome.detail);
  const { answer, callsLost, notes } = outcome;
  return { what, switch: admin.name, answer, calls_lost: callsLost, notes: [...notes] };
}

function outcomeOf(
  admin: ReturnType<AdminServices['admin']>,
  request: Exclude<ReloadRequest, { readonly what: 'config' }>,
): Promise<ReloadOutcome> {
  switch (request.what) {
    case 'acl':
      return admin.reloadAcl();
    case 'xml':
      return admin.reloadXml();
    case 'profile':
      if (request.restart) return admin.restartProfile(request.profile, request.force);
      return admin.rescanProfile(request.profile);
    case 'sofia':
      return admin.reloadSofia(request.force);
  }
}
