/**
 * The volunteer as it is in a browser, in Node.js: its session, its socket, its downloads and its patience with a server
 * that is gone are those of production. Only the device is a twin: arithmetic that is a function of parameters, unit and
 * step, after a wait.
 */

import { type Engine, samplesIn, WaitingBatch } from '@manyhands/compute';
import type { UnitRun } from '@manyhands/core';
import type { AssignMessage } from '@manyhands/protocol';
import { contribution } from '../../apps/server/src/testing/tiny-volunteer.ts';
import { download } from '../../packages/volunteer/src/download.ts';
import { PLAIN_CONDITIONS } from '../../packages/volunteer/src/governor.ts';
import { Hand } from '../../packages/volunteer/src/hand.ts';
import { NO_RESIDUALS } from '../../packages/volunteer/src/residual-store.ts';
import { socketConnection } from '../../packages/volunteer/src/socket-connection.ts';

export interface TinyHand {
  /** Units that the server has accepted. */
  readonly unitsGiven: number;
  stop(): void;
}

export interface TinyHandOptions {
  readonly url: string;
  readonly job: string;
  readonly account: string;
  readonly unitMs: number;
  /** Called as a computation of this step begins. */
  readonly onStep?: (step: number) => void;
  /** Called after every change. */
  readonly onChange?: () => void;
}

export function startTinyHand(options: TinyHandOptions): TinyHand {
  const { url, job, account } = options;
  const hand: Hand = new Hand(
    { server: url, job, account, conditions: PLAIN_CONDITIONS },
    {
      download,
      openEngine: async () => {
        const engine = tinyEngine(options);
        return {
          engine,
          choice: {
            ...{ device: engine.device, software: false, passedOver: [] },
            ...{ adapter: '', setting: 'processor', others: [] },
          },
        };
      },
      search: { search: 'none' },
      residuals: NO_RESIDUALS,
      openConnection: socketConnection(url),
      now: () => performance.now(),
      random: Math.random,
      setAlarm: (delayMs, ring) => {
        const alarm = setTimeout(ring, delayMs);
        return () => clearTimeout(alarm);
      },
      onChange: () => options.onChange?.(),
    },
  );
  hand.tell({ type: 'consented' });
  return {
    get unitsGiven() {
      return hand.mirror().given.units;
    },
    stop: () => hand.tell({ type: 'stop-asked' }),
  };
}

function tinyEngine({ unitMs, onStep }: TinyHandOptions): Engine {
  let values = new Float32Array();
  return {
    name: 'tfjs-cpu',
    device: { engine: 'tiny-1', backend: 'cpu', vendor: '', architecture: '' },
    shape: { params: 6, state: 2 },
    passes: 1,
    encodedGradient: undefined,
    localTraining: undefined,
    lost: new Promise(() => {}),
    setParams(params, state) {
      values = Float32Array.of(...params, ...state);
    },
    async gradient(_batch, run, _units, step) {
      onStep?.(step);
      const sum = contribution(leaseOver(run, step), values);
      await new Promise((resolve) => setTimeout(resolve, run.count * unitMs));
      return sum;
    },
    stage: (samples) => new WaitingBatch(samples),
    async evaluate(batch) {
      const { ids } = samplesIn(batch);
      return {
        samples: ids.length,
        lossSum: ids.length * Math.abs(values[0]!),
        metricSum: ids.length / 2,
      };
    },
    predict: () => Promise.reject(new Error('Nobody asks it.')),
    dispose() {},
  };
}

function leaseOver(run: UnitRun, step: number): AssignMessage {
  return { lease: 0, kind: 'train', version: `1-${step}`, ...run, deadlineInMs: 0 };
}
