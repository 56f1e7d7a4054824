import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  completeOptimizerSpec,
  createCoordinator,
  createSampler,
  type DeviceClass,
  type Effect,
  type Event,
  initialCheckpoint,
  type Job,
  type Lease,
  type LeaseId,
  layoutOf,
  type VolunteerId,
} from '../src/index.ts';
import { type Compute, fold, type Model, trainAlone } from './reference.ts';

const STEPS = 5;

test('[XC11] whoever comes and goes, every step is that of one machine of the class that the history names', () => {
  let begunAgain = 0;
  let handedOver = 0;
  fc.assert(
    fc.property(
      fc.record({
        units: fc.integer({ min: 1, max: 12 }),
        heldVectorsMax: fc.integer({ min: 1, max: 12 }),
        targetMs: fc.integer({ min: 1, max: 5_000 }),
        choices: fc.infiniteStream(fc.nat()),
      }),
      ({ units, heldVectorsMax, targetMs, choices }) => {
        const job = jobOf({ units, heldVectorsMax, targetMs });
        const { model, classOf, credit, unitsDropped, handovers } = trainInTurns(
          job,
          () => choices.next().value as number,
        );
        const alone = trainAlone(job, first, (samples, from) => {
          // The reference knows no steps; state counts them.
          const step = Math.round(from.state[0]!);
          return computeAs(classOf[step]!)(samples, from);
        });
        if (unitsDropped > 0 && new Set(classOf).size > 1) begunAgain++;
        if (handovers > 0) handedOver++;
        expect(bytesOf(model)).toEqual(bytesOf(alone));
        expect(credit).toBe(STEPS * units);
      },
    ),
    { numRuns: 60 },
  );
  // Else nothing was tried.
  expect(begunAgain).toBeGreaterThan(5);
  expect(handedOver).toBeGreaterThan(5);
});

/** The state counts the steps. */
const first: Model = { params: Float32Array.of(1, -2, 3), state: Float32Array.of(0) };

const CLASSES = [0, 1, 2].map(
  (generation): DeviceClass => ({
    engine: 'test',
    backend: 'cpu',
    vendor: 'maker',
    architecture: `${generation}`,
  }),
);

/** What a class makes of the same samples differs in the last bits only, which is enough for other bytes. */
function computeAs({ architecture }: DeviceClass): Compute {
  const rounding = 1 + Number(architecture) * 2 ** -20;
  return (samples, { params, state }) => {
    const sum = new Float32Array(6);
    for (const sample of samples) {
      const pull = ((sample % 7) - 3) * 10 ** ((sample % 13) - 6);
      params.forEach((x, i) => {
        sum[i]! += (x - pull * (i + 1)) * rounding;
      });
      sum[3]! += state[0]! + 1;
      sum[4]! += pull ** 2;
      sum[5]! += 1;
    }
    return sum;
  };
}

function jobOf(changes: { units: number; heldVectorsMax: number; targetMs: number }): Job {
  const { units, heldVectorsMax, targetMs } = changes;
  return {
    params: layoutOf([{ name: 'w', shape: [3] }]),
    state: layoutOf([{ name: 's', shape: [1] }]),
    optimizer: completeOptimizerSpec({ kind: 'adam', learningRate: 0.05 }),
    batch: { units, unitSamples: 3 },
    samples: { train: 50, evaluation: 0 },
    shuffle: { shardSamples: 7, windowShards: 2 },
    seed: 11,
    stop: { steps: STEPS },
    evaluation: { everySteps: 1, unitSamples: 1 },
    checkpoint: { everySteps: 1, everyMs: 1 },
    lease: { targetMs, deadlineMinMs: 2_000, deadlineFirstMs: 2_000, heldVectorsMax },
    strategy: { kind: 'sync' },
    exact: true,
    codec: { kind: 'float32' },
    updates: { kind: 'float32' },
  };
}

