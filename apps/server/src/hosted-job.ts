/** A job as it is handed to the server: everything made ready where the model is defined, so that no ML runtime is needed here. */

import type { Job } from '@manyhands/core';
import type { JobProgram } from '@manyhands/protocol';

export interface HostedJob {
  /** Begins the ids of its runs: lower-case words joined by hyphens, such as `mnist-cnn`. */
  readonly name: string;
  /** SHA-256 over everything that decides the result, in hex: the same hash resumes, another begins a new run. */
  readonly contentHash: string;
  readonly job: Job;
  /** What volunteers are told; the id is that of the run. */
  readonly program: Omit<JobProgram, 'id'>;
  /** What training starts from, laid out as `job.params` and `job.state` say. */
  readonly initial: { readonly params: Float32Array; readonly state: Float32Array };
  readonly dataset: Dataset;
}

export interface Dataset {
  readonly train: SampleSet;
  /** Held out: never trained on. */
  readonly evaluation: SampleSet;
}

/** Samples one behind the other, each in the shape that the program names. */
export interface SampleSet {
  readonly count: number;
  readonly inputs: Uint8Array | Float32Array;
  /** Class numbers, or values. */
  readonly targets: Uint8Array | Float32Array;
}
