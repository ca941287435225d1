import type { Place } from '../../switch-config/places.js';
import type { At } from './at.js';
import type { Dialled, Outcome, Trail, Unfollowed } from './trail.js';

/** What was found on the ways of a call; of several alike at one place the first, which is the shortest. */
export class Ledger {
  readonly #outcomes = new Map<string, Outcome>();
  readonly #unfollowed = new Map<string, Unfollowed>();

  dialled(dialled: Dialled, at: At): void {
    this.#add({ kind: 'dialled', dialled, place: at.place, trail: way(at, dialled.target) }, dialled.freedom);
  }

  wrote(kind: 'command' | 'program', label: string, at: At): void {
    this.#add({ kind, label, place: at.place, trail: way(at, label) }, label);
  }

  unfollowed(place: Place, what: string): void {
    this.#unfollowed.set(`${place.file}:${place.line}`, { place, what });
  }

  outcomes(): Outcome[] {
    return [...this.#outcomes.values()];
  }

  left(): Unfollowed[] {
    return [...this.#unfollowed.values()];
  }

  #add(outcome: Outcome, about: string): void {
    const key = `${outcome.place.file}:${outcome.place.line}:${about}`;
    if (!this.#outcomes.has(key)) this.#outcomes.set(key, outcome);
  }
}

/** The way to an action, with what it does there in full. */
function way({ trail, step }: At, target: string): Trail {
  const [application = ''] = target.split(' ', 1);
  const end = `: ${application}`;
  const what = step.what.endsWith(end) ? `${step.what.slice(0, -application.length)}${target}` : step.what;
  return [...trail, { ...step, what }];
}
