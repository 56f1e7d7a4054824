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
  type CodecRefusal,
  type Coordinator,
  type CoordinatorView,
  contributionCodec,
  createCoordinator,
  type Effect,
  type Event,
  formatVersion,
  InvariantError,
  type Job,
  type Loops,
  plainLoops,
  shapeOf,
  unreachable,
  type VolunteerId,
} from '@manyhands/core';
import { type HistoryPoint, LIMITS, REFUSAL_SENTENCE } from '@manyhands/protocol';
import { type Run, type SavedVersion, type Store, StoreError } from '../store/store.ts';
import type { Clock } from './clock.ts';
import { HistoryLog } from './history-log.ts';
import { jobLive, volunteerRows } from './live.ts';
import type { FromHost, HostPort, ToHost } from './messages.ts';
import { Rate } from './rate.ts';
import { SpeedTable } from './speed-table.ts';
import { assignMessage, historyLine, paramsFrame, updateFrame } from './translation.ts';

/** All that a host needs to begin, as plain data. */
export interface HostStart {
  readonly run: Run;
  readonly job: Job;
  /** Durable already, under this very version. */
  readonly from: Checkpoint;
  readonly durable: SavedVersion;
  readonly historyLength: number;
}

type Published = Extract<Effect, { readonly type: 'publish' }>;

/** Deadlines are looked at this often. */
const TICK_MS = 50;
/** Pages see the round at most this often. */
const LIVE_MS = 200;
/** The table of volunteers is sent with every so many of these. */
const LIVES_PER_ROWS = 5;
/** Measured speeds are told and written this often at most: losing the newest costs nobody anything. */
const SPEEDS_MS = 1_000;

/** Runs a job until it is told to close; the store is closed with it. */
export function runHost(
  port: HostPort,
  start: HostStart,
  store: Store,
  clock: Clock,
  loops: Loops = plainLoops,
): void {
  const host = new Host(port, start, store, clock, loops);
  port.on('message', (message) => host.receive(message));
}

class Host {
  readonly #port: HostPort;
  readonly #run: Run;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #loops: Loops;
  readonly #codec: Codec;
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
  readonly #history: HistoryLog;

  readonly #samples = new Rate();
  readonly #rounds = new Rate();
  readonly #joinedAt = new Map<VolunteerId, number>();
  readonly #speeds: SpeedTable;
  #speedsChanged = false;
  #changed = true;
  #lives = 0;
  #rowsWanted = false;

