/**
 * As much of Prometheus as a dashboard needs to be tried on two scrapes: its text format, and the part of PromQL that
 * the dashboard uses. What is not understood throws.
 */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A scrape: samples by the name of their series. */
export type Scrape = ReadonlyMap<string, readonly Sample[]>;

/** @param target what Prometheus itself adds: job and instance */
export function parseScrape(text: string, target: Readonly<Record<string, string>> = {}): Scrape {
  const series = new Map<string, Sample[]>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match === null) throw new Error(`not a sample: ${line}`);
    const [, name = '', inner = '', value = ''] = match;
    const labels: Record<string, string> = { ...target };
    const rest = inner.replace(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g, (_, label: string, raw: string) => {
      labels[label] = raw.replace(/\\(.)/g, (__, one: string) => (one === 'n' ? '\n' : one));
      return '';
    });
    if (rest !== '') throw new Error(`not labels: ${inner}`);
    const samples = series.get(name) ?? [];
    samples.push({ labels, value: value === '+Inf' ? Infinity : Number(value) });
    series.set(name, samples);
  }
  return series;
}

/** Two scrapes and the seconds between them. */
export interface Range {
  readonly before: Scrape;
  readonly after: Scrape;
  readonly seconds: number;
}

type Value = number | readonly Sample[];

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?)|([a-zA-Z_:][\w:]*)|("(?:[^"\\]|\\.)*")|(=~|!~|!=|==|>=|<=|[-+*/<>=(){}[\],])|(\S))/y;

function tokensOf(query: string): string[] {
  TOKEN.lastIndex = 0;
  const tokens: string[] = [];
  while (query.slice(TOKEN.lastIndex).trim() !== '') {
    const match = TOKEN.exec(query);
    if (match === null || match[5] !== undefined) throw new Error(`not PromQL: ${query}`);
    tokens.push(match[0].trim());
  }
  return tokens;
}

/** The value of an instant query at the second scrape. */
export function evaluate(query: string, range: Range): Value {
  const parser = new Evaluation(tokensOf(query), range);
  const value = parser.expression();
  parser.end();
  return value;
}

class Evaluation {
  readonly #tokens: string[];
  readonly #range: Range;
  #at = 0;

  constructor(tokens: string[], range: Range) {
    this.#tokens = tokens;
    this.#range = range;
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw new Error(`unexpected ${this.#tokens[this.#at] ?? ''}`);
  }

  expression(): Value {
    let left = this.#sum();
    for (;;) {
      const operator = this.#taken('==', '!=', '>', '<', '>=', '<=');
      if (operator === undefined) return left;
      left = compared(left, operator, this.#sum());
    }
  }

  #sum(): Value {
    let left = this.#product();
    for (;;) {
      const operator = this.#taken('+', '-');
      if (operator === undefined) return left;
      const sign = operator === '+' ? 1 : -1;
      left = combined(left, this.#product(), (a, b) => a + sign * b);
    }
  }

  #product(): Value {
    let left = this.#atom();
    for (;;) {
      const operator = this.#taken('*', '/');
      if (operator === undefined) return left;
      left = combined(left, this.#atom(), operator === '*' ? (a, b) => a * b : (a, b) => a / b);
    }
  }

  #atom(): Value {
    const token = this.#next();
    if (token === '(') {
      const value = this.expression();
      this.#expect(')');
      return value;
    }
    if (/^\d/.test(token)) return Number(token);
    if (['sum', 'max', 'min', 'count'].includes(token)) return this.#aggregation(token);
    if (token === 'rate' || token === 'increase') {
      this.#expect('(');
      const grown = this.#increase();
      this.#expect(')');
      const per = token === 'rate' ? this.#range.seconds : 1;
      return grown.map(({ labels, value }) => ({ labels, value: value / per }));
    }
    if (token === 'histogram_quantile') {
      this.#expect('(');
      const quantile = this.expression();
      this.#expect(',');
      const buckets = this.expression();
      this.#expect(')');
      return quantiles(quantile as number, vector(buckets));
    }
    return this.#select(token, this.#matchers(), this.#range.after);
  }

