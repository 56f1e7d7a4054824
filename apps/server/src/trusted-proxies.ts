/**
 * Whose word is taken for where a visitor comes from. Behind a reverse proxy every visitor has the proxy's address, and a
 * ceiling for each address would be one for all of them. A proxy writes the real one into `X-Forwarded-For`; but so can
 * anybody, so the header is read only as far as it was written by a proxy that the operator named.
 */

import type { IncomingMessage } from 'node:http';
import proxyAddress from '@fastify/proxy-addr';
import { StartError } from './start-error.ts';

/** Whether what came from this address may name another. */
export type Trust = (address: string, hop: number) => boolean;

/**
 * `named` are addresses (`10.0.0.7`), networks (`10.0.0.0/8`), or `loopback`, `linklocal`, `uniquelocal`; nobody is trusted
 * when it is empty. Throws a StartError.
 */
export function trustIn(named: readonly string[]): Trust {
  try {
    return proxyAddress.compile([...named]);
  } catch (error) {
    throw new StartError(
      `A trusted proxy must be an address, a network such as 10.0.0.0/8, or loopback (${(error as Error).message}).`,
    );
  }
}

/** The address of whoever asks, as far as it can be trusted. */
export function visitorAddress(request: IncomingMessage, trust: Trust): string {
  return proxyAddress(request, trust);
}
