import {
  type Checkpoint,
  contributionParts,
  createOptimizer,
  type Job,
  type Lease,
  type LeaseId,
  type ParamsVersion,
  shapeOf,
  type VolunteerId,
} from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

interface Answer {
  readonly vector: Float32Array;
  readonly samples: number;
  readonly began: ParamsVersion;
}

/**
 * [WK1] Where what makes a version depends on who was there, it is made of the answers that were accepted and of nothing else: their
 * mean by samples and, where they may be late, by freshness, which also shortens the step; but for the rounding of additions. [WK2] Nothing
 * counts that is staler than the strategy allows.
 */
export function checkGathering(job: Job): Checker {
  const shape = shapeOf(job);
  const optimizer = createOptimizer(job.optimizer);
  let leases = new Map<LeaseId, Lease>();
  let gathered: Answer[] = [];
  let answering:
    | { readonly volunteer: VolunteerId; readonly lease: LeaseId; readonly answer: Answer }
    | undefined;
  let params = new Float32Array();
  let slots: Float32Array[] = [];
  let version: ParamsVersion;

  function begin(from: Checkpoint): void {
    leases = new Map();
    gathered = [];
    params = from.params.slice();
    slots = from.slots.slice(0, optimizer.slots).map((slot) => slot.slice());
    version = from.version;
  }

  function staleness({ began }: Answer): number {
    return version.step - began.step;
  }

  /** From the answers themselves, one number after another. */
  function expected(): { readonly params: Float32Array; readonly state: readonly number[] } {
    const weights = gathered.map((answer) => 1 / Math.sqrt(1 + staleness(answer)));
    const weight = gathered.reduce((sum, { samples }, i) => sum + weights[i]! * samples, 0);
    const samples = gathered.reduce((sum, answer) => sum + answer.samples, 0);
    const mean = (lane: number) =>
      gathered.reduce((sum, { vector }, i) => sum + weights[i]! * vector[lane]!, 0) / weight;
    const moved = params.slice();
    const gradient = Float32Array.from({ length: shape.params }, (_, i) => mean(i));
    optimizer.apply(moved, gradient, slots, version.step);
    const share = weight / samples;
    return {
      params: moved.map((x, i) => params[i]! + share * (x - params[i]!)),
      state: Array.from({ length: shape.state }, (_, i) => mean(shape.params + i)),
    };
  }

  function count(lease: Lease, answer: Answer): void {
    if (lease.kind !== 'train') return;
    const behind = staleness(answer);
    const most = job.strategy.kind === 'async' ? job.strategy.stalenessMax : 0;
    demand(behind >= 0 && behind <= most, 'WK2', () => `an answer counted that was ${behind} versions old`);
    gathered.push(answer);
  }

  return (seen) => {
    if (seen.type === 'started') begin(seen.from);
    if (seen.type === 'answering') {
      const { volunteer, lease, vector, samples, began } = seen.event;
      const leased = leases.get(lease)?.version;
      const from = began !== undefined && leased !== undefined && began.step > leased.step ? began : leased;
      if (from !== undefined)
        answering = { volunteer, lease, answer: { vector: vector.slice(), samples, began: from } };
    }
    if (seen.type !== 'told') return;
    for (const effect of seen.effects) {
      if (effect.type === 'assign') leases.set(effect.lease.id, effect.lease);
      if (effect.type === 'accept' && answering?.lease === effect.lease)
        count(leases.get(effect.lease)!, answering.answer);
      if (effect.type === 'status' && effect.status === 'stopped') gathered = [];
      if (effect.type !== 'publish') continue;
      const due = expected();
      const { stateSum } = contributionParts(Float32Array.of(...effect.params, ...effect.state, 0, 0), shape);
      const isThere =
        effect.params.every((x, i) => isNear(x, due.params[i]!)) &&
        stateSum.every((x, i) => isNear(x, due.state[i]!));
      demand(
        isThere,
        'WK1',
        () => `version ${effect.version.step} is not made of the ${gathered.length} answers`,
      );
      gathered = [];
      params = effect.params.slice();
      version = effect.version;
    }
    answering = undefined;
  };
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= ROUNDING * (1 + Math.abs(a) + Math.abs(b));
}

const ROUNDING = 1e-4;
