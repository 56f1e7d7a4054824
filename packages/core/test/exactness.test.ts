import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  completeOptimizerSpec,
  createCoordinator,
  createRandom,
  createSampler,
  drawOf,
  type Effect,
  initialCheckpoint,
  type Job,
  type Lease,
  layoutOf,
  type Spare,
  type Strategy,
  type VolunteerId,
} from '../src/index.ts';
import { type Compute, fold, type Model, trainAlone } from './reference.ts';

const optimizers = [
  completeOptimizerSpec({ kind: 'sgd', learningRate: 0.1 }),
  completeOptimizerSpec({ kind: 'momentum', momentum: 0.9, nesterov: true, learningRate: 0.1 }),
  completeOptimizerSpec({ kind: 'adam', learningRate: 0.05, clip: { kind: 'norm', max: 10 } }),
];

test('[EX1] however many volunteers share the work, and in whatever order they answer, the bytes are those of one machine', () => {
  fc.assert(
    fc.property(
      fc.record({
        units: fc.integer({ min: 1, max: 20 }),
        heldVectorsMax: fc.integer({ min: 1, max: 20 }),
        targetMs: fc.integer({ min: 1, max: 5_000 }),
        optimizer: fc.constantFrom(...optimizers),
        volunteers: fc.integer({ min: 1, max: 6 }),
        choices: fc.infiniteStream(fc.nat()),
      }),
      ({ units, heldVectorsMax, targetMs, optimizer, volunteers, choices }) => {
        const job = jobOf({ units, heldVectorsMax, targetMs, optimizer });
        const together = trainTogether(job, volunteers, () => choices.next().value as number);
        const alone = trainAlone(job, first, computeUnit);
        expect(bytesOf(together)).toEqual(bytesOf(alone));
      },
    ),
    { numRuns: 60 },
  );
});

test('[SR6] where units are trainings by themselves the bytes are those of one machine, as long as none is cut short', () => {
  const strategy: Strategy = { kind: 'local', steps: 3, optimizer: optimizers[0]! };
  const job = jobOf({ units: 13, heldVectorsMax: 20, targetMs: 1, optimizer: optimizers[1]!, strategy });
  const choices = createRandom(5);
  const together = trainTogether(job, 4, () => choices.below(1_000));
  expect(bytesOf(together)).toEqual(bytesOf(trainAlone(job, first, computeUnit)));
});

test('[RD9] every vector that went into a sum is given back once, and its memory may be used again at once', () => {
  const job = jobOf({ units: 13, heldVectorsMax: 20, targetMs: 1, optimizer: optimizers[2]! });
  const spared = new Set<Float32Array>();
  const together = trainTogether(
    job,
    3,
    () => 7,
    (vector) => {
      expect(spared.has(vector)).toBe(false);
      spared.add(vector.fill(Number.NaN));
    },
  );
  expect(bytesOf(together)).toEqual(bytesOf(trainAlone(job, first, computeUnit)));
  // Leases of a unit each, and all of them counted.
  expect(spared.size).toBe(job.batch.units * job.stop.steps);
});

const first: Model = { params: Float32Array.of(1, -2, 3), state: Float32Array.of(0.5) };

/** Values over twelve orders of magnitude: in any other order their sum has other bytes. */
const computeUnit: Compute = (samples, { params, state }) => {
  const sum = new Float32Array(6);
  for (const sample of samples) {
    const pull = Math.fround(((sample % 7) - 3) * 10 ** ((sample % 13) - 6));
    params.forEach((x, i) => {
      sum[i]! += x - pull * (i + 1);
    });
    sum[3]! += 0.9 * state[0]! + 0.1 * pull;
    sum[4]! += pull ** 2;
    sum[5]! += 1;
  }
  return sum;
};

function jobOf(
  changes: Pick<Job, 'optimizer'> & {
    units: number;
    heldVectorsMax: number;
    targetMs: number;
    strategy?: Strategy;
  },
): Job {
  const { optimizer, units, heldVectorsMax, targetMs, strategy = { kind: 'sync' } } = changes;
  return {
    params: layoutOf([{ name: 'w', shape: [3] }]),
    state: layoutOf([{ name: 's', shape: [1] }]),
    optimizer,
    batch: { units, unitSamples: 3 },
    samples: { train: 50, evaluation: 0 },
    shuffle: { shardSamples: 7, windowShards: 2 },
    seed: 11,
    stop: { steps: 4 },
    evaluation: { everySteps: 1, unitSamples: 1 },
    checkpoint: { everySteps: 1, everyMs: 1 },
    lease: { targetMs, deadlineMinMs: 1e6, deadlineFirstMs: 1e6, heldVectorsMax },
    strategy,
    exact: false,
    codec: { kind: 'float32' },
    updates: { kind: 'float32' },
  };
}

/** All pull whenever they may; which of the leases under way is answered next, and when, is chosen by `choose`. */
function trainTogether(job: Job, volunteers: number, choose: () => number, spare?: Spare): Model {
  const coordinator = createCoordinator(job, initialCheckpoint(job, first.params, first.state), spare);
  const batch = drawOf(job.batch, job.strategy);
  const sampler = createSampler({ ...job, batch, samples: job.samples.train });
  const open: Lease[] = [];
  let model = first;
  let nowMs = 0;
  const look = (effects: readonly Effect[]) => {
    for (const effect of effects) {
      if (effect.type === 'assign') open.push(effect.lease);
      if (effect.type === 'publish') model = effect;
    }
  };
  const pull = (volunteer: VolunteerId) => look(coordinator.step({ type: 'lease-pulled', volunteer }, nowMs));

  for (let id = 1; id <= volunteers; id++) {
    const volunteer = id as VolunteerId;
    look(coordinator.step({ type: 'volunteer-joined', volunteer, account: `${id}`, device: DEVICE }, nowMs));
    pull(volunteer);
    pull(volunteer);
  }
  while (coordinator.view().version.step < job.stop.steps) {
    nowMs += TICK_MS;
    look(coordinator.step({ type: 'ticked' }, nowMs));
    if (open.length === 0) continue;
    const [lease] = open.splice(choose() % open.length, 1);
    const { id, volunteer, run, version } = lease!;
    const leaves = Array.from({ length: run.count }, (_, i) =>
      computeUnit(sampler.indices(version.step, { first: run.first + i, count: 1 }), model),
    );
    nowMs += choose() % 1_000;
    const samples = run.count * batch.unitSamples;
    look(
      coordinator.step(
        { type: 'contribution-arrived', volunteer, lease: id, samples, computeMs: 0, vector: fold(leaves) },
        nowMs,
      ),
    );
    pull(volunteer);
  }
  return model;
}

const TICK_MS = 50;
const DEVICE = { engine: 'test', backend: 'cpu', vendor: '', architecture: '' } as const;

function bytesOf({ params, state }: Model): number[] {
  return [...new Uint32Array(params.slice().buffer), ...new Uint32Array(state.slice().buffer)];
}
