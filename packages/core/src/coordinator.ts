/**
 * The heart. It is told what happened and when, and answers what must now be done; it knows no socket, clock or disk. A
 * world of ten thousand volunteers is therefore a loop over `step`, and every run can be repeated from what went in.
 *
 * One round after another: volunteers pull leases over blocks of the batch, contributions fold into one sum, the
 * optimizer makes the next version, and the same list of effects that publishes it carries the first leases of the next
 * round. The shell performs effects in order, so what must not wait stands first and the checkpoint last.
 *
 * This file is the turn. Who gets how much is the scheduler's business, which class of device serves that of the serving class,
 * whether the job runs and what is durable that of its life, and what a second answer says that of the comparison.
 */

import { type Answer, evaluationAnswer, gradientAnswer, unreadableAnswer } from './answer.ts';
import { unreachable } from './assert.ts';
import { CentralModel } from './central-model.ts';
import type { Checkpoint, JobStatus, Measurement, Progress } from './checkpoint.ts';
import { isLossy } from './codec/index.ts';
import { Comparison, type Verdict } from './comparison.ts';
import { Earnings } from './earnings.ts';
import type { Effect, HistoryEntry } from './effect.ts';
import type { Event } from './event.ts';
import { Fleet, type Member } from './fleet.ts';
import { type Claimed, gatheringsOf, type OpenGathering } from './gathering.ts';
import type { Imprint } from './imprint.ts';
import type { Job } from './job.ts';
import { JobLife } from './job-life.ts';
import { abandonedAtMs, type Lease, type LeaseEnd, type LeaseId, type WorkKind } from './lease.ts';
import { type Loops, plainLoops } from './loops.ts';
import type { Spare } from './reduction.ts';
import type { ContributionRefusal } from './refusal.ts';
import { openRound, type Round } from './round.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import { ServingClass } from './serving-class.ts';
import { drawOf } from './strategy.ts';
import type { CoordinatorView } from './view.ts';
import type { VolunteerId } from './volunteer.ts';

export interface Coordinator {
  /** Takes ownership of the vectors in the event; the vectors in the effects belong to the caller. */
  step(event: Event, nowMs: number): readonly Effect[];
  view(): CoordinatorView;
}

/**
 * A coordinator that goes on from a checkpoint: the initial one, or one that was read back and `recovered`. Of the vectors that
 * it took over, `spare` is given back those that went into a sum: fresh memory costs a system more than what is done with it.
 * The bytes are the same whoever runs the `loops`.
 */
export function createCoordinator(
  job: Job,
  from: Checkpoint,
  spare: Spare = () => {},
  loops: Loops = plainLoops,
): Coordinator {
  return new OneJob(job, from, spare, loops);
}

/** So many who wait are looked at in vain when an answer or a lease comes back. */
const PASSED_OVER_MAX = 32;

/**
 * After so many answers in a row that are not finite, some from every volunteer who is there, the fault is the model's and
 * not the volunteers': training has diverged. Liars answer faster than honest volunteers compute, so a count alone would let
 * one of them pause a healthy job.
 */
const NOT_FINITE_MAX = 8;

class OneJob implements Coordinator {
  readonly #job: Job;
  readonly #gather: OpenGathering;
  readonly #model: CentralModel;
  readonly #life: JobLife;
  readonly #fleet: Fleet;
  /** Undefined where all classes serve at once. */
  readonly #serving: ServingClass | undefined;
  readonly #scheduler: Scheduler;
  readonly #comparison: Comparison;
  readonly #earnings = new Earnings();
  #round: Round;
  #training: Measurement | undefined;
  #evaluation: Measurement | undefined;
  #staleness: number | undefined;
  #nextLease = 1;
  #heldPeak = 0;
  /** Who sent the answers that were refused as not finite since the last one that was accepted. */
  #notFinite: VolunteerId[] = [];
  #effects: Effect[] = [];

