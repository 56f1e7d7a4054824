/** A job small enough to check by hand: two parameters, one number of state, eight units of two samples. */

import { initialCheckpoint } from '../central-model.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { type Coordinator, createCoordinator } from '../coordinator.ts';
import type { Effect } from '../effect.ts';
import type { Event } from '../event.ts';
import type { Job } from '../job.ts';
import type { Lease } from '../lease.ts';
import { completeOptimizerSpec } from '../optimizer/index.ts';
import { layoutOf } from '../params.ts';
import type { DeviceClass, VolunteerId } from '../volunteer.ts';

export function smallJob(changes: Partial<Job> = {}): Job {
  return {
    params: layoutOf([{ name: 'w', shape: [2] }]),
    state: layoutOf([{ name: 's', shape: [1] }]),
    optimizer: completeOptimizerSpec({ kind: 'sgd', learningRate: 0.5 }),
    strategy: { kind: 'sync' },
    batch: { units: 8, unitSamples: 2 },
    samples: { train: 40, evaluation: 5 },
    shuffle: { shardSamples: 8, windowShards: 2 },
    seed: 7,
    stop: { steps: 3 },
    evaluation: { everySteps: 100, unitSamples: 2 },
    checkpoint: { everySteps: 100, everyMs: 1e9 },
    lease: { targetMs: 1_000, deadlineMinMs: 500, deadlineFirstMs: 2_000, heldVectorsMax: 16 },
    exact: false,
    codec: { kind: 'float32' },
    updates: { kind: 'float32' },
    ...changes,
  };
}

export const DEVICE: DeviceClass = { engine: 'test', backend: 'cpu', vendor: '', architecture: '' };

/** The one gradient of this world: two numbers that depend on the units alone, and loss, metric and state beside them. */
export function vectorFor(lease: Lease): Float32Array {
  const sum = (of: (unit: number) => number) => {
    let total = 0;
    for (let unit = lease.run.first; unit < lease.run.first + lease.run.count; unit++) total += of(unit);
    return total;
  };
  return Float32Array.of(
    sum((unit) => unit),
    sum(() => 2),
    sum(() => 4),
    sum(() => 3),
    sum(() => 1),
  );
}

/** Drives one coordinator by hand and keeps what it answered. */
export class Bench {
  readonly coordinator: Coordinator;
  readonly effects: Effect[] = [];
  nowMs = 0;

  constructor(
    job: Job,
    from: Checkpoint = initialCheckpoint(job, Float32Array.of(1, 1), Float32Array.of(0)),
  ) {
    this.coordinator = createCoordinator(job, from);
  }

  /** Tells the coordinator and returns the effects of this turn. */
  tell(event: Parameters<Coordinator['step']>[0]): readonly Effect[] {
    const effects = this.coordinator.step(event, this.nowMs);
    this.effects.push(...effects);
    return effects;
  }

  join(id: number, device: DeviceClass = DEVICE): VolunteerId {
    const volunteer = id as VolunteerId;
    this.tell({ type: 'volunteer-joined', volunteer, account: `account-${id}`, device });
    return volunteer;
  }

  /** Asks for one lease; undefined when there is none to give now. */
  pull(volunteer: VolunteerId): Lease | undefined {
    return leasesIn(this.tell({ type: 'lease-pulled', volunteer }), volunteer)[0];
  }

  /** Answers a lease honestly. */
  answer(lease: Lease, vector = vectorFor(lease), computeMs = 0): readonly Effect[] {
    return this.send(lease, { vector, samples: lease.run.count * 2, computeMs });
  }

  /** Answers a lease with whatever it is. */
  send(
    { id: lease, volunteer }: Lease,
    answer: Pick<
      Extract<Event, { type: 'contribution-arrived' }>,
      'vector' | 'samples' | 'computeMs' | 'began'
    >,
  ): readonly Effect[] {
    return this.tell({ type: 'contribution-arrived', volunteer, lease, ...answer });
  }

  evaluate(lease: Lease, metricSum: number): readonly Effect[] {
    const samples = Math.min(5, (lease.run.first + 1) * 2) - lease.run.first * 2;
    const { id, volunteer } = lease;
    return this.tell({
      type: 'evaluation-arrived',
      volunteer,
      lease: id,
      samples,
      lossSum: samples,
      metricSum,
    });
  }

  /** Makes the newest save durable. */
  durable(): readonly Effect[] {
    const save = this.effects.findLast((effect) => effect.type === 'save');
    return this.tell({ type: 'checkpoint-durable', version: save!.checkpoint.version });
  }
}

export function leasesIn(effects: readonly Effect[], volunteer?: VolunteerId): Lease[] {
  return effects.flatMap((effect) =>
    effect.type === 'assign' && (volunteer === undefined || effect.lease.volunteer === volunteer)
      ? [effect.lease]
      : [],
  );
}

export function typesOf(effects: readonly Effect[]): string[] {
  return effects.map((effect) => effect.type);
}
