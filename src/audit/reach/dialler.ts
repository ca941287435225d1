import type { SwitchConfiguration } from '../../switch-config/configuration.js';
import { paramOf } from '../../switch-config/directory.js';
import type { DirectoryUser } from '../../switch-config/directory.js';
import { MAX_NESTING } from './at.js';
import type { At, Runner } from './at.js';
import { targetsOf } from './dial.js';
import type { Target } from './dial.js';
import { expand } from './expand.js';
import type { World } from './expand.js';
import { judge } from './judge.js';
import type { Ledger } from './ledger.js';
import { constantOf, show } from './value.js';
import type { Text } from './value.js';

const OWN = ['domain', 'domain_name', 'local_ip_v4', 'local_ip_v6', 'external_sip_ip'];

/** Follows dial strings. */
export class Dialler {
  readonly #users: readonly DirectoryUser[];
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #runner: Runner;
  /** Hosts that are this switch itself. */
  readonly #own: ReadonlySet<string>;

  constructor(
    configuration: SwitchConfiguration,
    users: readonly DirectoryUser[],
    world: World,
    ledger: Ledger,
    runner: Runner,
  ) {
    this.#users = users;
    this.#world = world;
    this.#ledger = ledger;
    this.#runner = runner;
    this.#own = new Set([
      ...users.map(({ domain }) => domain),
      ...OWN.flatMap((name) => configuration.globals.get(name)?.value ?? []),
      ...OWN.map((name) => `$\${${name}}`),
      '127.0.0.1',
      'localhost',
    ]);
  }

  dial(dialString: Text, application: string, at: At): void {
    for (const target of targetsOf(dialString)) this.#follow(target, application, dialString, at);
  }

  outside(target: Extract<Target, { kind: 'outside' }>, what: string, at: At): void {
    const dialled = judge(target, what, this.#own);
    if (dialled !== undefined) this.#ledger.dialled(dialled, at);
  }

  #follow(target: Target, application: string, dialString: Text, at: At): void {
    const channel = { variables: at.state.variables, ended: false };
    const what = `${application} ${show(dialString)}`;
    switch (target.kind) {
      case 'outside':
        this.outside(target, what, at);
        break;
      case 'arbitrary':
        this.#ledger.dialled({ freedom: 'arbitrary', target: what, explanation: target.why }, at);
        break;
      case 'user':
      case 'group':
        this.#directory(target, at);
        break;
      case 'loopback': {
        const { number, context } = target;
        const dialplan = [target.dialplan || 'XML'];
        this.#runner.enter(number, { dialplan, context }, { application, data: dialString }, at, channel);
        break;
      }
      case 'application':
        if (at.depth >= MAX_NESTING) break;
        this.#runner.run(target.application, target.data, { ...at, depth: at.depth + 1 }, channel, false);
        break;
      case 'unknown':
        this.#ledger.unfollowed(at.place, what);
        break;
      case 'local':
        break;
    }
  }

  /** A user is called by the dial string that the directory gives him. */
  #directory(target: Extract<Target, { kind: 'user' | 'group' }>, at: At): void {
    if (at.depth >= MAX_NESTING) return;
    const wanted = constantOf(target.kind === 'user' ? target.user : target.group);
    const strings = new Map<string, DirectoryUser>();
    for (const user of this.#users) {
      const meant = target.kind === 'user' ? [user.id] : user.groups;
      if (wanted !== undefined && !meant.includes(wanted)) continue;
      const dialString = paramOf(user, 'dial-string');
      if (dialString !== undefined && !strings.has(dialString.value)) strings.set(dialString.value, user);
    }
    for (const [dialString, user] of strings) {
      const place = paramOf(user, 'dial-string')?.place ?? user.place;
      const dialled = target.kind === 'user' ? target.user : [user.id];
      const variables = at.state.variables
        .with('dialed_user', [dialled])
        .with('dialed_domain', [[user.domain]]);
      const inside: At = {
        ...at,
        state: { ...at.state, variables },
        trail: [...at.trail, at.step],
        step: { what: `user ${user.id}: dial-string`, place },
        place,
        depth: at.depth + 1,
      };
      for (const text of expand(dialString, inside.state, this.#world, undefined)) {
        this.dial(text, 'dial-string', inside);
      }
    }
  }
}
