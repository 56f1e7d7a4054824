import type { DeviceModel } from './device-model.ts';
import { doesNotFit, EngineError, isOutOfMemory, messageOf } from './engine-error.ts';
import { nextTurn } from './next-turn.ts';

/** One call after another, until the device is lost or the engine closed. */
export interface Turns {
  /** Runs `work` after all calls before it. */
  take<T>(work: () => Promise<T>): Promise<T>;
  /** Runs `work` at once and answers true, if no call is under way. */
  now(work: () => void): boolean;
  /** Ends it all; false when it was ended before. */
  close(): boolean;
}

export function createTurns({ lost, verify }: Pick<DeviceModel, 'lost' | 'verify'>): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let ended: EngineError | undefined;
  lost.then((reason) => {
    ended ??= new EngineError('lost', `The graphics device is gone: ${reason} Open a new engine.`);
  });

  const requireAlive = () => {
    if (ended !== undefined) throw ended;
  };
  return {
    take(work) {
      waiting++;
      const result = last.then(async () => {
        try {
          requireAlive();
          return await verify(work);
        } catch (thrown) {
          // The loss is announced by a promise, and the reads that it broke may reject before it resolves.
          await nextTurn();
          requireAlive();
          if (thrown instanceof EngineError) throw thrown;
          if (isOutOfMemory(thrown)) throw doesNotFit(thrown);
          throw new EngineError('backend', `The device failed: ${messageOf(thrown)}`, { cause: thrown });
        } finally {
          waiting--;
        }
      });
      last = result.catch(() => {});
      return result;
    },
    now(work) {
      requireAlive();
      if (waiting > 0) return false;
      work();
      return true;
    },
    close() {
      if (ended?.kind === 'closed') return false;
      ended = new EngineError('closed', 'The engine was disposed.');
      return true;
    },
  };
}
