/**
 * A fleet without sockets or mathematics: devices that compute at known speeds behind lines with delay and bandwidth, in
 * virtual time, round the production coordinator. It answers one question: what part of a fleet's speed arrives?
 */

import { initialCheckpoint } from '../central-model.ts';
import { contributionLength } from '../contribution.ts';
import { createCoordinator } from '../coordinator.ts';
import type { Effect } from '../effect.ts';
import type { Event } from '../event.ts';
import { type Job, shapeOf } from '../job.ts';
import type { Lease } from '../lease.ts';
import type { VolunteerId } from '../volunteer.ts';
import { DEVICE } from './small-job.ts';

export interface ModelMember {
  /** Milliseconds for a unit. */
  readonly unitMs: number;
  /** Milliseconds one way. */
  readonly latencyMs: number;
  /** Milliseconds for which one answer occupies the line up. */
  readonly sendMs: number;
}

/** Somebody leaves at even intervals, and one as fast comes instead. */
export interface Turnover {
  readonly everyMs: number;
  /** One in so many is gone without a word, which is noticed when `noticedMs` have passed. */
  readonly silentEvery: number;
  readonly noticedMs: number;
}

export interface ModelOutcome {
  /** Units of the rounds measured ÷ what all could have computed in their time. */
  readonly efficiency: number;
  readonly roundMs: number;
  /** Vectors sent up by each volunteer in a round. */
  readonly answers: number;
  readonly backups: number;
  readonly expired: number;
}

/** Runs the first rounds, which measure the fleet, and then those that count. */
export function runModel(
  job: Job,
  fleet: readonly ModelMember[],
  rounds: { readonly first: number; readonly measured: number },
  turnover?: Turnover,
): ModelOutcome {
  const model = new FleetModel(job, fleet, turnover);
  model.runUntil(rounds.first);
  const from = model.marks();
  model.runUntil(rounds.first + rounds.measured);
  const to = model.marks();
  const strength = fleet.reduce((sum, { unitMs }) => sum + 1 / unitMs, 0);
  const spentMs = to.nowMs - from.nowMs;
  return {
    efficiency: (rounds.measured * job.batch.units) / spentMs / strength,
    roundMs: spentMs / rounds.measured,
    answers: (to.answers - from.answers) / rounds.measured / fleet.length,
    backups: (to.backups - from.backups) / rounds.measured,
    expired: (to.expired - from.expired) / rounds.measured,
  };
}

interface Device extends ModelMember {
  readonly id: VolunteerId;
  gone: boolean;
  readonly leases: Lease[];
  step: number;
  working: Lease | undefined;
  /** When the line up is free again. */
  lineFreeAtMs: number;
}

class FleetModel {
  readonly #job: Job;
  readonly #coordinator;
  readonly #devices: Device[] = [];
  /** Who is there now, each in its place. */
  readonly #places: Device[];
  /** What happens, by time and then in the order in which it was planned. */
  readonly #plan: { readonly atMs: number; readonly act: () => void }[] = [];
  #nowMs = 0;
  #step = 0;
  #answers = 0;
  #backups = 0;
  #expired = 0;

  constructor(job: Job, fleet: readonly ModelMember[], turnover: Turnover | undefined) {
    this.#job = job;
    const { params, state } = shapeOf(job);
    const from = initialCheckpoint(job, new Float32Array(params), new Float32Array(state));
    this.#coordinator = createCoordinator(job, from);
    this.#places = fleet.map((member) => this.#join(member));
    if (turnover !== undefined) this.#after(turnover.everyMs, () => this.#turnOver(turnover, 0));
    this.#tick();
  }

