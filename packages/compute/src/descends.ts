import type { OptimizerSpec } from '@manyhands/core';

/** Whether our kernels take steps of this optimizer: to clip by the norm of a whole gradient would be a pass of its own. */
export function descendsOnGpu({ clip }: OptimizerSpec): boolean {
  return clip.kind !== 'norm';
}
