import type { HostListener } from './host/host-line.ts';
import type { Log } from './options.ts';

/** Says in the log what the person at the terminal should know of the host. */
export function hostLog(log: Log | undefined): HostListener {
  return {
    hear(message) {
      if (message.type === 'disk-trouble') log?.warn(`${message.sentence} Training goes on in memory.`);
      if (message.type === 'disk-well') log?.warn(`The disk is well again: ${message.version} is durable.`);
      if (message.type === 'failed') log?.error(message.sentence);
      if (message.type === 'status') log?.info(`The job is ${message.status}.`);
    },
  };
}
