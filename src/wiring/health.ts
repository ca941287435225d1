import type { CallTable } from '../call/call-table.js';
import type { Health } from '../http/health.js';
import type { SwitchLinks } from '../switch/switch-link.js';

/** How the daemon is, and why it is no better. */
export function healthOf(table: CallTable, maxCalls: number, links: SwitchLinks): Health {
  if (table.draining) return { state: 'draining', calls: table.size, reasons: ['the daemon is stopping'] };
  if (table.size >= maxCalls)
    return { state: 'degraded', calls: table.size, reasons: ['limits.calls is reached'] };
  const apart = links.states().filter(({ connected }) => !connected);
  if (apart.length > 0) {
    const reasons = apart.map(
      ({ name, lastError }) => `switch ${name}: ${lastError?.code ?? 'not connected yet'}`,
    );
    return { state: 'degraded', calls: table.size, reasons };
  }
  return { state: 'ok', calls: table.size, reasons: [] };
}
