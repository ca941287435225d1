import type {
  Condition,
  Context,
  DialplanAction,
  DialplanExtension,
  Test,
} from '../../switch-config/dialplan.js';
import { ANYTHING, NONE, both, either, without } from '../language/language.js';
import { contains, isNothing } from '../language/questions.js';
import type { Language } from '../language/language.js';
import { matcherOf } from '../language/match.js';
import type { Matcher } from '../language/match.js';
import type { CallState, DialledNumber, Variables } from './call.js';
import { constantOfValue, eitherValue, hole, languageOfValue, originOfValue, valueIn } from './value.js';
import type { Origin, Value } from './value.js';
import { expand, fieldValue } from './expand.js';
import type { Captures, World } from './expand.js';

/** An action that may run, and with what. */
export interface PlannedAction {
  readonly action: DialplanAction;
  readonly captures: Captures | undefined;
  /** The numbers with which it runs. */
  readonly number: DialledNumber;
  /** It runs for every number that its context is asked for. */
  readonly certain: boolean;
  /** Actions of one condition run together. */
  readonly block: number;
  /** Whatever runs behind it in its extension runs only when it has run. */
  readonly steady: boolean;
}

/** What an extension makes of a call. */
export interface ExtensionPlan {
  readonly extension: DialplanExtension;
  readonly actions: readonly PlannedAction[];
  /** The numbers that certainly end the look-up here. */
  readonly taken: Language;
  /** With what `inline` actions set, for the extensions behind. */
  readonly variables: Variables;
}

/** The two languages of a DialledNumber. */
interface Numbers {
  readonly language: Language;
  readonly left: Language;
}

const NO_NUMBERS: Numbers = { language: NONE, left: NONE };

function none(numbers: Numbers): boolean {
  return isNothing(numbers.left);
}

function only(numbers: Numbers, language: Language): Numbers {
  return { language: both(numbers.language, language), left: both(numbers.left, language) };
}

function except(numbers: Numbers, language: Language): Numbers {
  return { language: numbers.language, left: without(numbers.left, language) };
}

/** What a test says about a call. */
interface Verdict {
  readonly matched: Numbers;
  readonly missed: Numbers;
  readonly captures: Captures | undefined;
  /** The test is about the number alone, and exactly understood: `matched` and `missed` have nothing in common. */
  readonly exact: boolean;
  /** Texts for which it certainly matches. */
  readonly surely: Language;
}

/** Reads an extension for all the numbers that a call may have (mod_dialplan_xml.c parse_exten). */
export function planExtension(extension: DialplanExtension, state: CallState, world: World): ExtensionPlan {
  const planner = new Planner(state, world);
  const end = planner.conditions(extension.conditions, state.number, true, true);
  return {
    extension,
    actions: planner.actions,
    taken: extension.continues ? NONE : end,
    variables: planner.variables,
  };
}

class Planner {
  readonly actions: PlannedAction[] = [];
  #blocks = 0;
  #state: CallState;
  readonly #world: World;

  constructor(state: CallState, world: World) {
    this.#state = state;
    this.#world = world;
  }

  get variables(): Variables {
    return this.#state.variables;
  }

  /**
   * @param numbers those for which the first condition is looked at
   * @param certain every call with such a number gets here
   * @returns texts that certainly match all of the conditions
   */
  conditions(
    conditions: readonly Condition[],
    numbers: Numbers,
    certain: boolean,
    required: boolean,
  ): Language {
    let here = numbers;
    let sure = certain;
    let through: Language = conditions.length === 0 ? NONE : ANYTHING;
    for (const condition of conditions) {
      if (none(here)) return NONE;
      const verdict = this.#verdict(condition, here);
      const { matched, missed, exact } = verdict;
      const steady = condition.break === 'on-false' && required;
      // First those after which, with on-false, nothing more of the extension runs.
      this.#take(condition.antiActions, missed, undefined, { certain: sure && none(matched), steady: false });
      this.#take(condition.actions, matched, verdict.captures, { certain: sure && none(missed), steady });
      through = exact && condition.antiActions.length === 0 ? both(through, verdict.surely) : NONE;
      if (condition.nested.length > 0 && !none(matched)) {
        this.conditions(condition.nested, matched, sure && none(missed), condition.requireNested);
        through = NONE;
      }
      if (condition.break === 'always') return required ? through : NONE;
      if (condition.break === 'on-true') {
        here = missed;
        sure &&= none(matched);
        through = NONE;
      } else if (condition.break === 'on-false') {
        here = matched;
        // Behind a test that some calls pass and others don't, nothing is certain for all of them.
        sure &&= none(missed);
      }
    }
    return required ? through : NONE;
  }

