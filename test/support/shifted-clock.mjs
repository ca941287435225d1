/**
 * For `node --import`: at each SIGUSR2 the clock on the wall jumps by the next of CLOCK_JUMPS_MS. Timers and
 * `performance` go on as before, as they do when somebody sets the clock of a machine.
 */
import process from 'node:process';

const jumps = (process.env['CLOCK_JUMPS_MS'] ?? '').split(',').map(Number);
const RealDate = Date;
let shiftMs = 0;

class ShiftedDate extends RealDate {
  /** @param {[] | [number | string | Date]} given */
  constructor(...given) {
    super(given[0] ?? ShiftedDate.now());
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
