import { type Bed, pause } from './bed.js';
import { exactCpuMs } from './proc.js';

/** What events of channels that are not ours cost the daemon. */
export interface ForeignEvents {
  readonly perSecond: number;
  /** Share of one core. */
  readonly cpu: number;
}

export const FOREIGN_EVENTS_FILE = 'foreign-events.lua';

const PER_SECOND = 10_000;
const WARM_UP_MS = 500;

/** Fires events of the kinds that the daemon has subscribed to, with as many headers as a channel has. */
export const FOREIGN_EVENTS_SCRIPT = `
local seconds = tonumber(argv[1])
local api = freeswitch.API()
local names = { "CHANNEL_PARK", "CHANNEL_UNPARK", "CHANNEL_HANGUP" }
local began = tonumber(api:executeString("strmicroepoch"))
local fired = 0
while true do
  local now = (tonumber(api:executeString("strmicroepoch")) - began) / 1000000
  if now >= seconds then break end
  while fired < now * ${PER_SECOND} do
    local event = freeswitch.Event(names[fired % 3 + 1])
    for i = 1, 100 do event:addHeader("variable_foreign_" .. i, "some value of a channel") end
    event:addHeader("Unique-ID", "foreign-" .. fired)
    event:addHeader("variable_cti_owner", "somebody-else")
    event:fire()
    fired = fired + 1
  end
  freeswitch.msleep(5)
end
freeswitch.API():executeString("global_setvar foreign_events_fired=" .. fired)
`;

export async function measureForeignEvents(bed: Bed, durationMs: number): Promise<ForeignEvents> {
  const daemon = await bed.peer('switchhook_attached');
  if (daemon === undefined) throw new Error('there is no daemon to measure');
  const seconds = Math.ceil((durationMs + 2 * WARM_UP_MS) / 1000);
  await bed.freeswitch.api('global_setvar foreign_events_fired=0');
  await bed.freeswitch.api(`luarun ${bed.file(FOREIGN_EVENTS_FILE)} ${seconds}`);
  await pause(WARM_UP_MS);
  const [startMs, before] = [performance.now(), exactCpuMs(daemon.pid)];
  await pause(durationMs);
  const cpu = (exactCpuMs(daemon.pid) - before) / (performance.now() - startMs);
  let fired = 0;
  for (let tries = 0; fired === 0 && tries < 100; tries += 1) {
    await pause(100);
    fired = Number(await bed.freeswitch.api('global_getvar foreign_events_fired'));
  }
  return { perSecond: fired / seconds, cpu };
}
