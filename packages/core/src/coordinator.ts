/**
 * The heart. It is told what happened and when, and answers what must now be done; it knows no socket, clock or disk. A
 * world of ten thousand volunteers is therefore a loop over `step`, and every run can be repeated from what went in.
 *
 * One round after another: volunteers pull leases over blocks of the batch, contributions fold into one sum, the
 * optimizer makes the next version, and the same list of effects that publishes it carries the first leases of the next
 * round. The shell performs effects in order, so what must not wait stands first and the checkpoint last.
 *
 * This file is the turn. Who gets how much is the scheduler's business, whether the job runs and what is durable that of its
 * life, and what a second answer says that of the comparison.
 */

import { type Answer, evaluationAnswer, gradientAnswer } from './answer.ts';
import { unreachable } from './assert.ts';
import { CentralModel } from './central-model.ts';
import type { Checkpoint, JobStatus, Measurement, Progress } from './checkpoint.ts';
import { answersAgree, Comparison, type Imprint } from './comparison.ts';
import type { Effect, HistoryEntry } from './effect.ts';
import type { Event } from './event.ts';
import { Fleet, type Member } from './fleet.ts';
import type { Job } from './job.ts';
import { JobLife } from './job-life.ts';
import type { Lease, LeaseEnd, LeaseId, WorkKind } from './lease.ts';
import { hash32 } from './random.ts';
import type { ContributionRefusal } from './refusal.ts';
import { leaseOver, openRound, type Round } from './round.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import type { CoordinatorView } from './view.ts';
import { type AccountId, sameDevice, type VolunteerId } from './volunteer.ts';
import { type Block, unitsOf } from './work-unit.ts';

export interface Coordinator {
  /** Takes ownership of the vectors in the event; the vectors in the effects belong to the caller. */
  step(event: Event, nowMs: number): readonly Effect[];
  view(): CoordinatorView;
}

/** A coordinator that goes on from a checkpoint: the initial one, or one that was read back and `recovered`. */
export function createCoordinator(job: Job, from: Checkpoint): Coordinator {
  return new SyncCoordinator(job, from);
}

/** A lease whose deadline has passed may be copied; after this many times its span it ends. */
const EXPIRY_FACTOR = 2;

/** So many who wait are looked at in vain when an answer or a lease comes back. */
const PASSED_OVER_MAX = 32;

/**
 * After so many answers in a row that are not finite, some from every volunteer who is there, the fault is the model's and
 * not the volunteers': training has diverged. Liars answer faster than honest volunteers compute, so a count alone would let
 * one of them pause a healthy job.
 */
const NOT_FINITE_MAX = 8;

class SyncCoordinator implements Coordinator {
  readonly #job: Job;
  readonly #model: CentralModel;
  readonly #life: JobLife;
  readonly #fleet = new Fleet();
  readonly #scheduler: Scheduler;
  readonly #comparison = new Comparison();
  readonly #credit: Map<AccountId, number>;
  /** Units in the open round. They become credit with its version: a round that is lost is computed, and counted, again. */
  #earned = new Map<AccountId, number>();
  #round: Round;
  #training: Measurement | undefined;
  #evaluation: Measurement | undefined;
  #nextLease = 1;
  #heldPeak = 0;
  /** Who sent the answers that were refused as not finite since the last one that was accepted. */
  #notFinite: VolunteerId[] = [];
  #effects: Effect[] = [];

