/**
 * The heart. It is told what happened and when, and answers what must now be done; it knows no socket, clock or disk. A
 * world of ten thousand volunteers is therefore a loop over `step`, and every run can be repeated from what went in.
 *
 * One round after another: volunteers pull leases over blocks of the batch, contributions fold into one sum, the
 * optimizer makes the next version, and the same list of effects that publishes it carries the first leases of the next
 * round. The shell performs effects in order, so what must not wait stands first and the checkpoint last.
 */

import { unreachable } from './assert.ts';
import { canonicalize } from './canonical.ts';
import { CentralModel } from './central-model.ts';
import type { Checkpoint, JobStatus, Measurement, Progress } from './checkpoint.ts';
import { fingerprint } from './codec/index.ts';
import type { Effect } from './effect.ts';
import type { Event } from './event.ts';
import { Fleet, type Member } from './fleet.ts';
import type { Job } from './job.ts';
import type { Lease, LeaseEnd, LeaseId, WorkKind } from './lease.ts';
import type { ParamsVersion } from './params.ts';
import type { ContributionRefusal } from './refusal.ts';
import { leaseOver, openRound, type Round } from './round.ts';
import { createGuidedScheduler, type Scheduler } from './scheduler/scheduler.ts';
import { refuseEvaluation, refuseVector } from './validator.ts';
import type { CoordinatorView } from './view.ts';
import type { AccountId, DeviceClass, VolunteerId } from './volunteer.ts';
import type { Block } from './work-unit.ts';

export interface Coordinator {
  /** Takes ownership of the vectors in the event; the vectors in the effects belong to the caller. */
  step(event: Event, nowMs: number): readonly Effect[];
  view(): CoordinatorView;
}

/** A coordinator that goes on from a checkpoint: the initial one, or one that was read back and `recovered`. */
export function createCoordinator(job: Job, from: Checkpoint): Coordinator {
  return new SyncCoordinator(job, from);
}

/** Leases that one volunteer may hold: one to compute, one to go on with while the answer travels. */
const LEASES_PER_VOLUNTEER_MAX = 2;

/** A lease whose deadline has passed may be copied; after this many times its span it ends. */
const EXPIRY_FACTOR = 2;

/**
 * After so many answers in a row that are not finite, some from every volunteer who is there, the fault is the model's and
 * not the volunteers': training has diverged. Liars answer faster than honest volunteers compute, so a count alone would let
 * one of them pause a healthy job.
 */
const NOT_FINITE_MAX = 8;

/** Time between two attempts to make the end of a job durable. */
const SAVE_RETRY_MS = 2_000;

class SyncCoordinator implements Coordinator {
  readonly #job: Job;
  readonly #model: CentralModel;
  readonly #fleet = new Fleet();
  readonly #scheduler: Scheduler;
  readonly #credit: Map<AccountId, number>;
  /** Units in the open round. They become credit with its version: a round that is lost is computed, and counted, again. */
  #earned = new Map<AccountId, number>();
  #round: Round;
  #status: JobStatus;
  #training: Measurement | undefined;
  #evaluation: Measurement | undefined;
  #durable: ParamsVersion | undefined;
  /** The status in the checkpoint that is being written; undefined when none is. */
  #saving: JobStatus | undefined;
  #savedStep: number;
  #savedAtMs = 0;
  #drain: 'not asked' | 'asked' | 'done' = 'not asked';
  /** The status that becomes true when the checkpoint that holds it is durable. */
  #ending: 'stopped' | 'finished' | undefined;
  #nextLease = 1;
  #heldPeak = 0;
  /** Who sent the answers that were refused as not finite since the last one that was accepted. */
  #notFinite: VolunteerId[] = [];
  /** Leases past their deadline that an idle volunteer may copy; looked at when time passes. */
  #overdue: Lease[] = [];
  /** What was merged in place of a superseded lease's answer, in this round and the one before. */
  #superseded: Map<LeaseId, Superseded> = new Map();
  #supersededBefore: Map<LeaseId, Superseded> = new Map();
  #effects: Effect[] = [];

