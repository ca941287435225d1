/** A straight line through samples. */
export interface Slope {
  /** Per hour, in the unit of the samples. */
  readonly perHour: number;
  /** Half of the interval in which the true slope lies with 95 % confidence; per hour. */
  readonly plusMinus: number;
  readonly mean: number;
  /** Standard deviation around the line. */
  readonly noise: number;
  readonly samples: number;
  readonly verdict: 'flat' | 'grows' | 'falls' | 'too few samples';
}

const LEAST_SAMPLES = 8;
const HOUR_MS = 3_600_000;
/** Of the mean, per hour: a slope that is surely there but smaller than this is nobody's leak. */
const NEGLIGIBLE = 0.01;

/**
 * Least squares. Samples of a process resemble those before them, so each tells less than it would alone: their number
 * is taken as n (1 − r) / (1 + r), r being the correlation of neighbouring residuals.
 */
export function slopeOf(samples: readonly (readonly [atMs: number, value: number])[]): Slope {
  const n = samples.length;
  const mean = samples.reduce((sum, [, value]) => sum + value, 0) / Math.max(1, n);
  if (n < LEAST_SAMPLES)
    return { perHour: NaN, plusMinus: NaN, mean, noise: NaN, samples: n, verdict: 'too few samples' };
  const meanAt = samples.reduce((sum, [at]) => sum + at, 0) / n;
  const spread = samples.reduce((sum, [at]) => sum + (at - meanAt) ** 2, 0);
  const perMs = samples.reduce((sum, [at, value]) => sum + (at - meanAt) * (value - mean), 0) / spread;
  const residuals = samples.map(([at, value]) => value - mean - perMs * (at - meanAt));
  const squares = residuals.reduce((sum, one) => sum + one ** 2, 0);
  const neighbours = residuals.slice(1).reduce((sum, one, index) => sum + one * (residuals[index] ?? 0), 0);
  const correlation = squares === 0 ? 0 : Math.min(0.95, Math.max(0, neighbours / squares));
  const effective = Math.max(3, (n * (1 - correlation)) / (1 + correlation));
  const variance = squares / (n - 2);
  const error = Math.sqrt(((variance / spread) * n) / effective);
  const perHour = perMs * HOUR_MS;
  const plusMinus = studentT(effective - 2) * error * HOUR_MS;
  const isSure = Math.abs(perHour) > plusMinus && Math.abs(perHour) > NEGLIGIBLE * Math.abs(mean);
  const verdict = !isSure ? 'flat' : perHour > 0 ? 'grows' : 'falls';
  return { perHour, plusMinus, mean, noise: Math.sqrt(squares / n), samples: n, verdict };
}

/** 97.5 % quantile of Student's distribution, as near as a confidence interval needs it. */
function studentT(degrees: number): number {
  const d = Math.max(1, degrees);
  return 1.96 + 2.4 / d + 2.6 / d ** 2 + 5.7 / d ** 4;
}
