/** How many partial sums wait at once when 64 volunteers answer in the order that is worst for memory. */

import {
  completeOptimizerSpec,
  createCoordinator,
  type Effect,
  initialCheckpoint,
  type Lease,
  type VolunteerId,
} from '@manyhands/core';
import { type Measurement, ratio } from './measurement.ts';
import { syntheticJob } from './synthetic-job.ts';

const VOLUNTEERS = 64;
const UNITS = 512;
const HELD_MAX = 32;
const ROUNDS = 5;

export async function measureHeldVectors(): Promise<readonly Measurement[]> {
  const { job } = syntheticJob({ params: 16, units: UNITS, steps: ROUNDS, heldVectorsMax: HELD_MAX });
  const start = initialCheckpoint(
    { ...job, optimizer: completeOptimizerSpec({ kind: 'sgd', learningRate: 0.1 }) },
    new Float32Array(16),
    new Float32Array(0),
  );
  const coordinator = createCoordinator(job, start);
  const open: Lease[] = [];
  const tell = (event: Parameters<typeof coordinator.step>[0]) => {
    for (const effect of coordinator.step(event, 0) as Effect[]) {
      if (effect.type === 'assign') open.push(effect.lease);
    }
  };
  const device = { engine: 'bench', backend: 'cpu', vendor: '', architecture: '' } as const;
  for (let i = 1; i <= VOLUNTEERS; i++) {
    const volunteer = i as VolunteerId;
    tell({ type: 'volunteer-joined', volunteer, account: `${i}`, device });
    tell({ type: 'lease-pulled', volunteer });
    tell({ type: 'lease-pulled', volunteer });
  }
  while (open.length > 0) {
    // Even blocks first: no two siblings meet before there is nothing else left.
    const even = open.findIndex(({ block }) => block.index % 2 === 0);
    const [lease] = open.splice(Math.max(0, even), 1);
    const { volunteer, id } = lease!;
    const vector = new Float32Array(18).fill(lease!.run.count);
    const samples = lease!.run.count * job.batch.unitSamples;
    tell({ type: 'contribution-arrived', volunteer, lease: id, samples, computeMs: 0, vector });
    tell({ type: 'lease-pulled', volunteer });
  }
  const { heldVectorsPeak, version } = coordinator.view();
  if (version.step !== ROUNDS) throw new Error(`The job stopped at step ${version.step} of ${ROUNDS}.`);
  const note = `${VOLUNTEERS} volunteers, ${UNITS} units, limit ${HELD_MAX}; stay ≤ 1`;
  return [ratio('memory.held_vectors', heldVectorsPeak / HELD_MAX, note, false)];
}
