import type { Format } from './served.js';
import { writeHttapi } from './write-httapi.js';
import { writeForSwitchhook, writeJson } from './write-json.js';

/** A list as the format has it. */
export const WRITERS: Readonly<Record<Format, typeof writeJson>> = {
  json: writeJson,
  switchhook: writeForSwitchhook,
  httapi: writeHttapi,
};
