/**
 * The sum of units in tree order, each given as the parts of its contribution in order: gradients of tensors, state, loss, metric. Parts
 * are put together by copying and not by the tensor library: to a compiler a concatenation is a sum of padded vectors, a pass over all
 * parameters for every few tensors.
 *
 * `gpu-fold` does it in buffers of a device, of which one is read at the end, and `memory-fold` in memory.
 */
export interface UnitFold<Part, Sum> {
  /** Adds one unit. Units are added one at a time. */
  add(parts: readonly Part[]): Promise<void>;
  /** The sum; called once, after the last. */
  take(): Promise<Sum>;
}
