/** All that is needed to go on as if nothing had happened. Written atomically; what is in one is *durable*. */

import type { Units } from './earnings.ts';
import type { ParamsVersion } from './params.ts';

export interface Checkpoint {
  readonly version: ParamsVersion;
  readonly params: Float32Array;
  readonly state: Float32Array;
  /** The optimizer's vectors, each as long as the parameters, and behind them what updates have left out where they are sent. */
  readonly slots: readonly Float32Array[];
  readonly progress: Progress;
  /** Units that accounts earned since the checkpoint before; all of them together are the credit. */
  readonly earned: Units;
}

/** Where a job stands. */
export interface Progress {
  readonly status: JobStatus;
  /** Mean training loss and metric of the newest step, before its update. */
  readonly training?: Measurement;
  /** Loss and metric on the held-out set, newest. */
  readonly evaluation?: Measurement;
}

export type JobStatus = 'running' | 'paused' | 'stopped' | 'finished';

/** Means over `samples` samples, of the parameters with this step number. */
export interface Measurement {
  readonly step: number;
  readonly loss: number;
  readonly metric: number;
  readonly samples: number;
}
