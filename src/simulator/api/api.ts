import type { Channel } from '../channel.js';
import type { Core } from '../core.js';

/**
 * One API command: gets what follows its name, and the channel where it is called from one; answers what
 * FreeSWITCH prints, line end included.
 */
export type Api = (core: Core, args: string, channel?: Channel) => string | Promise<string>;