  constructor(port: HostPort, start: HostStart, store: Store, clock: Clock, loops: Loops) {
    this.#port = port;
    this.#run = start.run;
    this.#store = store;
    this.#clock = clock;
    this.#loops = loops;
    this.#durable = start.durable;
    this.#history = new HistoryLog(start.historyLength);
    this.#speeds = new SpeedTable(store.speeds(start.run.id));
    this.#codec = contributionCodec(start.job.codec, shapeOf(start.job), loops);
    this.#coordinator = createCoordinator(start.job, start.from, (vector) => this.#spare(vector), loops);
    const { version, params, state } = start.from;
    this.#publish({ version, params, state, update: undefined });
    this.#showLive();
    this.#timers = [
      clock.every(TICK_MS, () => this.#tick()),
      clock.every(LIVE_MS, () => this.#guard(() => this.#showLive())),
      clock.every(SPEEDS_MS, () => this.#guard(() => this.#keepSpeeds())),
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
      case 'contribution':
        return this.#contribute(message);
      case 'measured':
        if (this.#speeds.hear(message.account, message.speed, this.#clock.wallMs()))
          this.#speedsChanged = true;
        return;
      case 'drain':
        this.#step({ type: 'drain-asked' });
        return;
      case 'rows-wanted':
        this.#rowsWanted = message.wanted;
        return;
      default:
        return unreachable(message);
    }
  }

  #contribute(message: Extract<ToHost, { readonly type: 'contribution' }>): void {
    const { volunteer, lease, samples, began, computeMs, elements, body } = message;
    const vector = this.#read(body, elements);
    // One place refuses: the heart, which also gives the lease back.
    const effects = this.#step(
      typeof vector === 'string'
        ? { type: 'contribution-unreadable', volunteer, lease, reason: vector }
        : { type: 'contribution-arrived', volunteer, lease, samples, began, computeMs, vector },
    );
    if (effects.some(({ type }) => type === 'accept')) this.#samples.add(samples, this.#clock.nowMs());
    else if (typeof vector !== 'string') this.#loops.free(vector);
  }

  /** Into a room of the loops where they have one: the vector moves out of the memory in which it came. */
  #read(body: Uint8Array<ArrayBuffer>, elements: number): Float32Array | CodecRefusal {
    const room = this.#loops.room(elements);
    if (room === undefined) return this.#codec.decode(body, elements);
    const refusal = this.#codec.decodeInto(room, body);
    this.#giveBack(body.buffer);
    if (refusal === undefined) return room;
    this.#loops.free(room);
    return refusal;
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
        return this.#publish(effect);
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
        return this.#append(historyLine(effect.entry, this.#diskTrouble));
      case 'save':
        this.#saves.push(effect.checkpoint);
        return;
      case 'serving':
      case 'status':
        // Whoever hears of it and looks finds it.
        this.#outbox.push(this.#live(this.#coordinator.view()), effect);
        return;
      case 'drained':
        this.#outbox.push(effect);
        return;
      default:
        return unreachable(effect);
    }
  }

  #publish({ version, params, state, update: change }: Omit<Published, 'type'>): void {
    const frame = paramsFrame(version, params, state);
    const update = change && updateFrame(version, change);
    this.#outbox.push({ type: 'published', version: formatVersion(version), frame, update });
    this.#transfer.push(frame.buffer);
    if (update !== undefined) this.#transfer.push(update.buffer);
  }

  #spare(vector: Float32Array): void {
    if (!this.#loops.free(vector)) this.#giveBack(vector.buffer);
  }

  /** Short contributions come in a message, which has made its own room, and decoded ones lie where they were decoded. */
  #giveBack(buffer: ArrayBufferLike): void {
    if (this.#codec.name !== 'float32' || !(buffer instanceof ArrayBuffer)) return;
    if (buffer.byteLength <= LIMITS.chunkBytes) return;
    this.#outbox.push({ type: 'spare', buffer });
    this.#transfer.push(buffer);
  }

  #append(entry: HistoryPoint['entry']): void {
    this.#history.append(entry, this.#clock.wallMs());
  }

  #save(): void {
    for (let next = this.#saves.shift(); next !== undefined; next = this.#saves.shift()) {
      const { version } = next;
      const startedMs = this.#clock.nowMs();
      if (this.#tryDisk(() => this.#store.saveCheckpoint(this.#run.id, next!, this.#history.unsaved))) {
        this.#history.saved();
        const tookMs = this.#clock.nowMs() - startedMs;
        this.#outbox.push({ type: 'saved', version: formatVersion(version), tookMs });
        this.#step({ type: 'checkpoint-durable', version });
      } else {
        this.#step({ type: 'checkpoint-failed', version });
      }
    }
    if (this.#history.isLong && this.#diskTrouble === '') this.#saveHistory();
  }

  #saveHistory(): void {
    const wrote = this.#tryDisk(() => {
      this.#store.appendHistory(this.#run.id, this.#history.unsaved);
      return undefined;
    });
    if (wrote) this.#history.saved();
  }

  #keepSpeeds(): void {
    if (!this.#speedsChanged) return;
    this.#speedsChanged = false;
    this.#outbox.push({ type: 'speeds', rows: this.#speeds.rows });
    this.#tryDisk(() => {
      this.#store.saveSpeeds(this.#run.id, this.#speeds.kept);
      return undefined;
    });
    this.#post();
  }

  #tryDisk(write: () => SavedVersion | undefined): boolean {
    try {
      this.#durable = write() ?? this.#durable;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#worry(error.message);
      return false;
    }
    if (this.#diskTrouble !== '') {
      this.#diskTrouble = '';
      this.#outbox.push({ type: 'disk-well', version: formatVersion(this.#durable.version) });
    }
    return true;
  }

  /** Said once, however often it is tried: what does not change is no news. */
  #worry(sentence: string): void {
    const known = this.#diskTrouble !== '';
    this.#diskTrouble = sentence;
    if (!known) this.#outbox.push({ type: 'disk-trouble', sentence });
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
    const live = jobLive(this.#run, view, {
      durable: this.#durable,
      samplesPerSecond: this.#samples.perSecond(nowMs),
      roundsPerSecond: this.#rounds.perSecond(nowMs),
      updatedAt: this.#clock.wallMs(),
    });
    return { type: 'live', live };
  }

  #sendHistory(): void {
    const points = this.#history.takeUnsent();
    if (points.length > 0) this.#outbox.push({ type: 'history', points });
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
    this.#keepSpeeds();
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
