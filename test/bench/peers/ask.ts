import { Agent, request } from 'undici';
import type { ListedAction } from '../lists.js';

/** One pool with kept-alive connections, as anybody who cares about load would have it. */
const agent = new Agent({ connections: 64, pipelining: 1 });

/** Asks the web service for the actions of a call, in the leanest way that undici offers. */
export async function ask(url: string): Promise<readonly ListedAction[]> {
  const { statusCode, body } = await request(url, { dispatcher: agent });
  if (statusCode !== 200) throw new Error(`the app answered ${statusCode}`);
  return (await body.json()) as ListedAction[];
}
