/**
 * `kill -9` of a server at random moments of a running job, again and again, while volunteers work on and come back by
 * themselves. What must hold afterwards is checked from outside, over HTTP, as anybody could.
 *
 * A moment is a step drawn from the seed and a few milliseconds more; one kill in five hits a server that is just
 * starting, in the middle of its recovery.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, parseVersion, type Random } from '@manyhands/core';
import { type Credit, type HistoryPoint, type JobView, ROUTES } from '@manyhands/protocol';
import type { HostedJob } from '@manyhands/server';
import { tinyJob } from '../../apps/server/src/testing/tiny-job.ts';
import { type KilledServer, startKilledServer } from './killed-server.ts';
import { startTinyHand, type TinyHand } from './tiny-hand.ts';

export interface CrashReport {
  readonly kills: number;
  readonly seed: number;
  readonly steps: number;
  /** From the kill to the first contribution that was accepted afterwards, of those that did not hit a start; ascending. */
  readonly recoveriesMs: readonly number[];
  /** Rules of SPEC.md that did not hold, in sentences. */
  readonly broken: readonly string[];
}

const HANDS = 3;
const UNIT_MS = 4;
/** The job goes on for about so many steps between two kills. */
const STEPS_PER_KILL = 30;
const STARTING_KILLED_WITHIN_MS = 1_000;
const WATCH_MS = 20;
const PATIENCE_MS = 60_000;

export async function crash(kills: number, seed: number): Promise<CrashReport> {
  const job = crashJob(STEPS_PER_KILL * (kills + 1));
  const calm = await run(job, 0, seed, 0);
  const killed = await run(job, kills, seed, UNIT_MS);
  const { steps } = job.job.stop;
  const broken = [...killed.broken];
  if (killed.paramsSha256 !== calm.paramsSha256) {
    broken.push(
      `[KL1] The parameters are ${killed.paramsSha256}, and without a kill they are ${calm.paramsSha256}.`,
    );
  }
  return { kills, seed, steps, recoveriesMs: killed.recoveriesMs.sort((a, b) => a - b), broken };
}

function crashJob(steps: number): HostedJob {
  const hosted = tinyJob({ steps });
  return { ...hosted, job: { ...hosted.job, checkpoint: { everySteps: 10, everyMs: 500 } } };
}

async function run(job: HostedJob, kills: number, seed: number, unitMs: number) {
  const dataDir = await mkdtemp(join(tmpdir(), 'manyhands-crash-'));
  const world = new World(job, dataDir, seed, unitMs);
  try {
    return await world.run(kills);
  } finally {
    await world.end();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** One job from its beginning to its end, with so many kills. */
class World {
  readonly #job: HostedJob;
  readonly #dataDir: string;
  readonly #random: Random;
  readonly #unitMs: number;
  readonly #hands: TinyHand[] = [];
  readonly #witness = new Witness();
  readonly #recoveriesMs: number[] = [];
  #server: KilledServer;
  #step = 0;
  #changed: () => void = () => {};

  constructor(job: HostedJob, dataDir: string, seed: number, unitMs: number) {
    this.#job = job;
    this.#dataDir = dataDir;
    this.#random = createRandom(seed);
    this.#unitMs = unitMs;
    this.#server = this.#start(0);
  }

  async run(kills: number) {
    const { url, job } = await this.#server.listening;
    const accounts = Array.from({ length: HANDS }, (_, i) => `${i}`.repeat(32));
    for (const account of accounts) this.#hands.push(this.#hand(url, job, account));
    const watching = this.#witness.watch(url, job, accounts);
    for (let kill = 0; kill < kills; ) {
      const from = STEPS_PER_KILL * (kill + 1);
      await this.#until(
        () => this.#step >= from + Math.floor(this.#random.fraction() * STEPS_PER_KILL * 0.8),
      );
      await pause(this.#random.fraction() * 2 * UNIT_MS);
      kill += await this.#kill(Number(new URL(url).port), kills - kill);
    }
    const view = await this.#witness.finished();
    await watching;
    await this.#witness.judge(this.#job);
    const { broken } = this.#witness;
    return { paramsSha256: view.durable!.paramsSha256, recoveriesMs: this.#recoveriesMs, broken };
  }

  async end(): Promise<void> {
    for (const hand of this.#hands) hand.stop();
    this.#witness.stop();
    await this.#server.kill();
  }

  /** Answers how many kills it took until the job went on. */
  async #kill(port: number, killsMax: number): Promise<number> {
    const killedAtMs = performance.now();
    this.#witness.serverDied();
    await this.#server.kill();
    this.#server = this.#start(port);
    let kills = 1;
    while (kills < killsMax && this.#random.fraction() < 0.2) {
      await pause(this.#random.fraction() * STARTING_KILLED_WITHIN_MS);
      await this.#server.kill();
      this.#server = this.#start(port);
      kills++;
    }
    await this.#server.listening;
    this.#witness.serverIsBack();
    const before = this.#given();
    await this.#until(() => this.#given() > before);
    if (kills === 1) this.#recoveriesMs.push(performance.now() - killedAtMs);
    return kills;
  }

  #start(port: number): KilledServer {
    return startKilledServer({ job: this.#job, dataDir: this.#dataDir, port });
  }

  #hand(url: string, job: string, account: string): TinyHand {
    return startTinyHand({
      ...{ url, job, account, unitMs: this.#unitMs },
      onStep: (step) => {
        this.#step = step;
      },
      onChange: () => this.#changed(),
    });
  }

  #given(): number {
    return this.#hands.reduce((sum, { unitsGiven }) => sum + unitsGiven, 0);
  }

  /** Resolves at the first change of a volunteer after which this holds. */
  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(
        () => reject(new Error('The volunteers did not go on within a minute.')),
        PATIENCE_MS,
      );
      this.#changed = () => {
        if (!holds()) return;
        clearTimeout(patience);
        this.#changed = () => {};
        resolve();
      };
      this.#changed();
    });
  }
}

