/**
 * For `node --import`: at each SIGUSR2 the clock on the wall jumps by the next of CLOCK_JUMPS_MS. Timers and
 * `performance` go on as before, as they do when somebody sets the clock of a machine.
 */
const jumps = (process.env['CLOCK_JUMPS_MS'] ?? '').split(',').map(Number);
const RealDate = Date;
let shiftMs = 0;

class ShiftedDate extends RealDate {
  /** @param {any[]} given */
  constructor(...given) {
    if (given.length === 0) super(ShiftedDate.now());
    // @ts-expect-error as many as there are
    else super(...given);
  }

  /** @override */
  static now() {
    return RealDate.now() + shiftMs;
  }
}

globalThis.Date = /** @type {DateConstructor} */ (/** @type {unknown} */ (ShiftedDate));

process.on('SIGUSR2', () => {
  shiftMs += jumps.shift() ?? 0;
  process.stdout.write(`${JSON.stringify({ clock: new Date().toISOString() })}\n`);
});
