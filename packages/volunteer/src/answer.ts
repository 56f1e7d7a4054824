import type { EvaluationSums } from '@manyhands/compute';
import type { ParamsVersion } from '@manyhands/core';
import type { HeldLease } from './joined.ts';

/** What was computed for a lease. What it holds belongs to the caller; `began` names the parameters that it was computed with. */
export type Answer = { readonly lease: HeldLease; readonly deviceMs: number; readonly samples: number } & (
  | ({ readonly kind: 'train'; readonly began: ParamsVersion } & Sum)
  | { readonly kind: 'evaluate'; readonly sums: EvaluationSums }
);

/** What is computed for a lease to train: as it was read, or as it was encoded on the device. */
export type Sum = { readonly vector: Float32Array } | { readonly bytes: Uint8Array };
