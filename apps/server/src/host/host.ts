/**
 * The only loop: messages queue up, the coordinator is told of each in order, its effects are carried out, and what the
 * turn brought leaves in one message. The heart computes and this file performs; nothing else in the server does arithmetic.
 *
 * A checkpoint is written after the turn's message has left: while the disk works, the volunteers already compute the
 * next round. The coordinator is then told that the version is durable, or that it is not.
 */

import {
  type Checkpoint,
  type Codec,
  type CodecName,
  type Coordinator,
  type CoordinatorView,
  createCoordinator,
  type Effect,
  type Event,
  float32Codec,
  formatVersion,
  type HistoryEntry,
  InvariantError,
  type Job,
  type Lease,
  type ParamsVersion,
  unreachable,
  type VolunteerId,
} from '@manyhands/core';
import { type AssignMessage, encodeFrame, type HistoryPoint, REFUSAL_SENTENCE } from '@manyhands/protocol';
import { jobView } from '../job-view.ts';
import { type Run, type SavedVersion, type Store, StoreError } from '../store/store.ts';
import type { Clock } from './clock.ts';
import { roundLive, volunteerRows } from './live.ts';
import type { FromHost, HostPort, ToHost } from './messages.ts';
import { Rate } from './rate.ts';

/** All that a host needs to begin, as plain data. */
export interface HostStart {
  readonly run: Run;
  readonly job: Job;
  /** Durable already, under this very version. */
  readonly from: Checkpoint;
  readonly durable: SavedVersion;
  /** True when this goes on from an earlier incarnation. */
  readonly recovered: boolean;
  readonly historyLength: number;
}

/** Deadlines are looked at this often. */
const TICK_MS = 50;
/** Pages see the round at most this often. */
const LIVE_MS = 200;
/** The table of volunteers is sent with every so many of these. */
const LIVES_PER_ROWS = 5;
/** History that no checkpoint follows is written once it is this long. */
const UNSAVED_POINTS = 1_000;
/** While the disk refuses, more than this is not kept: the oldest half is lost. */
const UNSAVED_POINTS_MAX = 10_000;

const CODECS: Readonly<Record<CodecName, Codec>> = { float32: float32Codec };

/** Runs a job until it is told to close; the store is closed with it. */
export function runHost(port: HostPort, start: HostStart, store: Store, clock: Clock): void {
  const host = new Host(port, start, store, clock);
  port.on('message', (message) => host.receive(message));
}

class Host {
  readonly #port: HostPort;
  readonly #run: Run;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #coordinator: Coordinator;
  readonly #timers: readonly (() => void)[];

  #inbox: ToHost[] = [];
  #turnIsDue = false;
  #outbox: FromHost[] = [];
  #transfer: ArrayBuffer[] = [];
  readonly #saves: Checkpoint[] = [];
  #state: 'running' | 'failed' | 'closed' = 'running';

  #durable: SavedVersion;
  #diskTrouble = '';
  #nextPoint: number;
  #unsent: HistoryPoint[] = [];
  #unsaved: HistoryPoint[] = [];

  readonly #samples = new Rate();
  readonly #rounds = new Rate();
  readonly #joinedAt = new Map<VolunteerId, number>();
  #changed = true;
  #lives = 0;
  #rowsWanted = false;

