/** Volunteers whose devices are clocks, in a process of their own: how much of the processors they may take is for the system to say. */

import { fileURLToPath } from 'node:url';
import { Companion } from './companion.ts';
import { joinWaiting, type WaitingOptions, type WaitingVolunteer } from './waiting-volunteer.ts';

export interface WaitingFleet {
  /** Answers that were accepted so far, of all of them. */
  accepted(): Promise<number>;
  close(): Promise<void>;
}

interface FleetOptions extends Omit<WaitingOptions, 'number'> {
  readonly volunteers: number;
}

/** Resolves when all have joined. At a `niceness` above 0 they give way to the server, as if they had machines of their own. */
export async function gatherWaiting(options: FleetOptions, niceness: number): Promise<WaitingFleet> {
  const words = [JSON.stringify(options)];
  const fleet = new Companion<number>('The fleet', fileURLToPath(import.meta.url), words, { niceness });
  await fleet.heard();
  return { accepted: () => fleet.ask('accepted'), close: () => fleet.close() };
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
