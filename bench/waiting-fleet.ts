/** Volunteers whose devices are clocks, in a process of their own: how much of the processors they may take is for the system to say. */

import type { ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { spawnOn } from './server-process.ts';
import { joinWaiting, type WaitingOptions, type WaitingVolunteer } from './waiting-volunteer.ts';

export interface WaitingFleet {
  /** Answers that were accepted so far, of all of them. */
  accepted(): Promise<number>;
  close(): Promise<void>;
}

interface FleetOptions extends Omit<WaitingOptions, 'number'> {
  readonly volunteers: number;
}

/**
 * Resolves when all have joined. At a `niceness` above 0 (to 19) they give way to whatever else wants a processor, as volunteers do
 * that have machines of their own.
 */
export async function gatherWaiting(options: FleetOptions, niceness: number): Promise<WaitingFleet> {
  const words = [...process.execArgv, fileURLToPath(import.meta.url), JSON.stringify(options)];
  const child = spawnOn(undefined, words);
  setPriority(child.pid!, niceness);
  await answerOf(child);
  return {
    accepted() {
      child.send('accepted');
      return answerOf(child);
    },
    async close() {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      await exited;
    },
  };
}

function answerOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('message', (accepted) => resolve(accepted as number));
    child.once('exit', (code) => reject(new Error(`The fleet ended with code ${code}.`)));
  });
}

async function come({ volunteers, ...options }: FleetOptions): Promise<void> {
  const fleet: WaitingVolunteer[] = [];
  const accepted = () => fleet.reduce((sum, volunteer) => sum + volunteer.accepted(), 0);
  process.on('message', () => process.send!(accepted()));
  process.on('disconnect', () => process.exit(0));
  for (let number = 1; number <= volunteers; number++) fleet.push(await joinWaiting({ ...options, number }));
  process.send!(accepted());
}

const [, script, asked] = process.argv;
if (script === fileURLToPath(import.meta.url) && asked !== undefined) void come(JSON.parse(asked));