  constructor(job: Job, from: Checkpoint) {
    this.#job = job;
    this.#model = new CentralModel(job, from);
    this.#scheduler = new Scheduler(job.lease);
    this.#credit = new Map(from.credit);
    this.#training = from.progress.training;
    this.#evaluation = from.progress.evaluation;
    this.#life = new JobLife(job.checkpoint, from, {
      emit: (effect) => this.#effects.push(effect),
      checkpoint: (status) => this.#model.checkpoint(this.#progress(status), this.#credit),
    });
    this.#round = this.#openRound(0);
  }

  step(event: Event, nowMs: number): readonly Effect[] {
    this.#effects = [];
    this.#turn(event, nowMs);
    this.#life.turned(() => this.#isAwaited);
    return this.#effects;
  }

  /** Some lease is in the hands of somebody who is there. */
  get #isAwaited(): boolean {
    for (const { volunteer } of this.#round.leases()) if (this.#fleet.isHere(volunteer)) return true;
    return false;
  }

  #turn(event: Event, nowMs: number): void {
    switch (event.type) {
      case 'volunteer-joined':
        this.#fleet.join(event.volunteer, event.account, event.device);
        return this.#record({ kind: 'joined', volunteer: event.volunteer });
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
        return this.#answer(event, gradientAnswer(event, this.#job, this.#model.shape), nowMs);
      case 'evaluation-arrived':
        return this.#answer(event, evaluationAnswer(event, this.#job), nowMs);
      case 'checkpoint-durable':
        return this.#life.saved(event.version, nowMs);
      case 'checkpoint-failed':
        return this.#life.notSaved(event.version, nowMs);
      case 'pause-asked':
        return this.#life.pause(nowMs);
      case 'resume-asked':
        return this.#resume(nowMs);
      case 'stop-asked':
        return this.#end('stopped', nowMs);
      case 'drain-asked':
        return this.#life.drain();
      case 'ticked':
        return this.#tick(nowMs);
      default:
        return unreachable(event);
    }
  }

  view(): CoordinatorView {
    return {
      version: this.#model.version,
      durable: this.#life.durable,
      progress: this.#progress(this.#life.status),
      round: this.#round.view(),
      volunteers: [...this.#fleet.members()].map(({ id, device, leases, pace, ...shown }) => ({
        volunteer: id,
        device,
        working: leases > 0,
        samplesPerSecond: pace === undefined ? undefined : pace.speed * this.#job.batch.unitSamples * 1_000,
        units: shown.units,
        refused: shown.refused,
        agreed: shown.agreed,
        disagreed: shown.disagreed,
      })),
      heldVectors: this.#round.reduction.held,
      heldVectorsPeak: Math.max(this.#heldPeak, this.#round.reduction.heldPeak),
    };
  }

  // — Volunteers —

  /** Nobody waits for one whose line broke: its leases may be copied as if their deadlines had passed. */
  #lose(id: VolunteerId, nowMs: number): void {
    const member = this.#fleet.member(id);
    if (member === undefined || member.presence === 'lost') return;
    this.#fleet.lose(member);
    this.#record({ kind: 'lost', volunteer: id, units: this.#unitsHeld(member) });
    if (member.leases > 0) this.#grantAnew(nowMs);
  }

  #find(id: VolunteerId, nowMs: number): void {
    const member = this.#fleet.member(id);
    if (member === undefined || member.presence === 'here') return;
    this.#fleet.find(member);
    this.#record({ kind: 'returned', volunteer: id, units: this.#unitsHeld(member) });
    if (member.leases > 0) this.#scheduler.survey(this.#round, this.#fleet, nowMs);
  }

  #leave(id: VolunteerId, nowMs: number): void {
    const member = this.#fleet.member(id);
    if (member === undefined) return;
    const leases = this.#leasesOf(member);
    for (const lease of leases) this.#takeBack(lease);
    this.#fleet.leave(member);
    this.#record({ kind: 'left', volunteer: id, unitsReturned: unitsIn(leases) });
    if (leases.length > 0) this.#grant(nowMs);
  }

  #unitsHeld(member: Member): number {
    return unitsIn(this.#leasesOf(member));
  }

  #leasesOf({ id, leases }: Member): Lease[] {
    // Most who come and go hold nothing, and the leases of thousands are a long list.
    return leases === 0 ? [] : [...this.#round.leases()].filter(({ volunteer }) => volunteer === id);
  }

  // — Leases —

  #pull(id: VolunteerId, nowMs: number): void {
    const member = this.#fleet.member(id);
    if (member === undefined) return;
    this.#fleet.pull(member);
    this.#serveNow(member, nowMs);
  }

  get #mayGrant(): boolean {
    return this.#life.grants && (!this.#round.exhausted || this.#scheduler.copies);
  }

  /** After a look at all who are there. */
  #grantAnew(nowMs: number): void {
    this.#scheduler.survey(this.#round, this.#fleet, nowMs);
    this.#grant(nowMs, Number.POSITIVE_INFINITY);
  }

  /**
   * Serves those who wait, longest wait first, for as long as there is anything to give. Thousands may wait, so after some
   * who cannot be given what is there the others are left to the next look at all, where nobody is passed over.
   */
  #grant(nowMs: number, passOver = PASSED_OVER_MAX): void {
    let left = passOver;
    for (const member of this.#fleet.waiting()) {
      if (!this.#mayGrant || left === 0) return;
      if (!this.#serve(member, nowMs)) left--;
    }
  }

  /** Whoever waits already could be given nothing, so only this one is looked at; if it goes empty, all are, but not too often. */
  #serveNow(member: Member, nowMs: number): void {
    this.#serve(member, nowMs);
    const passedOver = this.#fleet.waits(member) && this.#round.unitsFree('train') > 0;
    if (passedOver && this.#scheduler.isStale(this.#fleet, nowMs)) this.#grantAnew(nowMs);
  }

  /** True when it was given something. */
  #serve(member: Member, nowMs: number): boolean {
    if (!this.#mayGrant || !this.#fleet.waits(member)) return false;
    const fresh = this.#scheduler.claimFor(member, this.#round, this.#fleet, nowMs);
    if (fresh !== undefined) {
      this.#assign(member, fresh.kind, fresh.block, false, nowMs);
      return true;
    }
    const copied = this.#scheduler.copyFor(member, this.#round, nowMs);
    if (copied === undefined) return false;
    this.#assign(member, copied.kind, copied.block, true, nowMs);
    this.#record({ kind: 'backup', volunteer: member.id, units: copied.run.count });
    return true;
  }

  #assign(member: Member, kind: WorkKind, block: Block, backup: boolean, nowMs: number): void {
    const { shape } = this.#round;
    const { count } = unitsOf(block, kind === 'train' ? shape.trainUnits : shape.evaluationUnits);
    const lease = leaseOver(block, kind, shape, {
      ...{ id: this.#nextLease++ as LeaseId, volunteer: member.id, grantedAtMs: nowMs, backup },
      ...this.#scheduler.timesFor(member, count, nowMs),
    });
    this.#round.grant(lease);
    this.#fleet.granted(member, lease);
    this.#effects.push({ type: 'assign', lease });
  }

  #release(volunteer: VolunteerId, id: LeaseId, nowMs: number): void {
    const lease = this.#round.lease(id);
    if (lease?.volunteer !== volunteer) return;
    this.#drop(lease, 'released', nowMs);
    this.#grant(nowMs);
  }

  /** Ends a lease without an answer. */
  #drop(lease: Lease, end: Exclude<LeaseEnd, 'fulfilled'>, nowMs: number): void {
    this.#takeBack(lease);
    this.#ended(lease, end, nowMs);
  }

  #takeBack(lease: Lease): void {
    this.#round.drop(lease);
    this.#scheduler.forget(lease);
  }

  #ended(lease: Lease, end: Exclude<LeaseEnd, 'fulfilled'>, nowMs: number): void {
    this.#fleet.ended(lease.volunteer, nowMs);
    this.#record({ kind: 'lease-ended', volunteer: lease.volunteer, units: lease.run.count, end });
  }

  #tick(nowMs: number): void {
    this.#life.retrySave(nowMs);
    if (this.#life.ending) return;
    if (this.#round.complete && this.#life.status === 'running') return this.#end('finished', nowMs);
    for (const lease of [...this.#round.leases()]) {
      const spanMs = lease.deadlineMs - lease.grantedAtMs;
      if (nowMs < lease.grantedAtMs + EXPIRY_FACTOR * spanMs) continue;
      this.#fleet.expired(lease, nowMs);
      this.#drop(lease, 'expired', nowMs);
    }
    this.#grantAnew(nowMs);
  }

  // — Answers —

  #answer(sent: { volunteer: VolunteerId; lease: LeaseId }, answer: Answer, nowMs: number): void {
    const member = this.#fleet.member(sent.volunteer);
    if (member === undefined) return;
    const lease = this.#round.lease(sent.lease);
    if (lease?.volunteer !== sent.volunteer) {
      this.#refuse(member, sent.lease, this.#refuseWithoutLease(member, sent.lease, answer));
      return;
    }
    const others = this.#round.copies(lease).filter(({ id }) => id !== lease.id);
    // Only an answer that may be compared with another needs an imprint, and it must be taken before the sum is.
    const formal = answer.refuse(lease);
    const imprint =
      formal === undefined && others.length > 0 ? this.#imprint(member, answer, others) : undefined;
    const refusal = formal ?? (answer.add(lease, this.#round) ? undefined : 'not-finite');
    if (refusal === undefined) return this.#accept(member, lease, imprint, answer.computeMs, nowMs);
    this.#drop(lease, 'released', nowMs);
    this.#refuse(member, lease.id, refusal);
    if (refusal === 'not-finite') this.#suspectDivergence(member.id, nowMs);
    this.#grant(nowMs);
  }

  /** The sum is in: ends every copy of the lease and gives the credit. */
  #accept(
    member: Member,
    lease: Lease,
    imprint: Imprint | undefined,
    computeMs: number,
    nowMs: number,
  ): void {
    const { atBound } = this.#round;
    this.#notFinite = [];
    this.#scheduler.forget(lease);
    for (const other of this.#round.settle(lease)) {
      this.#scheduler.forget(other);
      this.#ended(other, 'superseded', nowMs);
      if (imprint === undefined) continue;
      this.#comparison.expect({ lease: other, first: member.id, device: member.device, imprint });
    }
    this.#fleet.ended(member.id, nowMs);
    this.#effects.push({ type: 'accept', volunteer: member.id, lease: lease.id });
    if (lease.kind === 'train') {
      this.#fleet.answered(member, lease, computeMs, nowMs);
      addUnits(this.#earned, member.account, lease.run.count);
    }
    if (this.#round.complete) this.#close(nowMs);
    // An answer brings back no units, but room in memory for one more sum, and in the hands of who sent it.
    else if (atBound) this.#grant(nowMs);
    else this.#serveNow(member, nowMs);
    this.#life.saveWhenDue(this.#model.version.step, nowMs);
  }

  /** Why an answer without a live lease does not count; where another copy did, the two are compared. */
  #refuseWithoutLease(member: Member, id: LeaseId, answer: Answer): ContributionRefusal {
    const past = this.#comparison.take(id, member.id);
    if (past === undefined) {
      return id > 0 && id < this.#nextLease && this.#round.lease(id) === undefined
        ? 'lease-ended'
        : 'lease-unknown';
    }
    const formal = answer.refuse(past.lease);
    if (formal !== undefined) return formal;
    const imprint = answer.imprint(sameDevice(past.device, member.device) ? undefined : this.#sketchSeed);
    if (imprint === undefined) return 'not-finite';
    const agrees = answersAgree(past, imprint, member.device);
    this.#fleet.compared([past.first, member.id], agrees);
    this.#record({ kind: 'compared', volunteer: member.id, first: past.first, agrees });
    return 'already-in';
  }

  /** Undefined when its values are not finite. */
  #imprint(member: Member, answer: Answer, others: readonly Lease[]): Imprint | undefined {
    const foreign = others.some(({ volunteer }) => {
      const other = this.#fleet.member(volunteer);
      return other !== undefined && !sameDevice(other.device, member.device);
    });
    return answer.imprint(foreign ? this.#sketchSeed : undefined);
  }

  /** The same for all answers of a job: the first and the second may come in different rounds. */
  get #sketchSeed(): number {
    return hash32(this.#job.seed, SKETCH_STREAM);
  }

  #refuse(member: Member, lease: LeaseId, reason: ContributionRefusal): void {
    member.refused++;
    this.#effects.push({ type: 'refuse', volunteer: member.id, lease, reason });
    this.#record({ kind: 'refused', volunteer: member.id, reason });
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
    this.#record({ kind: 'diverged', step: this.#model.version.step });
    this.#life.pause(nowMs);
  }

  // — Rounds —

  /** What was measured decides whether the job has reached its end; otherwise the batch becomes the next version. */
  #close(nowMs: number): void {
    const round = this.#round;
    const { step } = round.shape.version;
    const evaluation = round.evaluation.result(step);
    if (evaluation !== undefined) {
      this.#evaluation = evaluation;
      this.#record({ kind: 'evaluation', evaluation });
    }
    const target = this.#job.stop.metricAtLeast;
    const reached = target !== undefined && evaluation !== undefined && evaluation.metric >= target;
    if (reached || round.shape.trainUnits === 0) return this.#end('finished', nowMs);
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
    this.#record({ kind: 'step', training, durationMs, gradientNorm });
    this.#heldPeak = Math.max(this.#heldPeak, round.reduction.heldPeak);
    this.#comparison.roundClosed();
    this.#fleet.roundClosed();
    this.#round = this.#openRound(nowMs);
    if (this.#round.complete) return this.#end('finished', nowMs);
    this.#grantAnew(nowMs);
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

  #resume(nowMs: number): void {
    if (this.#life.status === 'stopped' && !this.#life.ending) this.#round = this.#openRound(nowMs);
    this.#life.resume(nowMs);
    this.#grantAnew(nowMs);
  }

  /** No more leases from here on; the job has ended once the checkpoint that says so is durable. */
  #end(as: 'stopped' | 'finished', nowMs: number): void {
    if (!this.#life.end(as)) return;
    for (const lease of [...this.#round.leases()]) this.#drop(lease, 'released', nowMs);
    this.#life.save(nowMs);
  }

  #progress(status: JobStatus): Progress {
    return {
      status,
      ...(this.#training === undefined ? {} : { training: this.#training }),
      ...(this.#evaluation === undefined ? {} : { evaluation: this.#evaluation }),
    };
  }

  #record(entry: HistoryEntry): void {
    this.#effects.push({ type: 'record', entry });
  }
}

const SKETCH_STREAM = 0x5ce7;

function unitsIn(leases: readonly Lease[]): number {
  return leases.reduce((sum, { run }) => sum + run.count, 0);
}

function addUnits(credit: Map<AccountId, number>, account: AccountId, units: number): void {
  credit.set(account, (credit.get(account) ?? 0) + units);
}