  constructor(job: Job, from: Checkpoint, spare: Spare, loops: Loops) {
    this.#job = job;
    this.#gather = gatheringsOf(job, spare, loops);
    this.#model = new CentralModel(job, from, loops);
    this.#fleet = new Fleet(job.exact);
    this.#serving = job.exact ? new ServingClass(job.lease) : undefined;
    this.#scheduler = new Scheduler(job.lease, isLossy(job.codec));
    this.#comparison = new Comparison(job);
    this.#training = from.progress.training;
    this.#evaluation = from.progress.evaluation;
    this.#life = new JobLife(job.checkpoint, from, {
      emit: (effect) => this.#effects.push(effect),
      checkpoint: (status) => this.#model.checkpoint(this.#progress(status), this.#earnings.take()),
    });
    this.#round = this.#openRound(0, []);
  }

  step(event: Event, nowMs: number): readonly Effect[] {
    this.#effects = [];
    this.#turn(event, nowMs);
    this.#changeClass(nowMs);
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
      case 'contribution-unreadable':
        return this.#answer(event, unreadableAnswer(event.reason), nowMs);
      case 'evaluation-arrived':
        return this.#answer(event, evaluationAnswer(event, this.#job), nowMs);
      case 'checkpoint-durable':
        this.#earnings.saved();
        return this.#life.saved(event.version, nowMs);
      case 'checkpoint-failed':
        this.#earnings.notSaved();
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
      staleness: this.#staleness,
      serving: this.#job.exact ? this.#fleet.serving?.device : undefined,
      volunteers: Array.from(this.#fleet.members(), (member) => ({
        volunteer: member.id,
        device: member.device,
        working: member.leases > 0,
        samplesPerSecond:
          member.pace === undefined ? undefined : member.pace.speed * this.#unitSamples * 1_000,
        units: member.units,
        refused: member.refused,
        agreed: member.agreed,
        disagreed: member.disagreed,
      })),
      heldVectors: this.#round.gathering.held,
      heldVectorsPeak: Math.max(this.#heldPeak, this.#round.gathering.heldPeak),
      comparable: this.#comparison.size,
    };
  }

  /** Of a unit that takes all its steps. */
  get #unitSamples(): number {
    return drawOf(this.#job.batch, this.#job.strategy).unitSamples;
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
    for (const queue of this.#fleet.queues) {
      for (const member of queue) {
        if (!this.#mayGrant || left === 0) return;
        if (member.pace === undefined && !this.#scheduler.servesStrangers(this.#round)) return;
        if (!this.#serve(member, nowMs)) left--;
      }
    }
  }

  /** Whoever waits already could be given nothing, so only this one is looked at; if it goes empty, all are, but not too often. */
  #serveNow(member: Member, nowMs: number): void {
    if (!this.#fleet.waits(member)) return;
    if (this.#mayGrant) this.#serve(member, nowMs);
    const passedOver = this.#fleet.waits(member) && this.#round.unitsFree('train') > 0;
    if (passedOver && this.#scheduler.isStale(this.#fleet, nowMs)) this.#grantAnew(nowMs);
  }

  /** Gives something to one who waits; true when there was something for it. */
  #serve(member: Member, nowMs: number): boolean {
    const fresh = this.#scheduler.claimFor(member, this.#round, this.#fleet, nowMs);
    if (fresh !== undefined) {
      this.#assign(member, fresh.kind, fresh, false, nowMs);
      return true;
    }
    const copied = this.#scheduler.copyFor(member, this.#round, nowMs);
    if (copied === undefined) return false;
    this.#assign(member, copied.kind, copied, true, nowMs);
    this.#record({ kind: 'backup', volunteer: member.id, units: copied.run.count });
    return true;
  }

  #assign(member: Member, kind: WorkKind, { block, run }: Claimed, backup: boolean, nowMs: number): void {
    const { expectedAtMs, deadlineMs } = this.#scheduler.timesFor(member, run.count, nowMs);
    const lease: Lease = {
      id: this.#nextLease++ as LeaseId,
      volunteer: member.id,
      kind,
      version: this.#model.version,
      block,
      run,
      grantedAtMs: nowMs,
      expectedAtMs,
      deadlineMs,
      backup,
    };
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
    this.#fleet.ended(lease, nowMs);
    this.#record({ kind: 'lease-ended', volunteer: lease.volunteer, units: lease.run.count, end });
  }

  #tick(nowMs: number): void {
    this.#life.retrySave(nowMs);
    if (this.#life.ending) return;
    if (this.#round.complete && this.#life.status === 'running') return this.#end('finished', nowMs);
    for (const lease of [...this.#round.leases()]) {
      if (nowMs < abandonedAtMs(lease.grantedAtMs, lease.deadlineMs)) continue;
      this.#fleet.expired(lease, nowMs);
      const holder = this.#fleet.member(lease.volunteer);
      if (holder !== undefined) this.#comparison.late(lease, holder.device);
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
    const formal = answer.refuse(lease, this.#round);
    // Before the sum is made, which may use the vector up.
    const imprint = formal === undefined ? this.#imprintOf(answer, lease, member) : undefined;
    const refusal = formal ?? (answer.add(lease, this.#round) ? undefined : 'not-finite');
    if (refusal === undefined) return this.#accept(member, lease, imprint, answer, nowMs);
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
    { samples, computeMs }: Answer,
    nowMs: number,
  ): void {
    const { atBound } = this.#round.gathering;
    this.#notFinite = [];
    this.#serving?.answered(nowMs);
    this.#scheduler.forget(lease);
    const others = this.#round.settle(lease);
    for (const other of others) {
      this.#scheduler.forget(other);
      this.#ended(other, 'superseded', nowMs);
    }
    const verdicts = imprint === undefined ? [] : this.#comparison.settled(lease, member, imprint, others);
    for (const verdict of verdicts) this.#judge(verdict);
    this.#fleet.ended(lease, nowMs);
    this.#effects.push({ type: 'accept', volunteer: member.id, lease: lease.id });
    if (lease.kind === 'train') {
      this.#fleet.answered(member, lease, samples / this.#unitSamples, computeMs, nowMs);
      this.#earnings.earn(member.account, lease.run.count);
    }
    if (this.#round.complete) this.#close(nowMs);
    // An answer brings back no units, but room in memory for one more sum, and in the hands of who sent it.
    else if (atBound) this.#grant(nowMs);
    else this.#serveNow(member, nowMs);
    this.#life.saveWhenDue(this.#model.version.step, nowMs);
  }

  /** Why an answer without a live lease does not count; where another did, the two are compared. */
  #refuseWithoutLease(member: Member, id: LeaseId, answer: Answer): ContributionRefusal {
    const second = this.#comparison.second(id, member, answer, this.#round);
    if (second === undefined) {
      return id > 0 && id < this.#nextLease && this.#round.lease(id) === undefined
        ? 'lease-ended'
        : 'lease-unknown';
    }
    if (typeof second === 'string') return second;
    this.#judge(second);
    return 'already-in';
  }

  #imprintOf(answer: Answer, lease: Lease, { device }: Member): Imprint | undefined {
    const copies = this.#round.copies(lease).filter(({ id }) => id !== lease.id);
    const devices = copies.flatMap(({ volunteer }) => this.#fleet.member(volunteer)?.device ?? []);
    return this.#comparison.imprintOf(answer, lease, device, devices);
  }

  #judge(verdict: Verdict): void {
    const { first, volunteer, agrees } = verdict;
    this.#fleet.compared([first, volunteer], agrees);
    this.#record({ kind: 'compared', ...verdict });
  }

  #refuse(member: Member, lease: LeaseId, reason: ContributionRefusal): void {
    this.#effects.push({ type: 'refuse', volunteer: member.id, lease, reason });
    // Who is second did nothing wrong, and what the comparison said is on record.
    if (reason === 'already-in') return;
    member.refused++;
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
    const gathered = round.gathering.gathered!;
    const moved = this.#model.apply(gathered);
    if (moved === undefined) {
      this.#beginRound(nowMs);
      return this.#diverged(nowMs);
    }
    const { training, gradientNorm, update } = moved;
    this.#earnings.roundClosed();
    this.#training = training;
    this.#staleness = gathered.staleness;
    const durationMs = nowMs - round.shape.openedAtMs;
    this.#effects.push({ type: 'publish', version: this.#model.version, ...this.#model.copy(), update });
    this.#record({ kind: 'step', training, durationMs, gradientNorm });
    this.#heldPeak = Math.max(this.#heldPeak, round.gathering.heldPeak);
    this.#comparison.roundClosed();
    this.#fleet.roundClosed();
    this.#beginRound(nowMs);
    if (this.#round.complete) return this.#end('finished', nowMs);
    if (!this.#changeClass(nowMs)) this.#grantAnew(nowMs);
  }

  /** True when another class took over. What the one before had handed in of the open round is of other bytes: it begins again. */
  #changeClass(nowMs: number): boolean {
    if (!this.#life.grants) return false;
    const from = this.#fleet.serving?.device;
    const crew = this.#serving?.takesOver(this.#fleet, this.#round, nowMs);
    if (crew === undefined) return false;
    const to = crew.device;
    const { step } = this.#model.version;
    const units = this.#earnings.unitsInRound;
    this.#record({ kind: 'class-changed', step, ...(from === undefined ? {} : { from }), to, units });
    this.#effects.push({ type: 'serving', device: to });
    this.#dropAll(nowMs);
    this.#comparison.roundBegunAgain();
    this.#fleet.serve(crew);
    this.#beginRound(nowMs);
    this.#grantAnew(nowMs);
    return true;
  }

  /** What is under way though a version is made, as some strategies have it, goes on: but not past the last. */
  #beginRound(nowMs: number): void {
    if (this.#isTrained) this.#dropAll(nowMs);
    const before = this.#round;
    before.gathering.close();
    this.#round = this.#openRound(nowMs, [...before.leases()]);
  }

  get #isTrained(): boolean {
    return this.#model.version.step >= this.#job.stop.steps;
  }

  #dropAll(nowMs: number): void {
    for (const lease of [...this.#round.leases()]) this.#drop(lease, 'released', nowMs);
  }

  #openRound(nowMs: number, leases: readonly Lease[]): Round {
    const { batch, evaluation, samples } = this.#job;
    const { version } = this.#model;
    this.#earnings.roundOpened();
    const last = this.#isTrained;
    const measure =
      (last || version.step % evaluation.everySteps === 0) && this.#evaluation?.step !== version.step;
    const shape = {
      version,
      openedAtMs: nowMs,
      trainUnits: last ? 0 : batch.units,
      evaluationUnits: measure ? Math.ceil(samples.evaluation / evaluation.unitSamples) : 0,
    };
    return openRound(shape, this.#gather(version, shape.trainUnits), leases);
  }

  // — The life of the job —

  #resume(nowMs: number): void {
    if (this.#life.status === 'stopped' && !this.#life.ending) this.#beginRound(nowMs);
    this.#life.resume(nowMs);
    this.#serving?.resumed(nowMs);
    this.#grantAnew(nowMs);
  }

  /** No more leases from here on; the job has ended once the checkpoint that says so is durable. */
  #end(as: 'stopped' | 'finished', nowMs: number): void {
    if (!this.#life.end(as)) return;
    this.#dropAll(nowMs);
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

function unitsIn(leases: readonly Lease[]): number {
  return leases.reduce((sum, { run }) => sum + run.count, 0);
}
