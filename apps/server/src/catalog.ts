/**
 * Every run that this server can speak of: the one that it trains and the earlier ones of its data folder. Pages, programs
 * and sockets read here and nowhere else; the host writes, by telling what happened. What the host has published is
 * answered from memory, what is older from the store.
 */

import { type AccountId, formatVersion, type ParamsVersion, parseVersion } from '@manyhands/core';
import {
  type Credit,
  FRAME_HEADER_BYTES,
  type HistoryPoint,
  type JobLive,
  type JobProgram,
  type JobView,
  LIMITS,
  type SpeedRow,
} from '@manyhands/protocol';
import type { FromHost } from './host/messages.ts';
import { speedRow } from './host/speed-table.ts';
import type { Dataset } from './hosted-job.ts';
import { durableView, savedView } from './job-view.ts';
import { ModelVersion } from './model-version.ts';
import type { Run, Store } from './store/store.ts';
import type { Traffic } from './traffic.ts';
import { UpdateRing } from './update-ring.ts';

export class Catalog {
  readonly #store: Store;
  readonly #runs: ReadonlyMap<string, Run>;
  readonly #current: CurrentRun | undefined;
  readonly #traffic: Traffic;
  #live: JobLive | undefined;
  /** The newest versions of the hosted run, oldest first. */
  readonly #published = new Map<string, ModelVersion>();
  readonly #updates = new UpdateRing();
  /** The hosted run's table of speeds, once it has changed. */
  #speeds: readonly SpeedRow[] | undefined;
  /** Points that may not be in the store yet. */
  #recent: HistoryPoint[] = [];

  constructor(store: Store, current: CurrentRun | undefined, traffic: Traffic) {
    this.#store = store;
    this.#current = current;
    this.#traffic = traffic;
    this.#runs = new Map(store.runs().map((run) => [run.id, run]));
  }

  /** The job that was handed to this server, trained now or ended. */
  get currentId(): string | undefined {
    return this.#current?.run.id;
  }

  /** Where that job stands. */
  get current(): JobView | undefined {
    return this.#current && this.live(this.#current.run.id)?.job;
  }

  /** True when this run is the one that a host trains. */
  isHosted(id: string): boolean {
    return this.#current?.hosted === true && this.#current.run.id === id;
  }

