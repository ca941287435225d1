import { AppError } from '../errors.js';
import type { createHttpApp } from './app.js';

/**
 * @returns the port
 * @throws AppError `listen_failed`
 */
export async function listenHttp(
  app: ReturnType<typeof createHttpApp>,
  at: { host: string; port: number },
): Promise<number> {
  try {
    await app.listen({ host: at.host, port: at.port });
  } catch (error) {
    throw new AppError('listen_failed', `http ${at.host}:${at.port}: ${String(error)}`, { cause: error });
  }
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : at.port;
}