  constructor(port: HostPort, start: HostStart, store: Store, clock: Clock) {
    this.#port = port;
    this.#run = start.run;
    this.#store = store;
    this.#clock = clock;
    this.#durable = start.durable;
    // What was seen of the lost incarnation may have gone further than the disk: no number names two points.
    this.#nextPoint = start.historyLength + (start.recovered ? UNSAVED_POINTS_MAX : 0);
    this.#coordinator = createCoordinator(start.job, start.from);
    const { version, params, state } = start.from;
    if (start.recovered) this.#append({ kind: 'recovered', version: formatVersion(version) });
    this.#publish(version, params, state);
    this.#showLive();
    this.#timers = [
      clock.every(TICK_MS, () => this.#tick()),
      clock.every(LIVE_MS, () => this.#guard(() => this.#showLive())),
    ];
  }

  receive(message: ToHost): void {
    this.#inbox.push(message);
    if (this.#turnIsDue) return;
    this.#turnIsDue = true;
    this.#clock.soon(() => this.#turn());
  }

  #turn(): void {
    this.#turnIsDue = false;
    const messages = this.#inbox;
    this.#inbox = [];
    this.#guard(() => {
      for (const message of messages) this.#take(message);
      this.#post();
      this.#save();
      this.#post();
    });
  }

  #tick(): void {
    this.#guard(() => {
      this.#step({ type: 'ticked' });
      this.#post();
      this.#save();
      this.#post();
    });
  }

  /** A programmer's error stops this job and says where; the server lives on and serves what is durable. */
  #guard(work: () => void): void {
    if (this.#state === 'closed') return;
    try {
      work();
    } catch (error) {
      const where = error instanceof InvariantError ? error.message : String((error as Error).stack ?? error);
      this.#state = 'failed';
      this.#outbox = [
        { type: 'failed', sentence: `The job was stopped by a mistake in the program, at ${where}.` },
      ];
      this.#post();
    }
  }

  #take(message: ToHost): void {
    if (message.type === 'close') return this.#close();
    if (this.#state !== 'running') return;
    switch (message.type) {
      case 'event':
        this.#keepJoinTime(message.event);
        this.#step(message.event);
        return;
      case 'contribution': {
        const { volunteer, lease, samples, codec, elements, body } = message;
        const decoded = CODECS[codec].decode(body, elements);
        // A body that does not decode goes on as a vector that the validator refuses: one place refuses.
        const vector = decoded instanceof Float32Array ? decoded : new Float32Array(0);
        const effects = this.#step({ type: 'contribution-arrived', volunteer, lease, samples, vector });
        if (effects.some(({ type }) => type === 'accept')) this.#samples.add(samples, this.#clock.nowMs());
        return;
      }
      case 'rows-wanted':
        this.#rowsWanted = message.wanted;
        return;
      default:
        return unreachable(message);
    }
  }

  #step(event: Event): readonly Effect[] {
    if (this.#state !== 'running') return [];
    const effects = this.#coordinator.step(event, this.#clock.nowMs());
    if (event.type !== 'ticked' || effects.length > 0) this.#changed = true;
    for (const effect of effects) this.#perform(effect);
    return effects;
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'publish':
        return this.#publish(effect.version, effect.params, effect.state);
      case 'assign':
        this.#outbox.push({
          type: 'assign',
          volunteer: effect.lease.volunteer,
          message: assignMessage(effect.lease, this.#clock.nowMs()),
        });
        return;
      case 'accept': {
        const { volunteer, lease } = effect;
        this.#outbox.push({ type: 'receipt', volunteer, message: { lease, accepted: true } });
        return;
      }
      case 'refuse': {
        const { volunteer, lease, reason: refusal } = effect;
        const message = { lease, accepted: false, refusal, sentence: REFUSAL_SENTENCE[refusal] };
        this.#outbox.push({ type: 'receipt', volunteer, message });
        return;
      }
      case 'record':
        if (effect.entry.kind === 'step') this.#rounds.add(1, this.#clock.nowMs());
        return this.#append(lineOf(effect.entry, this.#diskTrouble));
      case 'save':
        this.#saves.push(effect.checkpoint);
        return;
      case 'status':
        // Whoever hears of a new status and looks finds it.
        this.#outbox.push(this.#live(this.#coordinator.view()), effect);
        return;
      default:
        return unreachable(effect);
    }
  }

  #publish(version: ParamsVersion, params: Float32Array, state: Float32Array): void {
    const frame = encodeFrame({
      kind: 'params',
      codec: 'float32',
      version,
      lease: 0,
      samples: 0,
      elements: params.length + state.length,
      body: [float32Codec.encode(params), float32Codec.encode(state)],
    });
    this.#outbox.push({ type: 'published', version: formatVersion(version), frame });
    this.#transfer.push(frame.buffer);
  }

  #append(entry: HistoryPoint['entry']): void {
    const point = { index: this.#nextPoint++, at: this.#clock.wallMs(), entry };
    this.#unsent.push(point);
    this.#unsaved.push(point);
    if (this.#unsaved.length > UNSAVED_POINTS_MAX) this.#unsaved.splice(0, UNSAVED_POINTS_MAX / 2);
  }

  #save(): void {
    for (let next = this.#saves.shift(); next !== undefined; next = this.#saves.shift()) {
      const { version } = next;
      if (this.#tryDisk(() => this.#store.saveCheckpoint(this.#run.id, next!, this.#unsaved))) {
        this.#unsaved = [];
        this.#step({ type: 'checkpoint-durable', version });
      } else {
        this.#step({ type: 'checkpoint-failed', version });
      }
    }
    if (this.#unsaved.length >= UNSAVED_POINTS && this.#diskTrouble === '') this.#saveHistory();
  }

  #saveHistory(): void {
    const wrote = this.#tryDisk(() => {
      this.#store.appendHistory(this.#run.id, this.#unsaved);
      return undefined;
    });
    if (wrote) this.#unsaved = [];
  }

  #tryDisk(write: () => SavedVersion | undefined): boolean {
    try {
      this.#durable = write() ?? this.#durable;
      this.#diskTrouble = '';
      return true;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#diskTrouble = error.message;
      this.#outbox.push({ type: 'disk-trouble', sentence: error.message });
      return false;
    }
  }

  #showLive(): void {
    const nowMs = this.#clock.nowMs();
    const moved = this.#changed || this.#samples.moves(nowMs) || this.#rounds.moves(nowMs);
    const rowsAreDue = this.#rowsWanted && ++this.#lives % LIVES_PER_ROWS === 0;
    if (this.#state === 'running' && (moved || rowsAreDue)) {
      this.#changed = false;
      const view = this.#coordinator.view();
      this.#outbox.push(this.#live(view));
      if (rowsAreDue) this.#outbox.push({ type: 'rows', rows: volunteerRows(view, this.#joinedAt) });
    }
    this.#sendHistory();
    this.#post();
  }

  #live(view: CoordinatorView): FromHost {
    const nowMs = this.#clock.nowMs();
    const roundsPerSecond = this.#rounds.perSecond(nowMs);
    const job = jobView(this.#run, {
      hosted: true,
      version: view.version,
      progress: view.progress,
      durable: this.#durable,
      volunteers: {
        connected: view.volunteers.length,
        working: view.volunteers.filter(({ working }) => working).length,
      },
      samplesPerSecond: this.#samples.perSecond(nowMs),
      roundsPerMinute: roundsPerSecond === null ? null : roundsPerSecond * 60,
      updatedAt: this.#clock.wallMs(),
    });
    return { type: 'live', live: { job, round: roundLive(view.round) } };
  }

  #sendHistory(): void {
    if (this.#unsent.length === 0) return;
    this.#outbox.push({ type: 'history', points: this.#unsent });
    this.#unsent = [];
  }

  #post(): void {
    if (this.#outbox.length === 0) return;
    this.#port.postMessage(this.#outbox, this.#transfer);
    this.#outbox = [];
    this.#transfer = [];
  }

  #keepJoinTime(event: Event): void {
    if (event.type === 'volunteer-joined') this.#joinedAt.set(event.volunteer, this.#clock.wallMs());
    if (event.type === 'volunteer-left') this.#joinedAt.delete(event.volunteer);
  }

  /** Closing is a pause that the last checkpoint does not remember: the next start goes on by itself. */
  #close(): void {
    if (this.#state === 'running') {
      const { progress } = this.#coordinator.view();
      for (const effect of this.#coordinator.step({ type: 'pause-asked' }, this.#clock.nowMs())) {
        if (effect.type === 'save') this.#saves.push({ ...effect.checkpoint, progress });
      }
      this.#save();
    }
    this.#saveHistory();
    this.#changed = true;
    this.#showLive();
    this.#state = 'closed';
    for (const stop of this.#timers) stop();
    this.#store.close();
    this.#outbox = [{ type: 'closed' }];
    this.#post();
    this.#port.close();
  }
}

function assignMessage(lease: Lease, nowMs: number): AssignMessage {
  return {
    lease: lease.id,
    kind: lease.kind,
    version: formatVersion(lease.version),
    first: lease.run.first,
    count: lease.run.count,
    deadlineInMs: Math.max(0, Math.round(lease.deadlineMs - nowMs)),
  };
}

function lineOf(entry: HistoryEntry, diskTrouble: string): HistoryPoint['entry'] {
  switch (entry.kind) {
    case 'durable':
      return { kind: 'durable', version: formatVersion(entry.version) };
    case 'not-durable':
      return { kind: 'not-durable', version: formatVersion(entry.version), sentence: diskTrouble };
    default:
      return entry;
  }
}
