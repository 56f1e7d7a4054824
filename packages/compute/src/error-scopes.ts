import { doesNotFit, EngineError, isOutOfMemory } from './engine-error.ts';

/**
 * A shader that does not fit a device, or memory that it does not have, is otherwise only a line in the console and a
 * result of zeros; what throws for lack of it says less, and later.
 */
export async function withErrorScopes<T>(gpu: GPUDevice, run: () => Promise<T>): Promise<T> {
  gpu.pushErrorScope('validation');
  gpu.pushErrorScope('out-of-memory');
  const [outcome] = await Promise.allSettled([run()]);
  // A device that is lost has no scopes; what was run says so itself.
  const popped = [gpu.popErrorScope(), gpu.popErrorScope()].map((scope) => scope.catch(() => null));
  const [memory, validation] = await Promise.all(popped);
  const fault = memory ?? validation;
  if (memory != null || (fault != null && isOutOfMemory(fault))) throw doesNotFit(fault);
  if (fault != null) throw new EngineError('backend', `WebGPU could not run the model: ${fault.message}`);
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}