  #take(
    actions: readonly DialplanAction[],
    numbers: Numbers,
    captures: Captures | undefined,
    how: { readonly certain: boolean; readonly steady: boolean },
  ): void {
    if (actions.length === 0 || none(numbers)) return;
    this.#blocks += 1;
    const number = narrow(this.#state.number, numbers);
    for (const action of actions) {
      this.actions.push({ action, captures, number, block: this.#blocks, ...how });
      if (action.inline) this.#runInline(action, captures, number, how.certain);
    }
  }

  /** Only assignments matter while the dialplan is looked up. */
  #runInline(
    action: DialplanAction,
    captures: Captures | undefined,
    number: DialledNumber,
    certain: boolean,
  ): void {
    if (action.application.toLowerCase() !== 'set' && action.application.toLowerCase() !== 'export') return;
    const equals = action.data.indexOf('=');
    if (equals < 0) return;
    const name = action.data.slice(0, equals).trim();
    const value = expand(action.data.slice(equals + 1), { ...this.#state, number }, this.#world, captures);
    const before = this.#state.variables.get(name) ?? hole(`\${${name}}`, 'unknown');
    this.#state = {
      ...this.#state,
      variables: this.#state.variables.with(name, certain ? value : eitherValue(before, value)),
    };
  }

  #verdict(condition: Condition, numbers: Numbers): Verdict {
    if (condition.rule === undefined) return this.#test(condition.test, numbers);
    const verdicts = condition.tests.map((test) => this.#test(test, numbers));
    const exact = verdicts.every((verdict) => verdict.exact);
    const captures = verdicts.find((verdict) => verdict.captures !== undefined)?.captures;
    if (condition.rule === 'all') {
      const surely = both(...verdicts.map((verdict) => verdict.surely));
      const matched = verdicts.reduce((all, { matched: one }) => meet(all, one), numbers);
      return { matched, missed: exact ? except(numbers, surely) : numbers, captures, exact, surely };
    }
    if (condition.rule === 'xor') {
      return { matched: numbers, missed: numbers, captures, exact: false, surely: NONE };
    }
    const surely = either(...verdicts.map((verdict) => verdict.surely));
    const missed = verdicts.reduce((all, { missed: one }) => meet(all, one), numbers);
    return { matched: exact ? only(numbers, surely) : numbers, missed, captures, exact, surely };
  }

  #test(test: Test, numbers: Numbers): Verdict {
    if (test.timed) return unknownVerdict(numbers, undefined);
    if (test.field === undefined) {
      return { matched: numbers, missed: NO_NUMBERS, captures: undefined, exact: true, surely: ANYTHING };
    }
    const narrowed: CallState = { ...this.#state, number: narrow(this.#state.number, numbers) };
    const expression = constantOfValue(expand(test.expression, narrowed, this.#world, undefined));
    if (expression === undefined) return unknownVerdict(numbers, () => hole('$n', 'unknown'));
    const matcher = matcherOf(expression);
    const grouped = expression.includes('(');
    if (isNumberField(test.field)) {
      return numberVerdict(matcher, numbers, this.#state.number.origin, grouped);
    }
    const value = fieldValue(test.field, narrowed, this.#world);
    return otherVerdict(matcher, value, numbers, grouped);
  }
}

function isNumberField(field: string): boolean {
  return /^(?:destination_number|\$\{destination_number\})$/i.test(field);
}

function narrow(number: DialledNumber, numbers: Numbers): DialledNumber {
  return { ...numbers, origin: number.origin };
}

function meet(a: Numbers, b: Numbers): Numbers {
  return { language: both(a.language, b.language), left: both(a.left, b.left) };
}

function unknownVerdict(numbers: Numbers, captures: Captures | undefined): Verdict {
  return { matched: numbers, missed: numbers, captures, exact: false, surely: NONE };
}

function numberVerdict(matcher: Matcher, numbers: Numbers, origin: Origin, grouped: boolean): Verdict {
  const matched = only(numbers, matcher.matches);
  return {
    matched,
    missed: matcher.exact ? except(numbers, matcher.matches) : numbers,
    exact: matcher.exact,
    surely: matcher.exact ? matcher.matches : NONE,
    captures: grouped
      ? (group) => valueIn(matcher.capture(group, matched.language), origin, `$${group}`)
      : undefined,
  };
}

/** A test of something else than the number: what it says holds for all numbers. */
function otherVerdict(matcher: Matcher, value: Value, numbers: Numbers, grouped: boolean): Verdict {
  const texts = languageOfValue(value);
  const can = !isNothing(both(texts, matcher.matches));
  const must = matcher.exact && contains(matcher.matches, texts);
  const captures: Captures = (group) =>
    valueIn(matcher.capture(group, both(texts, matcher.matches)), originOfValue(value), `$${group}`);
  return {
    matched: can ? numbers : NO_NUMBERS,
    missed: must ? NO_NUMBERS : numbers,
    captures: grouped ? captures : undefined,
    exact: must || !can,
    surely: must ? ANYTHING : NONE,
  };
}

/** The context of that name, or the one that FreeSWITCH falls back to. */
export function contextOf(contexts: ReadonlyMap<string, Context>, name: string): Context | undefined {
  return contexts.get(name.toLowerCase()) ?? contexts.get('global');
}