interface Trained {
  readonly model: Model;
  /** As the history says, for every step. */
  readonly classOf: readonly DeviceClass[];
  readonly credit: number;
  /** That were in when a class changed. */
  readonly unitsDropped: number;
  /** Changes between two rounds. */
  readonly handovers: number;
}

/** Volunteers of all classes come, go, lose their lines, and answer whatever they were ever given; `choose` says what is next. */
function trainInTurns(job: Job, choose: () => number): Trained {
  const coordinator = createCoordinator(job, initialCheckpoint(job, first.params, first.state));
  const sampler = createSampler({ ...job, samples: job.samples.train });
  const devices = new Map<VolunteerId, DeviceClass>();
  const lost = new Set<VolunteerId>();
  const open: { readonly lease: Lease; readonly model: Model }[] = [];
  const classOf: DeviceClass[] = [];
  let model = first;
  let credit = 0;
  let unitsDropped = 0;
  let handovers = 0;
  let nowMs = 0;
  let joined = 0;

  const tell = (event: Event) => {
    for (const effect of coordinator.step(event, nowMs)) look(effect);
  };
  const look = (effect: Effect) => {
    if (effect.type === 'assign') open.push({ lease: effect.lease, model });
    if (effect.type === 'publish') model = effect;
    if (effect.type === 'record' && effect.entry.kind === 'class-changed') {
      unitsDropped += effect.entry.units;
      if (effect.entry.step > 0 && effect.entry.units === 0) handovers++;
      classOf.fill(effect.entry.to, effect.entry.step);
      for (let step = classOf.length; step < STEPS; step++) classOf.push(effect.entry.to);
    }
    if (effect.type !== 'save') return;
    for (const units of effect.checkpoint.earned.values()) credit += units;
    tell({ type: 'checkpoint-durable', version: effect.checkpoint.version });
  };
  const pull = (volunteer: VolunteerId) => tell({ type: 'lease-pulled', volunteer });
  const answer = ({ lease, model: from }: (typeof open)[number]) => {
    const { id, volunteer, run, version } = lease;
    const device = devices.get(volunteer);
    if (device === undefined) return;
    const leaves = Array.from({ length: run.count }, (_, i) =>
      computeAs(device)(sampler.indices(version.step, { first: run.first + i, count: 1 }), from),
    );
    const samples = run.count * job.batch.unitSamples;
    const vector = fold(leaves);
    tell({ type: 'contribution-arrived', volunteer, lease: id as LeaseId, samples, computeMs: 0, vector });
  };

  while (coordinator.view().progress.status !== 'finished') {
    nowMs += choose() % 5_000;
    const here = [...devices.keys()];
    const volunteer = here[choose() % Math.max(1, here.length)];
    const chance = choose() % 14;
    if (volunteer === undefined || (chance === 0 && here.length < 4)) {
      const id = ++joined as VolunteerId;
      const device = CLASSES[choose() % CLASSES.length]!;
      devices.set(id, device);
      tell({ type: 'volunteer-joined', volunteer: id, account: `${id}`, device });
      pull(id);
    } else if (chance === 1) {
      devices.delete(volunteer);
      lost.delete(volunteer);
      tell({ type: 'volunteer-left', volunteer });
    } else if (chance === 2) {
      lost.add(volunteer);
      tell({ type: 'volunteer-lost', volunteer });
    } else if (chance === 3 && lost.delete(volunteer)) {
      tell({ type: 'volunteer-returned', volunteer });
      pull(volunteer);
    } else if (chance < 6) {
      tell({ type: 'ticked' });
      pull(volunteer);
    } else if (open.length > 0) {
      const [next] = open.splice(choose() % open.length, 1);
      answer(next!);
      pull(next!.lease.volunteer);
    }
  }
  return { model, classOf, credit, unitsDropped, handovers };
}

function bytesOf({ params, state }: Model): number[] {
  return [...new Uint32Array(params.slice().buffer), ...new Uint32Array(state.slice().buffer)];
}
