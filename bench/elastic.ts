/**
 * What is left of a fleet's strength when its volunteers are a hundred times slower than one another, far away, and come and
 * go. 64 clocks on real sockets (`waiting-volunteer`), each behind 100 ms of round trip and 10 Mbit/s up; 1,024 units a batch,
 * 100,000 float32 parameters; speeds log-normal, clipped to 1:100, around a second a unit.
 *
 * Throughput is accepted units, counted over whole rounds; strength is the summed speed of all who are there.
 */

import { createPopulation, NO_FAULTS } from '@manyhands/simulator';
import { openSlowLink } from '../e2e/slow-link.ts';
import { untilStep } from './job-progress.ts';
import { type Measurement, ratio } from './measurement.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { joinWaiting, type WaitingVolunteer } from './waiting-volunteer.ts';

const SEED = 1;
const VOLUNTEERS = 64;
const UNITS = 1_024;
const PARAMS = 100_000;
const MEDIAN_UNIT_MS = 1_000;
const LINK = { delayMs: 50, upBytesPerSecond: 10e6 / 8 };
const WARM_UP_ROUNDS = 2;
const MEASURED_ROUNDS = 8;
/** One in so many is gone without a word; the others say goodbye. */
const SILENT_EVERY = 4;
/** Half of the fleet a minute. */
const REPLACED_EVERY_MS = 60_000 / (VOLUNTEERS / 2);

export async function measureElastic(): Promise<readonly Measurement[]> {
  const spread = await train(false);
  const churned = await train(true);
  return [
    ratio(
      'elastic.spread_efficiency',
      spread.efficiency,
      `units a second ÷ summed speed of ${VOLUNTEERS} volunteers, 1:100; ${spread.vectorsPerRound.toFixed(1)} ` +
        `vectors sent up by each in a round of ${(spread.roundMs / 1_000).toFixed(1)} s; reach ≥ 0.85`,
    ),
    ratio(
      'elastic.churn_throughput',
      churned.efficiency / spread.efficiency,
      `the same with one volunteer replaced every ${(REPLACED_EVERY_MS / 1_000).toFixed(1)} s, ${churned.replaced} of them, one in ${SILENT_EVERY} without a word, ÷ calm; reach ≥ 0.85`,
    ),
  ];
}

interface Strength {
  /** Of the summed speed. */
  readonly efficiency: number;
  readonly roundMs: number;
  readonly vectorsPerRound: number;
  readonly replaced: number;
}

async function train(churn: boolean): Promise<Strength> {
  const server = await startServerProcess({
    params: PARAMS,
    units: UNITS,
    steps: 1e6,
    heldVectorsMax: 256,
    targetMs: 1_000,
  });
  const link = await openSlowLink(new URL(server.url), LINK);
  const unitMs = unitTimes();
  const fleet: WaitingVolunteer[] = [];
  const vanished: WaitingVolunteer[] = [];
  let replaced = 0;
  let replacing: Promise<void> = Promise.resolve();
  let alarm: NodeJS.Timeout | undefined;
  try {
    for (const ms of unitMs) fleet.push(await join(server, link.url, fleet.length + 1, ms));
    const strength = unitMs.reduce((sum, ms) => sum + 1 / ms, 0);
    if (churn) {
      // The newcomer is as fast as who leaves, so that the strength stays what it was.
      alarm = setInterval(() => {
        const at = (replaced * 27) % VOLUNTEERS;
        const gone = fleet[at]!;
        if (replaced % SILENT_EVERY === 0) {
          gone.vanish();
          vanished.push(gone);
        } else gone.close();
        const number = VOLUNTEERS + ++replaced;
        replacing = replacing.then(async () => {
          fleet[at] = await join(server, link.url, number, unitMs[at]!);
        });
      }, REPLACED_EVERY_MS);
    }
    await untilStep(server, WARM_UP_ROUNDS);
    const vectorsBefore = vectorsOf(fleet);
    const times = await untilStep(server, WARM_UP_ROUNDS + MEASURED_ROUNDS);
    const wallMs = times.at(-1)! - times[WARM_UP_ROUNDS - 1]!;
    const vectors = vectorsOf(fleet) - vectorsBefore;
    return {
      efficiency: (MEASURED_ROUNDS * UNITS) / wallMs / strength,
      roundMs: wallMs / MEASURED_ROUNDS,
      vectorsPerRound: vectors / MEASURED_ROUNDS / VOLUNTEERS,
      replaced,
    };
  } finally {
    clearInterval(alarm);
    await replacing.catch(() => {});
    for (const volunteer of [...fleet, ...vanished]) volunteer.close();
    link.close();
    await server.close();
  }
}

/** The simulator's population without its steadfast first: the same in every run. */
function unitTimes(): number[] {
  const population = createPopulation(SEED, VOLUNTEERS + 1, NO_FAULTS).slice(1);
  const median = population.map(({ unitMs }) => unitMs).sort((a, b) => a - b)[VOLUNTEERS / 2]!;
  return population.map(({ unitMs }) => (unitMs / median) * MEDIAN_UNIT_MS);
}

function vectorsOf(fleet: readonly WaitingVolunteer[]): number {
  return fleet.reduce((sum, volunteer) => sum + volunteer.accepted(), 0);
}

function join(server: ServerProcess, url: string, number: number, unitMs: number): Promise<WaitingVolunteer> {
  return joinWaiting({ url, job: server.job, params: PARAMS, unitMs, number });
}
