/** A job that takes a million steps must not need more memory for the last of them than for the first. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { contributionLength, type LeaseId, shapeOf, type VolunteerId } from '@manyhands/core';
import type { AssignMessage } from '@manyhands/protocol';
import { expect, test } from 'vitest';
import { Catalog } from '../catalog.ts';
import { Metrics } from '../metrics.ts';
import { openRun } from '../run.ts';
import { createMemoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { tinyJob } from '../testing/tiny-job.ts';
import { Traffic } from '../traffic.ts';
import type { Clock } from './clock.ts';
import { runHost } from './host.ts';
import type { FromHost, ToHost } from './messages.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** More than a round of the tiny job can need. */
const PULLS_MAX = 12;
/** Of the tiny job. */
const EVALUATION = { samples: 6, unitSamples: 4 };
/** Enough to fill everything that is bounded. */
const FIRST_STEPS = 4_000;
const MORE_STEPS = 4_000;
/** What is kept grows each time; what an engine compiles or a test runner notes meanwhile does not. */
const TIMES = 3;
/** A number that is kept for every step is more than this. */
const BYTES_PER_STEP = 16;

test('[HO16] host, catalog, metrics and history keep nothing of a step that is long past, nor of a volunteer or an account that left', () => {
  const world = new EndlessJob();
  world.train(FIRST_STEPS);
  const growths = Array.from({ length: TIMES }, () => {
    const before = heapBytes();
    world.train(MORE_STEPS);
    return (heapBytes() - before) / MORE_STEPS;
  });
  expect(Math.min(...growths)).toBeLessThan(BYTES_PER_STEP);
  expect(world.steps).toBeGreaterThanOrEqual(FIRST_STEPS + TIMES * MORE_STEPS);
});

/** Credit is the store's to keep, on its disk: this one has none. */
function withoutCredit(store: Store): Store {
  return {
    ...store,
    saveCheckpoint: (id, checkpoint, history) =>
      store.saveCheckpoint(id, { ...checkpoint, earned: new Map() }, history),
  };
}

function accountOf(volunteer: VolunteerId): string {
  return volunteer.toString(16).padStart(32, '0');
}

function heapBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A host, what listens to it, and a new volunteer with an account of its own for every step. Time passes when it is told to. */
class EndlessJob {
  steps = 0;
  readonly #say: (message: ToHost) => void;
  readonly #timers: (() => void)[] = [];
  readonly #samples: number;
  readonly #elements: number;
  #turn: () => void = () => {};
  readonly #leases: AssignMessage[] = [];
  #nowMs = 0;
  #volunteer = 0;

  constructor() {
    const hosted = tinyJob({ steps: 1_000_000 });
    this.#samples = hosted.job.batch.unitSamples;
    this.#elements = contributionLength(shapeOf(hosted.job));
    const store: Store = withoutCredit(createMemoryStore());
    const { run, start } = openRun(store, hosted, false);
    const traffic = new Traffic();
    const listeners = [
      new Catalog(store, { run, dataset: hosted.dataset, hosted: true }, traffic),
      new Metrics(traffic),
      { hear: (message: FromHost) => this.#hear(message) },
    ];
    let say: (message: ToHost) => void = () => {};
    const port = {
      postMessage(messages: readonly FromHost[]) {
        for (const message of messages) for (const listener of listeners) listener.hear(message);
      },
      on(_event: 'message', listener: (message: ToHost) => void) {
        say = listener;
      },
      close() {},
    };
    runHost(port, start!, store, this.#clock());
    this.#say = say;
  }

  train(steps: number): void {
    const end = this.steps + steps;
    while (this.steps < end) this.#visit();
  }

  /** One volunteer comes, brings the job a step further, and goes. */
  #visit(): void {
    const volunteer = ++this.#volunteer as VolunteerId;
    const device = { engine: 'tiny-1', backend: 'cpu', vendor: '', architecture: '' } as const;
    this.#event({ type: 'volunteer-joined', volunteer, account: accountOf(volunteer), device });
    const before = this.steps;
    for (let pull = 0; pull < PULLS_MAX && this.steps === before; pull++) {
      this.#event({ type: 'lease-pulled', volunteer });
      for (const lease of this.#leases.splice(0)) this.#answer(volunteer, lease);
    }
    this.#event({ type: 'volunteer-left', volunteer });
    this.#nowMs += 100;
    for (const ring of this.#timers) ring();
  }

  #answer(volunteer: VolunteerId, { lease, kind, first, count }: AssignMessage): void {
    const id = lease as LeaseId;
    if (kind === 'evaluate') {
      const start = first * EVALUATION.unitSamples;
      const samples = Math.min(EVALUATION.samples, start + count * EVALUATION.unitSamples) - start;
      const sums = { lossSum: samples, metricSum: samples };
      return this.#event({ type: 'evaluation-arrived', volunteer, lease: id, samples, ...sums });
    }
    this.#tell({
      ...{
        type: 'contribution',
        volunteer,
        lease: id,
        samples: count * this.#samples,
        began: { incarnation: 1, step: 0 },
        computeMs: 1,
      },
      ...{ elements: this.#elements, body: new Uint8Array(this.#elements * 4) },
    });
  }

  #event(event: Extract<ToHost, { type: 'event' }>['event']): void {
    this.#tell({ type: 'event', event });
  }

  #tell(message: ToHost): void {
    this.#say(message);
    this.#turn();
  }

  #hear(message: FromHost): void {
    if (message.type === 'assign') this.#leases.push(message.message);
    if (message.type === 'published') this.steps++;
  }

  #clock(): Clock {
    return {
      nowMs: () => this.#nowMs,
      wallMs: () => this.#nowMs,
      every: (_ms, ring) => {
        this.#timers.push(ring);
        return () => {};
      },
      soon: (turn) => {
        this.#turn = turn;
      },
    };
  }
}
