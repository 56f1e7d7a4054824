/**
 * How long a preparation may go on without a word of progress. A driver that does not come to the end of a shader's compilation
 * never says so: without this its tab would prepare for ever, though another engine could compute.
 */

import type { Engine, Preparation } from './engine.ts';
import { EngineError } from './engine-error.ts';

/** Far more than compiling takes where a processor plays the GPU; there is no measured bound for the slowest phone. */
const PATIENCE_MS = 180_000;

type Report = (preparation: Preparation) => void;

/** Rejects with an `EngineError` of kind 'backend' when nothing was reported for so long; what gets ready later is disposed. */
export function withPatience(
  name: string,
  prepare: (report: Report) => Promise<Engine>,
  report: Report,
  patienceMs = PATIENCE_MS,
): Promise<Engine> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const end = (settle: () => void) => {
      clearTimeout(timer);
      isOver = true;
      settle();
    };
    const giveUp = () => {
      const minutes = Math.round(patienceMs / 60_000);
      end(() =>
        reject(
          new EngineError('backend', `${name} did not get ready: nothing moved for ${minutes} minutes.`),
        ),
      );
    };
    let timer = setTimeout(giveUp, patienceMs);
    const heard: Report = (preparation) => {
      if (isOver) return;
      clearTimeout(timer);
      timer = setTimeout(giveUp, patienceMs);
      report(preparation);
    };
    prepare(heard).then(
      (engine) => (isOver ? engine.dispose() : end(() => resolve(engine))),
      (thrown) => end(() => reject(thrown)),
    );
  });
}