/** Looks at the job from outside, all the time, and remembers what it was told. */
class Witness {
  readonly broken: string[] = [];
  readonly #hashes = new Map<number, string>();
  readonly #acknowledged = new Map<string, number>();
  #url = '';
  #job = '';
  #accounts: readonly string[] = [];
  #serverLives = true;
  #stopped = false;
  #durableStep = -1;
  #finish: (view: JobView) => void = () => {};
  readonly #finished = new Promise<JobView>((resolve) => {
    this.#finish = resolve;
  });

  finished(): Promise<JobView> {
    return this.#finished;
  }

  serverDied(): void {
    this.#serverLives = false;
  }

  serverIsBack(): void {
    this.#serverLives = true;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Resolves when the job has finished or the witness is stopped. */
  async watch(url: string, job: string, accounts: readonly string[]): Promise<void> {
    this.#url = url;
    this.#job = job;
    this.#accounts = accounts;
    for (let look = 0; !this.#stopped; look++) {
      if (this.#serverLives && (await this.#look(accounts[look % accounts.length]!))) return;
      await pause(WATCH_MS);
    }
  }

  /** True when the job has finished. What a dying server leaves half said is not held against it. */
  async #look(account: string): Promise<boolean> {
    const seen = await Promise.all([
      this.#ask<JobView>(ROUTES.job(this.#job)),
      this.#ask<Credit>(ROUTES.credit(this.#job, account)),
    ]).catch(() => undefined);
    if (seen === undefined) return false;
    const [view, credit] = seen;
    this.#seeDurable(view);
    this.#seeCredit(account, credit);
    if (view.status !== 'finished') return false;
    this.#finish(view);
    return true;
  }

  #seeDurable({ durable }: JobView): void {
    const { step, paramsSha256 } = durable!;
    if (step < this.#durableStep) {
      this.#break('KL2', `step ${this.#durableStep} was durable, and later the newest was step ${step}`);
    }
    const known = this.#hashes.get(step) ?? paramsSha256;
    if (known !== paramsSha256) this.#break('KL2', `step ${step} was ${known}, and later ${paramsSha256}`);
    this.#durableStep = step;
    this.#hashes.set(step, paramsSha256);
  }

  #seeCredit(account: string, { units }: Credit): void {
    const before = this.#acknowledged.get(account) ?? 0;
    if (units < before) this.#break('KL3', `an account had ${before} units, and later ${units}`);
    this.#acknowledged.set(account, units);
  }

  /** What must hold at the end. */
  async judge({ job }: HostedJob): Promise<void> {
    const credits = this.#accounts.map((account) => this.#ask<Credit>(ROUTES.credit(this.#job, account)));
    const units = (await Promise.all(credits)).reduce((sum, credit) => sum + credit.units, 0);
    const expected = job.stop.steps * job.batch.units;
    if (units !== expected) this.#break('KL3', `${units} units have credit, and ${expected} were trained`);
    this.#judgeHistory(await this.#history(), job.stop.steps);
  }

  #judgeHistory(points: readonly HistoryPoint[], steps: number): void {
    let step = 0;
    for (const [i, { index, entry }] of points.entries()) {
      const before = points[i - 1]?.index ?? -1;
      if (entry.kind === 'recovered') {
        const recovered = parseVersion(entry.version)!.step;
        if (recovered > step) this.#break('KL4', `step ${step} is followed by a recovery of ${recovered}`);
        step = recovered;
        if (index <= before) this.#break('KL4', `line ${index} follows line ${before}`);
      } else if (index !== before + 1) this.#break('KL4', `line ${index} follows line ${before}`);
      if (entry.kind !== 'step') continue;
      if (entry.training.step !== step) {
        this.#break('KL4', `step ${entry.training.step} is written down where ${step} belongs`);
      }
      step = entry.training.step + 1;
    }
    if (step !== steps) this.#break('KL4', `the last step that is written down is ${step} of ${steps}`);
  }

  async #history(): Promise<HistoryPoint[]> {
    const points: HistoryPoint[] = [];
    for (;;) {
      const from = (points.at(-1)?.index ?? -1) + 1;
      const page = await this.#ask<HistoryPoint[]>(`${ROUTES.history(this.#job)}?from=${from}`);
      if (page.length === 0) return points;
      points.push(...page);
    }
  }

  async #ask<Answer>(path: string): Promise<Answer> {
    const response = await fetch(new URL(path, this.#url));
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}.`);
    return (await response.json()) as Answer;
  }

  #break(rule: string, what: string): void {
    this.broken.push(`[${rule}] ${what}.`);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