  constructor(job: Job, from: Checkpoint) {
    this.#job = job;
    this.#model = new CentralModel(job, from);
    this.#scheduler = createGuidedScheduler(job.lease);
    this.#credit = new Map(from.credit);
    this.#status = from.progress.status;
    this.#training = from.progress.training;
    this.#evaluation = from.progress.evaluation;
    this.#savedStep = from.version.step;
    this.#round = this.#openRound(0);
  }

  step(event: Event, nowMs: number): readonly Effect[] {
    this.#effects = [];
    this.#turn(event, nowMs);
    this.#drainWhenIdle();
    return this.#effects;
  }

  #turn(event: Event, nowMs: number): void {
    switch (event.type) {
      case 'volunteer-joined':
        this.#fleet.join(event.volunteer, event.account, event.device);
        this.#effects.push({ type: 'record', entry: { kind: 'joined', volunteer: event.volunteer } });
        return;
      case 'volunteer-lost':
        return this.#lose(event.volunteer, nowMs);
      case 'volunteer-returned':
        return this.#find(event.volunteer, nowMs);
      case 'volunteer-left':
        return this.#leave(event.volunteer, nowMs);
      case 'lease-pulled':
        return this.#pull(event.volunteer, nowMs);
      case 'lease-released':
        return this.#release(event.volunteer, event.lease, nowMs);
      case 'contribution-arrived':
        return this.#answer(event.volunteer, event.lease, nowMs, {
          refuse: (lease) => refuseVector(event.vector, event.samples, lease, this.#job, this.#model.shape),
          add: (lease) => this.#round.reduction.add(lease.block, event.vector),
          fingerprint: () => (canonicalize(event.vector) ? fingerprint(event.vector) : undefined),
        });
      case 'evaluation-arrived':
        return this.#answer(event.volunteer, event.lease, nowMs, {
          refuse: (lease) => refuseEvaluation(event, lease, this.#job),
          add: (lease) => this.#round.evaluation.add(lease.run.first, event),
          fingerprint: () => `${event.lossSum}/${event.metricSum}`,
        });
      case 'checkpoint-durable':
        return this.#checkpointed(event.version, nowMs);
      case 'checkpoint-failed':
        this.#saving = undefined;
        this.#savedAtMs = nowMs;
        this.#effects.push({ type: 'record', entry: { kind: 'not-durable', version: event.version } });
        return;
      case 'pause-asked':
        return this.#command('running', 'paused', nowMs);
      case 'resume-asked':
        return this.#resume(nowMs);
      case 'stop-asked':
        return this.#end('stopped', nowMs);
      case 'drain-asked':
        if (this.#drain === 'not asked') this.#drain = 'asked';
        return;
      case 'ticked':
        return this.#tick(nowMs);
      default:
        return unreachable(event);
    }
  }

  view(): CoordinatorView {
    return {
      version: this.#model.version,
      durable: this.#durable,
      progress: this.#progress(this.#status),
      round: this.#round.view(),
      volunteers: [...this.#fleet.members()].map((member) => ({
        volunteer: member.id,
        device: member.device,
        working: member.leases > 0,
        samplesPerSecond:
          member.speed === undefined ? undefined : member.speed * this.#job.batch.unitSamples * 1_000,
        units: member.units,
        refused: member.refused,
      })),
      heldVectors: this.#round.reduction.held,
      heldVectorsPeak: Math.max(this.#heldPeak, this.#round.reduction.heldPeak),
    };
  }

  // — Leases —

  #pull(id: VolunteerId, nowMs: number): void {
    const member = this.#fleet.member(id);
    if (member === undefined) return;
    this.#fleet.pull(member, LEASES_PER_VOLUNTEER_MAX);
    this.#grant(nowMs);
  }

  /** Serves those who wait, longest wait first, for as long as there is anything to give. */
  #grant(nowMs: number): void {
    if (this.#status !== 'running' || this.#ending !== undefined || this.#drain !== 'not asked') return;
    // Thousands may wait and ask again: where there is nothing to give, the queue is not even looked at.
    if (this.#round.exhausted && this.#overdue.length === 0) return;
    for (const member of this.#fleet.waiting()) {
      const lease = this.#leaseFor(member, nowMs);
      if (lease === undefined) {
        // What one cannot have, none can; only copies depend on who asks.
        if (this.#overdue.length === 0) return;
        continue;
      }
      this.#round.grant(lease);
      this.#fleet.granted(member);
      this.#effects.push({ type: 'assign', lease });
    }
  }

  #leaseFor(member: Member, nowMs: number): Lease | undefined {
    return (
      this.#fresh(member, 'evaluate', nowMs) ??
      this.#fresh(member, 'train', nowMs) ??
      this.#backup(member, nowMs)
    );
  }

  #fresh(member: Member, kind: WorkKind, nowMs: number): Lease | undefined {
    if (this.#round.unitsFree(kind) === 0) return undefined;
    const block = this.#round.claim(kind, this.#scheduler.levelFor(this.#ask(member)));
    return block === undefined ? undefined : this.#lease(member, kind, block, false, nowMs);
  }

  /** A second copy of an overdue block: the first answer of the two counts, so one silent volunteer holds up nobody. */
  #backup(member: Member, nowMs: number): Lease | undefined {
    const at = this.#overdue.findIndex(
      (lease) => !this.#round.copies(lease).some(({ volunteer }) => volunteer === member.id),
    );
    if (at < 0) return undefined;
    const [late] = this.#overdue.splice(at, 1);
    const lease = this.#lease(member, late!.kind, late!.block, true, nowMs);
    this.#effects.push({
      type: 'record',
      entry: { kind: 'backup', volunteer: member.id, units: lease.run.count },
    });
    return lease;
  }

  #lease(member: Member, kind: WorkKind, block: Block, backup: boolean, nowMs: number): Lease {
    const lease = leaseOver(block, kind, this.#round.shape, {
      id: this.#nextLease++ as LeaseId,
      volunteer: member.id,
      grantedAtMs: nowMs,
      deadlineMs: nowMs,
      backup,
    });
    return { ...lease, deadlineMs: nowMs + this.#scheduler.deadlineFor(this.#ask(member), lease.run.count) };
  }

  #ask(member: Member) {
    return {
      speed: member.speed,
      fleetSpeed: this.#fleet.speed,
      volunteers: this.#fleet.size,
      unitsFree: this.#round.unitsFree('train'),
    };
  }

  #release(volunteer: VolunteerId, id: LeaseId, nowMs: number): void {
    const lease = this.#round.lease(id);
    if (lease?.volunteer !== volunteer) return;
    this.#drop(lease, 'released');
    this.#grant(nowMs);
  }

  /** Nobody waits for one whose line broke: its leases may be copied as if their deadlines had passed. */
  #lose(id: VolunteerId, nowMs: number): void {
    const member = this.#fleet.member(id);
    if (member === undefined || member.presence === 'lost') return;
    this.#fleet.lose(member);
    this.#effects.push({
      type: 'record',
      entry: { kind: 'lost', volunteer: id, units: this.#unitsHeld(id) },
    });
    this.#findOverdue(nowMs);
    this.#grant(nowMs);
  }

  #find(id: VolunteerId, nowMs: number): void {
    const member = this.#fleet.member(id);
    if (member === undefined || member.presence === 'here') return;
    this.#fleet.find(member);
    this.#effects.push({
      type: 'record',
      entry: { kind: 'returned', volunteer: id, units: this.#unitsHeld(id) },
    });
    this.#findOverdue(nowMs);
  }

  #unitsHeld(id: VolunteerId): number {
    let units = 0;
    for (const { volunteer, run } of this.#round.leases()) if (volunteer === id) units += run.count;
    return units;
  }

  #leave(id: VolunteerId, nowMs: number): void {
    const member = this.#fleet.member(id);
    if (member === undefined) return;
    let unitsReturned = 0;
    for (const lease of [...this.#round.leases()]) {
      if (lease.volunteer !== id) continue;
      unitsReturned += lease.run.count;
      this.#round.drop(lease);
      this.#forgetOverdue(lease);
    }
    this.#fleet.leave(member);
    this.#effects.push({ type: 'record', entry: { kind: 'left', volunteer: id, unitsReturned } });
    this.#grant(nowMs);
  }

  #drop(lease: Lease, end: Exclude<LeaseEnd, 'fulfilled'>): void {
    this.#round.drop(lease);
    this.#ended(lease, end);
  }

  #ended(lease: Lease, end: Exclude<LeaseEnd, 'fulfilled'>): void {
    this.#fleet.ended(lease.volunteer);
    this.#forgetOverdue(lease);
    this.#effects.push({
      type: 'record',
      entry: { kind: 'lease-ended', volunteer: lease.volunteer, units: lease.run.count, end },
    });
  }

  #forgetOverdue(lease: Lease): void {
    this.#overdue = this.#overdue.filter(({ id }) => id !== lease.id);
  }

  #tick(nowMs: number): void {
    if (this.#ending !== undefined) {
      if (this.#saving === undefined && nowMs - this.#savedAtMs >= SAVE_RETRY_MS) this.#save(nowMs);
      return;
    }
    if (this.#round.complete && this.#status === 'running') return this.#end('finished', nowMs);
    for (const lease of [...this.#round.leases()]) {
      const spanMs = lease.deadlineMs - lease.grantedAtMs;
      if (nowMs < lease.grantedAtMs + EXPIRY_FACTOR * spanMs) continue;
      this.#fleet.expired(lease, nowMs);
      this.#drop(lease, 'expired');
    }
    this.#findOverdue(nowMs);
    this.#grant(nowMs);
  }

  /** A block may be copied again once its newest copy is late too. */
  #findOverdue(nowMs: number): void {
    this.#overdue = [...this.#round.leases()].filter(
      (lease) =>
        (nowMs >= lease.deadlineMs || this.#fleet.member(lease.volunteer)?.presence === 'lost') &&
        this.#round.copies(lease).at(-1) === lease,
    );
  }

  // — Answers —

  #answer(volunteer: VolunteerId, id: LeaseId, nowMs: number, answer: Answer): void {
    const member = this.#fleet.member(volunteer);
    if (member === undefined) return;
    const lease = this.#round.lease(id);
    if (lease?.volunteer !== volunteer) {
      this.#refuse(member, id, this.#refuseWithoutLease(member, id, answer));
      return;
    }
    // Only an answer that may be compared with another needs a fingerprint, and it must be taken before the sum is.
    const compared = this.#round.copies(lease).length > 1;
    const merged = compared && answer.refuse(lease) === undefined ? answer.fingerprint() : undefined;
    const refusal = answer.refuse(lease) ?? (answer.add(lease) ? undefined : 'not-finite');
    if (refusal !== undefined) {
      this.#drop(lease, 'released');
      this.#refuse(member, id, refusal);
      if (refusal === 'not-finite') this.#suspectDivergence(volunteer, nowMs);
      this.#grant(nowMs);
      return;
    }
    this.#notFinite = [];
    this.#accept(member, lease, merged, nowMs);
  }

  /** The sum is in: ends every copy of the lease and gives the credit. */
  #accept(member: Member, lease: Lease, merged: string | undefined, nowMs: number): void {
    for (const other of this.#round.settle(lease)) {
      this.#superseded.set(other.id, { lease: other, device: member.device, fingerprint: merged });
      this.#ended(other, 'superseded');
    }
    this.#fleet.ended(member.id);
    this.#forgetOverdue(lease);
    this.#effects.push({ type: 'accept', volunteer: member.id, lease: lease.id });
    if (lease.kind === 'train') {
      this.#fleet.answered(member, lease, nowMs);
      addUnits(this.#earned, member.account, lease.run.count);
    }
    if (this.#round.complete) this.#close(nowMs);
    this.#grant(nowMs);
    this.#saveWhenDue(nowMs);
  }

  /** Why an answer without a live lease does not count; where another copy did, the two are compared. */
  #refuseWithoutLease(member: Member, id: LeaseId, answer: Answer): ContributionRefusal {
    const past = this.#superseded.get(id) ?? this.#supersededBefore.get(id);
    if (past?.lease.volunteer === member.id) {
      this.#superseded.delete(id);
      this.#supersededBefore.delete(id);
      const refusal = answer.refuse(past.lease);
      if (refusal !== undefined) return refusal;
      const print = answer.fingerprint();
      if (print === undefined) return 'not-finite';
      if (sameDevice(past.device, member.device)) {
        const agrees = print === past.fingerprint;
        this.#effects.push({ type: 'record', entry: { kind: 'compared', volunteer: member.id, agrees } });
      }
      return 'already-in';
    }
    return id > 0 && id < this.#nextLease && this.#round.lease(id) === undefined
      ? 'lease-ended'
      : 'lease-unknown';
  }

  #refuse(member: Member, lease: LeaseId, reason: ContributionRefusal): void {
    member.refused++;
    this.#effects.push({ type: 'refuse', volunteer: member.id, lease, reason });
    this.#effects.push({ type: 'record', entry: { kind: 'refused', volunteer: member.id, reason } });
  }

  #suspectDivergence(volunteer: VolunteerId, nowMs: number): void {
    this.#notFinite.push(volunteer);
    if (this.#notFinite.length < NOT_FINITE_MAX) return;
    const senders = new Set(this.#notFinite);
    for (const { id } of this.#fleet.members()) if (!senders.has(id)) return;
    this.#diverged(nowMs);
  }

  /** Nobody's answer can help any more: a person must look. */
  #diverged(nowMs: number): void {
    this.#notFinite = [];
    this.#effects.push({ type: 'record', entry: { kind: 'diverged', step: this.#model.version.step } });
    this.#command('running', 'paused', nowMs);
  }

  // — Rounds —

  /** What was measured decides whether the job has reached its end; otherwise the batch becomes the next version. */
  #close(nowMs: number): void {
    const round = this.#round;
    const { step } = round.shape.version;
    const evaluation = round.evaluation.result(step);
    if (evaluation !== undefined) {
      this.#evaluation = evaluation;
      this.#effects.push({ type: 'record', entry: { kind: 'evaluation', evaluation } });
    }
    const target = this.#job.stop.metricAtLeast;
    const reached = target !== undefined && evaluation !== undefined && evaluation.metric >= target;
    if (reached || round.shape.trainUnits === 0) {
      this.#end('finished', nowMs);
      return;
    }
    const moved = this.#model.apply(round.reduction.root!);
    if (moved === undefined) {
      this.#round = this.#openRound(nowMs);
      return this.#diverged(nowMs);
    }
    const { training, gradientNorm } = moved;
    for (const [account, units] of this.#earned) addUnits(this.#credit, account, units);
    this.#training = training;
    const durationMs = nowMs - round.shape.openedAtMs;
    this.#effects.push({ type: 'publish', version: this.#model.version, ...this.#model.copy() });
    this.#effects.push({ type: 'record', entry: { kind: 'step', training, durationMs, gradientNorm } });
    this.#heldPeak = Math.max(this.#heldPeak, round.reduction.heldPeak);
    this.#supersededBefore = this.#superseded;
    this.#superseded = new Map();
    this.#overdue = [];
    this.#round = this.#openRound(nowMs);
    if (this.#round.complete) this.#end('finished', nowMs);
  }

  #openRound(nowMs: number): Round {
    const { batch, evaluation, samples, stop, lease } = this.#job;
    const { version } = this.#model;
    this.#earned = new Map();
    const last = version.step >= stop.steps;
    const measure =
      (last || version.step % evaluation.everySteps === 0) && this.#evaluation?.step !== version.step;
    return openRound({
      version,
      openedAtMs: nowMs,
      trainUnits: last ? 0 : batch.units,
      evaluationUnits: measure ? Math.ceil(samples.evaluation / evaluation.unitSamples) : 0,
      heldVectorsMax: lease.heldVectorsMax,
    });
  }

  // — The life of the job —

  #command(from: JobStatus, to: JobStatus, nowMs: number): void {
    if (this.#status !== from || this.#ending !== undefined) return;
    this.#become(to);
    this.#save(nowMs);
  }

  #resume(nowMs: number): void {
    if (this.#status === 'stopped' && this.#ending === undefined) this.#round = this.#openRound(nowMs);
    this.#command(this.#status === 'stopped' ? 'stopped' : 'paused', 'running', nowMs);
    this.#grant(nowMs);
  }

  /** No more leases from here on; the job has ended once the checkpoint that says so is durable. */
  #end(as: 'stopped' | 'finished', nowMs: number): void {
    if (this.#ending !== undefined || this.#status === 'finished' || this.#status === as) return;
    this.#ending = as;
    for (const lease of [...this.#round.leases()]) this.#drop(lease, 'released');
    this.#save(nowMs);
  }

  #drainWhenIdle(): void {
    if (this.#drain !== 'asked' || this.#round.leased) return;
    this.#drain = 'done';
    this.#effects.push({ type: 'drained' });
  }

  #become(status: JobStatus): void {
    this.#status = status;
    this.#effects.push({ type: 'status', status }, { type: 'record', entry: { kind: 'status', status } });
  }

  #progress(status: JobStatus): Progress {
    return {
      status,
      ...(this.#training === undefined ? {} : { training: this.#training }),
      ...(this.#evaluation === undefined ? {} : { evaluation: this.#evaluation }),
    };
  }

  #saveWhenDue(nowMs: number): void {
    const { step } = this.#model.version;
    const { everySteps, everyMs } = this.#job.checkpoint;
    if (step === this.#savedStep || this.#ending !== undefined) return;
    if (step - this.#savedStep >= everySteps || nowMs - this.#savedAtMs >= everyMs) this.#save(nowMs);
  }

  /** One save at a time: while the disk is busy the next one waits and then holds what is newest. */
  #save(nowMs: number): void {
    if (this.#saving !== undefined) return;
    this.#saving = this.#ending ?? this.#status;
    this.#savedStep = this.#model.version.step;
    this.#savedAtMs = nowMs;
    const checkpoint = this.#model.checkpoint(this.#progress(this.#saving), this.#credit);
    this.#effects.push({ type: 'save', checkpoint });
  }

  #checkpointed(version: ParamsVersion, nowMs: number): void {
    const saved = this.#saving;
    this.#saving = undefined;
    this.#durable = version;
    this.#effects.push({ type: 'record', entry: { kind: 'durable', version } });
    if (this.#ending !== undefined && saved === this.#ending) {
      this.#ending = undefined;
      this.#become(saved);
    } else if (saved !== (this.#ending ?? this.#status)) {
      this.#save(nowMs);
    }
  }
}

/** What the two kinds of answer have in common. */
interface Answer {
  /** What is wrong with its form. */
  refuse(lease: Lease): ContributionRefusal | undefined;
  /** Takes its values in; false, and nothing has changed, when they are not finite. */
  add(lease: Lease): boolean;
  /** Stands for its values; undefined when they are not finite. */
  fingerprint(): string | undefined;
}

interface Superseded {
  readonly lease: Lease;
  readonly device: DeviceClass;
  readonly fingerprint: string | undefined;
}

function addUnits(credit: Map<AccountId, number>, account: AccountId, units: number): void {
  credit.set(account, (credit.get(account) ?? 0) + units);
}

function sameDevice(a: DeviceClass, b: DeviceClass): boolean {
  return (
    a.engine === b.engine &&
    a.backend === b.backend &&
    a.vendor === b.vendor &&
    a.architecture === b.architecture
  );
}