  #join({ unitMs, latencyMs, sendMs }: ModelMember): Device {
    const id = (this.#devices.length + 1) as VolunteerId;
    const device: Device = {
      ...{ unitMs, latencyMs, sendMs, id },
      ...{ gone: false, leases: [], step: this.#step, working: undefined, lineFreeAtMs: 0 },
    };
    this.#devices.push(device);
    this.#tell({ type: 'volunteer-joined', volunteer: id, account: `${id}`, device: DEVICE });
    this.#pull(device);
    this.#pull(device);
    return device;
  }

  #turnOver(turnover: Turnover, before: number): void {
    const place = (before * PLACES_APART) % this.#places.length;
    const leaver = this.#places[place]!;
    leaver.gone = true;
    const silent = before % turnover.silentEvery === 0;
    this.#after(silent ? turnover.noticedMs : leaver.latencyMs, () =>
      this.#tell({ type: silent ? 'volunteer-lost' : 'volunteer-left', volunteer: leaver.id }),
    );
    // A connection and an answer are two round trips.
    this.#after(4 * leaver.latencyMs, () => {
      this.#places[place] = this.#join(leaver);
    });
    this.#after(turnover.everyMs, () => this.#turnOver(turnover, before + 1));
  }

  marks() {
    const [nowMs, answers, backups, expired] = [this.#nowMs, this.#answers, this.#backups, this.#expired];
    return { nowMs, answers, backups, expired };
  }

  runUntil(step: number): void {
    while (this.#step < step) {
      const { atMs, act } = this.#plan.shift()!;
      this.#nowMs = atMs;
      act();
    }
  }

  #after(delayMs: number, act: () => void): void {
    const atMs = this.#nowMs + delayMs;
    let place = this.#plan.length;
    while (place > 0 && this.#plan[place - 1]!.atMs > atMs) place--;
    this.#plan.splice(place, 0, { atMs, act });
  }

  #tick(): void {
    this.#tell({ type: 'ticked' });
    this.#after(TICK_MS, () => this.#tick());
  }

  #tell(event: Event): void {
    for (const effect of this.#coordinator.step(event, this.#nowMs)) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    if (effect.type === 'publish') {
      const { step } = effect.version;
      this.#step = step;
      for (const device of this.#devices)
        if (!device.gone) this.#after(device.latencyMs, () => this.#renew(device, step));
    }
    if (effect.type === 'assign') {
      const device = this.#devices[effect.lease.volunteer - 1]!;
      this.#after(device.latencyMs, () => {
        device.leases.push(effect.lease);
        this.#work(device);
      });
    }
    if (effect.type === 'save') {
      const { version } = effect.checkpoint;
      this.#after(1, () => this.#tell({ type: 'checkpoint-durable', version }));
    }
    if (effect.type === 'record' && effect.entry.kind === 'backup') this.#backups++;
    if (effect.type === 'record' && effect.entry.kind === 'lease-ended' && effect.entry.end === 'expired')
      this.#expired++;
  }

  /** What belongs to an older version is dropped, even if the device works on it. */
  #renew(device: Device, step: number): void {
    device.step = step;
    if (device.working !== undefined && device.working.version.step < step) {
      device.working = undefined;
      this.#pull(device);
    }
    this.#work(device);
  }

  #pull(device: Device): void {
    this.#after(device.latencyMs, () => {
      if (!device.gone) this.#tell({ type: 'lease-pulled', volunteer: device.id });
    });
  }

  #work(device: Device): void {
    if (device.gone || device.working !== undefined) return;
    const lease = device.leases.shift();
    if (lease === undefined) return;
    if (lease.version.step < device.step) {
      this.#pull(device);
      return this.#work(device);
    }
    device.working = lease;
    const computeMs = lease.run.count * device.unitMs;
    this.#after(computeMs, () => {
      if (device.gone || device.working !== lease) return;
      device.working = undefined;
      this.#answer(device, lease, computeMs);
      this.#pull(device);
      this.#work(device);
    });
  }

  #answer(device: Device, lease: Lease, computeMs: number): void {
    this.#answers++;
    device.lineFreeAtMs = Math.max(device.lineFreeAtMs, this.#nowMs) + device.sendMs;
    const samples = lease.run.count * this.#job.batch.unitSamples;
    const vector = new Float32Array(contributionLength(shapeOf(this.#job)));
    const { id, volunteer } = lease;
    this.#after(device.lineFreeAtMs - this.#nowMs + device.latencyMs, () => {
      if (!device.gone)
        this.#tell({ type: 'contribution-arrived', volunteer, lease: id, samples, computeMs, vector });
    });
  }
}

const TICK_MS = 50;

/** Who leaves next stands so many places further, so that all kinds of them do. */
const PLACES_APART = 27;
