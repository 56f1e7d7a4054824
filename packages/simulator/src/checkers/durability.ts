import { type Checkpoint, formatVersion } from '@manyhands/core';
import { type Checker, demand } from './checker.ts';

/**
 * [WD1] What was called durable is there after a crash: a server starts from a checkpoint that was saved, and from none
 * older than the newest that was acknowledged. [WD2] A job is called finished only when that is durable.
 */
export function checkDurability(): Checker {
  let saved: Checkpoint[] = [];
  let acknowledged: Checkpoint | undefined;
  return (seen) => {
    if (seen.type === 'started') {
      const { from } = seen;
      if (acknowledged !== undefined) {
        demand(
          saved.some((checkpoint) => checkpoint.params === from.params),
          'WD1',
          () => `started from ${formatVersion(from.version)}, which nobody saved`,
        );
        demand(
          from.version.step >= acknowledged.version.step,
          'WD1',
          () => `step ${acknowledged?.version.step} was durable, but step ${from.version.step} came back`,
        );
      }
      acknowledged = from;
      saved = [from];
    }
    if (seen.type !== 'told') return;
    if (seen.event.type === 'checkpoint-durable') acknowledged = saved.at(-1);
    for (const effect of seen.effects) {
      if (effect.type === 'save') saved = [acknowledged!, effect.checkpoint];
      if (effect.type === 'status' && effect.status === 'finished') {
        demand(
          acknowledged?.progress.status === 'finished',
          'WD2',
          () => 'the job was called finished before that was durable',
        );
      }
    }
  };
}
