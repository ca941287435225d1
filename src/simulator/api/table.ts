import { administrationApis } from './administration.js';
import type { Api } from './api.js';
import { callApis } from './calls.js';
import { channelApis } from './channels.js';
import { hashApis } from './hash.js';
import { systemApis } from './system.js';
import { textApis } from './text-functions.js';

/** Every API command the simulator has, by name. */
export const APIS: ReadonlyMap<string, Api> = new Map<string, Api>([
  ...Object.entries(channelApis),
  ...Object.entries(callApis),
  ...Object.entries(systemApis),
  ...Object.entries(administrationApis),
  ...Object.entries(textApis),
  ...Object.entries(hashApis),
]);
