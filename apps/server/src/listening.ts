/** Taking a port, with a sentence for everything that can be in the way. */

import { type AddressInfo, createServer } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { localUrl } from './address.ts';
import { StartError } from './start-error.ts';

/** Throws a StartError when the port cannot be had: asked before anything is written. */
export async function checkPort(host: string, port: number): Promise<void> {
  if (!URL.canParse(localUrl('http', host, port)))
    throw new StartError(`${host} cannot stand in a link: choose another address with --host.`);
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error) => reject(startErrorOf(error, host, port)));
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}

/**
 * Lines that may wait at the door while the thread is busy, if the system allows as many. With Node's 511 a busy machine reset up to 112 of
 * 5,000 that came within ten seconds.
 */
const WAITING_LINES_MAX = 4_096;

/** Listens, and answers the port. */
export async function listen(http: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await http.listen({ host, port, backlog: WAITING_LINES_MAX });
  } catch (error) {
    throw startErrorOf(error as NodeJS.ErrnoException, host, port);
  }
  return (http.server.address() as AddressInfo).port;
}

function startErrorOf(error: NodeJS.ErrnoException, host: string, port: number): StartError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartError(`Port ${port} is in use: stop what uses it, or choose another with --port.`);
    case 'EACCES':
      return new StartError(`This user may not take port ${port}: choose one above 1023 with --port.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartError(`${host} is no address of this machine: choose another with --host.`);
    default:
      return new StartError(`The server cannot listen on ${host}, port ${port} (${error.message}).`);
  }
}