  #aggregation(kind: string): Value {
    const by = this.#taken('by') === undefined ? [] : this.#labels();
    this.#expect('(');
    const samples = vector(this.expression());
    this.#expect(')');
    const groups = new Map<string, { labels: Record<string, string>; values: number[] }>();
    for (const { labels, value } of samples) {
      const kept = Object.fromEntries(
        by.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])),
      );
      const key = JSON.stringify(kept);
      const group = groups.get(key) ?? { labels: kept, values: [] };
      group.values.push(value);
      groups.set(key, group);
    }
    return Array.from(groups.values(), ({ labels, values }) => ({
      labels,
      value:
        kind === 'sum'
          ? values.reduce((a, b) => a + b, 0)
          : kind === 'count'
            ? values.length
            : Math[kind as 'max' | 'min'](...values),
    }));
  }

  #labels(): string[] {
    const names: string[] = [];
    this.#expect('(');
    for (let token = this.#next(); token !== ')'; token = this.#next()) if (token !== ',') names.push(token);
    return names;
  }

  #increase(): Sample[] {
    const name = this.#next();
    const matchers = this.#matchers();
    for (const token of ['[', '5', 'm', ']']) this.#expect(token);
    const before = this.#select(name, matchers, this.#range.before, true);
    return this.#select(name, matchers, this.#range.after).flatMap((sample) => {
      const first = before.find(({ labels }) => same(labels, sample.labels));
      // Prometheus tells nothing of a series that has come in between: a dashboard would not show it yet.
      return first === undefined ? [] : [{ labels: sample.labels, value: sample.value - first.value }];
    });
  }

  #matchers(): Matcher[] {
    const matchers: Matcher[] = [];
    if (this.#taken('{') === undefined) return matchers;
    while (this.#taken('}') === undefined) {
      const label = this.#next();
      const operator = this.#next();
      const wanted = JSON.parse(this.#next()) as string;
      const isPattern = operator.endsWith('~');
      const pattern = new RegExp(`^(?:${wanted})$`);
      const isNegative = operator.startsWith('!');
      matchers.push({
        label,
        fits: (value) => (isPattern ? pattern.test(value) : value === wanted) !== isNegative,
      });
      this.#taken(',');
    }
    return matchers;
  }

  #select(name: string, matchers: Matcher[], scrape: Scrape, mayBeMissing = false): readonly Sample[] {
    const samples = scrape.get(name);
    if (samples === undefined) {
      if (mayBeMissing) return [];
      throw new Error(`there is no ${name}`);
    }
    for (const { label } of matchers) {
      if (!samples.some(({ labels }) => label in labels)) throw new Error(`${name} has no label ${label}`);
    }
    return samples.filter(({ labels }) => matchers.every(({ label, fits }) => fits(labels[label] ?? '')));
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Error('the query ends too soon');
    this.#at += 1;
    return token;
  }

  #taken(...wanted: string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || !wanted.includes(token)) return undefined;
    this.#at += 1;
    return token;
  }

  #expect(wanted: string): void {
    const token = this.#next();
    if (token !== wanted) throw new Error(`expected ${wanted}, not ${token}`);
  }
}

interface Matcher {
  readonly label: string;
  readonly fits: (value: string) => boolean;
}

function vector(value: Value): readonly Sample[] {
  if (typeof value === 'number') throw new Error('a number where a vector is wanted');
  return value;
}

function same(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function combined(left: Value, right: Value, operate: (a: number, b: number) => number): Value {
  if (typeof left === 'number' && typeof right === 'number') return operate(left, right);
  if (typeof right === 'number')
    return vector(left).map(({ labels, value }) => ({ labels, value: operate(value, right) }));
  if (typeof left === 'number')
    return right.map(({ labels, value }) => ({ labels, value: operate(left, value) }));
  return left.flatMap(({ labels, value }) => {
    const other = right.find((one) => same(one.labels, labels));
    return other === undefined ? [] : [{ labels, value: operate(value, other.value) }];
  });
}

function compared(left: Value, operator: string, right: Value): Value {
  if (typeof right !== 'number') throw new Error('compared with a vector');
  return vector(left).filter(({ value }) => {
    if (operator === '==') return value === right;
    if (operator === '!=') return value !== right;
    if (operator === '>') return value > right;
    if (operator === '<') return value < right;
    return operator === '>=' ? value >= right : value <= right;
  });
}

function quantiles(quantile: number, buckets: readonly Sample[]): Sample[] {
  const groups = new Map<string, { labels: Record<string, string>; bounds: [number, number][] }>();
  for (const { labels, value } of buckets) {
    const { le, ...rest } = labels;
    if (le === undefined) throw new Error('a histogram without le: it was aggregated away');
    const key = JSON.stringify(rest);
    const group = groups.get(key) ?? { labels: rest, bounds: [] };
    group.bounds.push([le === '+Inf' ? Infinity : Number(le), value]);
    groups.set(key, group);
  }
  return Array.from(groups.values(), ({ labels, bounds }) => {
    bounds.sort(([a], [b]) => a - b);
    const total = bounds.at(-1)?.[1] ?? 0;
    if (bounds.at(-1)?.[0] !== Infinity) throw new Error('a histogram without +Inf');
    const rank = quantile * total;
    const at = bounds.findIndex(([, count]) => count >= rank);
    if (total === 0 || at < 0) return { labels, value: NaN };
    const [bound = 0, count = 0] = bounds[at] ?? [];
    const [lower, below] = at === 0 ? [0, 0] : (bounds[at - 1] ?? [0, 0]);
    if (bound === Infinity) return { labels, value: lower };
    return { labels, value: lower + ((bound - lower) * (rank - below)) / (count - below || 1) };
  });
}
