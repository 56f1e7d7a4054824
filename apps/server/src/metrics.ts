/** What Prometheus reads. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Registry } from 'prom-client';
import type { FromHost } from './host/messages.ts';

export class Metrics {
  readonly registry = new Registry();
  readonly #delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  readonly #accepted = this.#counter('contributions_accepted_total', 'Answers to leases that count.');
  readonly #refused = this.#counter('refusals_total', 'What was refused, by reason.', 'reason');
  readonly #frameBytes = this.#counter('frame_bytes_total', 'Bytes of frames on sockets.', 'direction');
  readonly #step = this.#gauge('step', 'Steps that the parameters have taken.');
  readonly #durableStep = this.#gauge('durable_step', 'Steps of the newest version that survives a crash.');
  readonly #rounds = this.#counter('rounds_total', 'Versions published since the server started.');
  readonly #volunteers = this.#gauge('volunteers', 'Volunteers, connected and working.', 'state');
  readonly #samples = this.#gauge('samples_per_second', 'Training samples a second over the last ten.');

  constructor() {
    this.#delay.enable();
    const delay = this.#delay;
    new Gauge({
      name: 'manyhands_event_loop_delay_seconds',
      help: 'How late the thread that does I/O was, since the last time this was read.',
      labelNames: ['quantile'],
      registers: [this.registry],
      collect() {
        for (const quantile of [0.5, 0.99, 1]) {
          // What is measured is the time between two timers: the delay is what exceeds their span.
          const betweenMs = delay.percentile(quantile * 100) / 1e6;
          this.set({ quantile: `${quantile}` }, Math.max(0, betweenMs - DELAY_RESOLUTION_MS) / 1e3);
        }
        delay.reset();
      },
    });
  }

  refused(reason: string): void {
    this.#refused.inc({ reason });
  }

  frameCame(bytes: number): void {
    this.#frameBytes.inc({ direction: 'in' }, bytes);
  }

  frameWent(bytes: number): void {
    this.#frameBytes.inc({ direction: 'out' }, bytes);
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
    }
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
}

const DELAY_RESOLUTION_MS = 20;