  /** The current run first, then the newest. */
  list(): JobView[] {
    const views = [...this.#runs.keys()].reverse().map((id) => this.live(id)!.job);
    return views.sort((a, b) => Number(b.id === this.currentId) - Number(a.id === this.currentId));
  }

  program(id: string): JobProgram | undefined {
    return this.#runs.get(id)?.program;
  }

  live(id: string): JobLive | undefined {
    const run = this.#runs.get(id);
    if (run === undefined) return undefined;
    if (this.isHosted(id) && this.#live !== undefined) return this.#live;
    const saved = this.#store.newestSaved(id)!;
    const view = savedView(run, saved);
    return { job: { ...view, hosted: this.isHosted(id) }, round: null };
  }

  /** Samples are served for the run that they were handed in with. */
  dataset(id: string): Dataset | undefined {
    return this.#current?.run.id === id ? this.#current.dataset : undefined;
  }

  /** `gone` says that it was and is no longer kept, `unknown` that it never was. */
  version(id: string, text: string): ModelVersion | 'gone' | 'unknown' {
    const run = this.#runs.get(id);
    const view = this.live(id)?.job;
    if (run === undefined || view === undefined) return 'unknown';
    const name = text === 'latest' ? view.version : text;
    const published = this.isHosted(id) ? this.#published.get(name) : undefined;
    if (published !== undefined) return published;
    const version = parseVersion(name);
    if (version === undefined) return 'unknown';
    const saved = this.#store.vectors(id, version);
    if (saved !== undefined) {
      const body = new Uint8Array(Buffer.concat([saved.params, saved.state]));
      return new ModelVersion(run.program.model, formatVersion(version), body);
    }
    const newest = parseVersion(view.version)!;
    const wasOnce =
      version.incarnation >= 1 && version.incarnation <= newest.incarnation && version.step <= newest.step;
    return wasOnce ? 'gone' : 'unknown';
  }

  /** The frames that lead from one version of the hosted run to another, oldest first; undefined where one of them is not kept, or was never sent. */
  updates(id: string, from: ParamsVersion, to: ParamsVersion): readonly Uint8Array[] | undefined {
    return this.isHosted(id) ? this.#updates.between(from, to) : undefined;
  }

  /** At most `limit` points from this number on, in order. */
  history(id: string, from: number, limit: number): readonly HistoryPoint[] {
    const stored = this.#store.history(id, from, limit);
    if (!this.isHosted(id) || stored.length === limit) return stored;
    const next = Math.max(from, (stored.at(-1)?.index ?? -1) + 1);
    const recent = this.#recent.filter(({ index }) => index >= next);
    return [...stored, ...recent].slice(0, limit);
  }

  /** What this account has given to a run that is known, as far as it is durable. */
  credit(id: string, account: AccountId): Credit {
    const { units, version } = this.#store.credit(id, account);
    return { units, version: formatVersion(version) };
  }

  /** How fast engines are beside adapters, for a run that is known. */
  speeds(id: string): readonly SpeedRow[] {
    const heard = this.isHosted(id) ? this.#speeds : undefined;
    return heard ?? this.#store.speeds(id).map(speedRow);
  }

  hear(message: FromHost): void {
    if (message.type === 'published') this.#publish(message);
    if (message.type === 'live') this.#show(message.live);
    if (message.type === 'history') this.#record(message.points);
    if (message.type === 'speeds') this.#speeds = message.rows;
    if (message.type === 'status') this.#become(message.status);
    if (message.type === 'failed') this.#markStopped();
  }

  /** The host knows what was computed, and not what it cost to bring it. */
  #show({ job, round }: JobLive): void {
    const { residualsLost } = this.#traffic;
    this.#live = { job: { ...job, residualsLost, traffic: this.#traffic.perSample(job) }, round };
  }

  /** At once, and not with the next live view: an order that follows an end finds it. */
  #become(status: JobView['status']): void {
    if (this.#live === undefined) return;
    const durable = durableView(this.#store.newestSaved(this.#current!.run.id)!);
    this.#live = { ...this.#live, job: { ...this.#live.job, status, durable } };
  }

  #publish({ version, frame, update }: Extract<FromHost, { readonly type: 'published' }>): void {
    if (update !== undefined) this.#updates.add(parseVersion(version)!, update, frame.byteLength);
    const body = frame.subarray(FRAME_HEADER_BYTES);
    this.#published.set(version, new ModelVersion(this.#current!.run.program.model, version, body));
    if (this.#published.size > LIMITS.versionsKept) {
      const [oldest] = this.#published.keys();
      this.#published.delete(oldest!);
    }
    if (this.#live !== undefined) {
      // `latest` is what has been published, also before the next live view says so.
      this.#live = { ...this.#live, job: { ...this.#live.job, version, step: parseVersion(version)!.step } };
    }
  }

  #record(points: readonly HistoryPoint[]): void {
    this.#recent.push(...points);
    if (this.#recent.length <= RECENT_POINTS) return;
    const stored = this.#store.historyLength(this.#current!.run.id);
    this.#recent = this.#recent.filter(({ index }) => index >= stored).slice(-RECENT_POINTS_MAX);
  }

  #markStopped(): void {
    if (this.#live === undefined) return;
    this.#live = { ...this.#live, job: { ...this.#live.job, status: 'stopped', samplesPerSecond: null } };
  }
}

/** The run of the job that was handed in. */
export interface CurrentRun {
  readonly run: Run;
  readonly dataset: Dataset;
  /** False when it has ended and is only served. */
  readonly hosted: boolean;
}

const RECENT_POINTS = 2_000;
const RECENT_POINTS_MAX = 10_000;
