/** What Prometheus reads. */

import type { Histogram as LoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { FromHost } from './host/messages.ts';
import { lateSeconds, watchLoop } from './loop-delay.ts';
import type { Traffic } from './traffic.ts';

export class Metrics {
  readonly registry = new Registry();
  readonly #delay = watchLoop();
  readonly #delays: Record<string, LoopDelay> = { io: this.#delay };
  readonly #accepted = this.#counter('contributions_accepted_total', 'Answers to leases that count.');
  readonly #refused = this.#counter('refusals_total', 'What was refused, by reason.', 'reason');
  readonly #step = this.#gauge('step', 'Steps that the parameters have taken.');
  readonly #durableStep = this.#gauge('durable_step', 'Steps of the newest version that survives a crash.');
  readonly #rounds = this.#counter('rounds_total', 'Versions published since the server started.');
  readonly #volunteers = this.#gauge('volunteers', 'Volunteers, connected and working.', 'state');
  readonly #samples = this.#gauge('samples_per_second', 'Training samples a second over the last ten.');
  readonly #diskTrouble = this.#gauge('disk_trouble', '1 while checkpoints cannot be written.');
  readonly #saves: Histogram;
  /** When the newest durable version was written, and whether training has gone on since. */
  #durableAtMs = performance.now();
  #ahead = false;

  constructor(traffic: Traffic) {
    this.#counted('frame_bytes_total', FRAME_BYTES_HELP, ['direction'], (counter) => {
      counter.inc({ direction: 'in' }, traffic.up);
      counter.inc({ direction: 'out' }, traffic.down);
    });
    this.#counted('residuals_lost_total', RESIDUALS_LOST_HELP, [], (counter) =>
      counter.inc(traffic.residualsLost),
    );
    this.#measured('event_loop_delay_seconds', DELAY_HELP, ['thread', 'quantile'], (gauge) => {
      for (const [thread, delay] of Object.entries(this.#delays)) reportDelay(gauge, thread, delay);
    });
    this.#measured('not_durable_seconds', NOT_DURABLE_HELP, [], (gauge) =>
      gauge.set(this.#ahead ? (performance.now() - this.#durableAtMs) / 1e3 : 0),
    );
    this.#saves = new Histogram({
      name: 'manyhands_checkpoint_seconds',
      help: 'How long a checkpoint took to become durable.',
      buckets: [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers: [this.registry],
    });
  }

  refused(reason: string): void {
    this.#refused.inc({ reason });
  }

  hear(message: FromHost): void {
    if (message.type === 'published') this.#rounds.inc();
    if (message.type === 'receipt') {
      if (message.message.accepted) this.#accepted.inc();
      else this.refused(message.message.refusal!);
    }
    if (message.type === 'live') {
      const { job } = message.live;
      this.#step.set(job.step);
      this.#durableStep.set(job.durable?.step ?? 0);
      this.#volunteers.set({ state: 'connected' }, job.volunteers.connected);
      this.#volunteers.set({ state: 'working' }, job.volunteers.working);
      this.#samples.set(job.samplesPerSecond ?? 0);
      this.#ahead = job.version !== job.durable?.version;
    }
    if (message.type === 'saved') {
      this.#saves.observe(message.tookMs / 1e3);
      this.#durableAtMs = performance.now();
    }
    if (message.type === 'disk-trouble') this.#diskTrouble.set(1);
    if (message.type === 'disk-well') this.#diskTrouble.set(0);
    if (message.type === 'loop-delay') this.#delays['host'] = message.delay;
  }

  close(): void {
    this.#delay.disable();
  }

  #counter(name: string, help: string, ...labelNames: string[]): Counter {
    return new Counter({ name: `manyhands_${name}`, help, labelNames, registers: [this.registry] });
  }

  #gauge(name: string, help: string, ...labelNames: string[]): Gauge {
    return new Gauge({ name: `manyhands_${name}`, help, labelNames, registers: [this.registry] });
  }

  /** A counter whose sums are kept elsewhere, and looked up when it is read. */
  #counted(name: string, help: string, labelNames: string[], count: (counter: Counter) => void): void {
    const collect = function (this: Counter) {
      this.reset();
      count(this);
    };
    new Counter({ name: `manyhands_${name}`, help, labelNames, registers: [this.registry], collect });
  }

  /** A gauge that is looked up when it is read. */
  #measured(name: string, help: string, labelNames: string[], measure: (gauge: Gauge) => void): void {
    const collect = function (this: Gauge) {
      measure(this);
    };
    new Gauge({ name: `manyhands_${name}`, help, labelNames, registers: [this.registry], collect });
  }
}

const FRAME_BYTES_HELP = 'Bytes of contributions that came in and of parameters that went out.';
const RESIDUALS_LOST_HELP = 'Residuals of a lossy codec that volunteers say were lost.';
const DELAY_HELP =
  'How late the threads that do I/O and that run the job were, since the last time this was read.';
const NOT_DURABLE_HELP =
  'How old the newest durable version is; 0 while it is the newest of all, as nothing could be lost.';

function reportDelay(gauge: Gauge, thread: string, delay: LoopDelay): void {
  for (const quantile of [0.5, 0.99, 1]) {
    gauge.set({ thread, quantile: `${quantile}` }, lateSeconds(delay, quantile));
  }
  delay.reset();
}
