/** What every store promises. `open` opens the same store again and again; `damage` spoils a checkpoint on the disk. */

import type { Checkpoint } from '@manyhands/core';
import type { HistoryPoint } from '@manyhands/protocol';
import { LIMITS } from '@manyhands/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tinyProgram } from '../../testing/tiny-job.ts';
import type { Run, Store } from '../store.ts';
import { POINTS_MAX, POINTS_NEWEST } from '../thinning.ts';
import { sha256Of } from '../vector-bytes.ts';

export function describeStore(name: string, open: () => Store): void {
  describe(`${name} keeps the promises of a store`, () => {
    let store: Store;
    beforeEach(() => {
      store = open();
    });
    afterEach(() => store.close());

    test('[ST1] a checkpoint comes back with the bytes that were saved', () => {
      store.createRun(run('a'), checkpoint(1, 0));
      const written = checkpoint(1, 7);
      const saved = store.saveCheckpoint('a', written, []);
      expect(saved.paramsSha256).toBe(sha256Of(written.params, written.state));
      expect(store.newestCheckpoint('a')).toEqual({
        checkpoint: written,
        paramsSha256: saved.paramsSha256,
        damaged: [],
        incarnationMax: 1,
      });
      expect(store.newestSaved('a')).toEqual({ ...saved, progress: written.progress });
    });

    test('[ST2] the newest version is that of the highest incarnation, then of the highest step', () => {
      store.createRun(run('a'), checkpoint(1, 0));
      store.saveCheckpoint('a', checkpoint(1, 90), []);
      store.saveCheckpoint('a', checkpoint(2, 30), []);
      expect(store.newestCheckpoint('a')?.checkpoint.version).toEqual({ incarnation: 2, step: 30 });
    });

    test('[ST3] the newest 32 checkpoints are kept and older ones dropped', () => {
      store.createRun(run('a'), checkpoint(1, 0));
      for (let step = 1; step <= LIMITS.versionsKept; step++)
        store.saveCheckpoint('a', checkpoint(1, step), []);
      expect(store.vectors('a', { incarnation: 1, step: 0 })).toBeUndefined();
      expect(store.vectors('a', { incarnation: 1, step: 1 })).toBeDefined();
    });

    test('[ST4] a version that is saved again replaces itself', () => {
      store.createRun(run('a'), checkpoint(1, 0));
      store.saveCheckpoint('a', checkpoint(1, 5, 'paused'), []);
      store.saveCheckpoint('a', checkpoint(1, 5, 'running'), []);
      expect(store.newestSaved('a')?.progress.status).toBe('running');
    });

    test('[ST5] vectors are read by version, byte for byte', () => {
      const first = checkpoint(1, 0);
      store.createRun(run('a'), first);
      const vectors = store.vectors('a', first.version);
      expect(vectors?.paramsSha256).toBe(sha256Of(first.params, first.state));
      expect(sha256Of(vectors!.params, vectors!.state)).toBe(vectors!.paramsSha256);
    });

    test('[ST6] history is read in pages, in order, across both ways of writing it', () => {
      store.createRun(run('a'), checkpoint(1, 0));
      store.saveCheckpoint('a', checkpoint(1, 1), [point(0), point(1)]);
      store.appendHistory('a', [point(2)]);
      expect(store.historyLength('a')).toBe(3);
      expect(store.history('a', 1, 10)).toEqual([point(1), point(2)]);
      expect(store.history('a', 0, 1)).toEqual([point(0)]);
      expect(store.history('a', 3, 10)).toEqual([]);
    });

    test('[ST7] runs stand beside one another, oldest first', () => {
      store.createRun(run('b', 1_000), checkpoint(1, 0));
      store.createRun(run('a', 2_000), checkpoint(1, 0));
      store.saveCheckpoint('a', checkpoint(1, 4), [point(0)]);
      expect(store.runs()).toEqual([run('b', 1_000), run('a', 2_000)]);
      expect(store.historyLength('b')).toBe(0);
      expect(store.newestCheckpoint('b')?.checkpoint.version.step).toBe(0);
    });

    test('[ST8] two runs cannot have one id, and the first is not harmed by the attempt', () => {
      store.createRun(run('a'), checkpoint(1, 0));
      expect(() => store.createRun(run('a'), checkpoint(1, 3))).toThrow();
      expect(store.newestCheckpoint('a')?.checkpoint.version.step).toBe(0);
    });

    test('[ST28] the words of a run may change, and nothing else of it or of another does', () => {
      store.createRun(run('a'), checkpoint(1, 0));
      store.createRun(run('b', 2_000), checkpoint(1, 0));
      store.saveCheckpoint('a', checkpoint(1, 4), [point(0)]);
      const about = { ...run('a').program.about, title: 'Another' };
      const program = { ...run('a').program, about };
      store.saveProgram(program);
      expect(store.runs()).toEqual([{ ...run('a'), program }, run('b', 2_000)]);
      expect(store.newestCheckpoint('a')?.checkpoint).toEqual(checkpoint(1, 4));
      expect(store.historyLength('a')).toBe(1);
    });

    test('[ST32] a run has the table of speeds that was saved last, and none before', () => {
      store.createRun(run('a'), checkpoint(1, 0));
      store.createRun(run('b', 2_000), checkpoint(1, 0));
      expect(store.speeds('a')).toEqual([]);
      const row = (secondsPerSample: number) => ({
        ...{ adapter: 'apple metal-3', engine: 'jax-js-0.1.25', backend: 'webgpu' as const },
        measurements: [{ account: ACCOUNT, secondsPerSample, at: 1_700_000_000_000 }],
      });
      store.saveSpeeds('a', [row(1)]);
      store.saveSpeeds('a', [row(2)]);
      expect(store.speeds('a')).toEqual([row(2)]);
      expect(store.speeds('b')).toEqual([]);
    });

    test('[ST9] what was handed in may be rewritten after the save', () => {
      const first = checkpoint(1, 0);
      store.createRun(run('a'), first);
      const before = first.params.slice();
      first.params.fill(0);
      expect(store.newestCheckpoint('a')?.checkpoint.params).toEqual(before);
    });

    test('[ST17] an account has what was earned up to the newest saved version, and a stranger has nothing', () => {
      store.createRun(run('a'), checkpoint(1, 0));
      store.saveCheckpoint('a', checkpoint(1, 7), []);
      store.saveCheckpoint('a', checkpoint(1, 9), []);
      const version = { incarnation: 1, step: 9 };
      expect(store.credit('a', ACCOUNT)).toEqual({ units: 16, version });
      expect(store.credit('a', '0'.repeat(32))).toEqual({ units: 0, version });
    });

    test('[ST29] credit stays when its checkpoint goes, and of a version that is saved again nothing is lost', () => {
      store.createRun(run('a'), checkpoint(1, 0));
      const steps = 2 * LIMITS.versionsKept;
      for (let step = 1; step <= steps; step++) store.saveCheckpoint('a', checkpoint(1, step), []);
      store.saveCheckpoint('a', { ...checkpoint(1, steps, 'paused'), earned: new Map([[ACCOUNT, 1]]) }, []);
      expect(store.credit('a', ACCOUNT).units).toBe((steps * (steps + 1)) / 2 + 1);
      expect(store.newestCheckpoint('a')?.checkpoint.earned.get(ACCOUNT)).toBe(steps + 1);
    });

    test('[ST30] what was earned beyond the step from which a new incarnation goes on counts no more', () => {
      store.createRun(run('a'), checkpoint(1, 0));
      for (const step of [1, 2, 3]) store.saveCheckpoint('a', checkpoint(1, step), []);
      store.saveCheckpoint('a', { ...checkpoint(2, 2), earned: new Map() }, []);
      expect(store.credit('a', ACCOUNT).units).toBe(3);
      store.saveCheckpoint('a', checkpoint(2, 3), []);
      expect(store.credit('a', ACCOUNT).units).toBe(6);
    });

    test('[ST18] a long history is thinned: the newest and the rarest stay, and numbers go on', () => {
      store.createRun(run('a'), checkpoint(1, 0));
      const recovered: HistoryPoint = { index: 0, at: 1, entry: { kind: 'recovered', version: '2-0' } };
      store.appendHistory('a', [recovered]);
      const total = POINTS_MAX * 2;
      for (let from = 1; from < total; from += 500) {
        store.appendHistory(
          'a',
          Array.from({ length: Math.min(500, total - from) }, (_, i) => point(from + i)),
        );
      }
      const kept = store.history('a', 0, total);
      expect(kept.length).toBeLessThanOrEqual(POINTS_MAX);
      expect(kept[0]).toEqual(recovered);
      const newest = kept.slice(-POINTS_NEWEST).map(({ index }) => index);
      expect(newest).toEqual(Array.from({ length: POINTS_NEWEST }, (_, i) => total - POINTS_NEWEST + i));
      expect(store.historyLength('a')).toBe(total);
    });
  });
}

export const ACCOUNT = 'f'.repeat(32);

export function run(id: string, createdAt = 1_000): Run {
  return { id, contentHash: 'c'.repeat(64), program: tinyProgram(id), createdAt };
}

export function checkpoint(
  incarnation: number,
  step: number,
  status: 'running' | 'paused' = 'running',
): Checkpoint {
  const values = (length: number, from: number) =>
    Float32Array.from({ length }, (_, i) => Math.fround(Math.sin(from + step + i)));
  return {
    version: { incarnation, step },
    params: values(6, 0),
    state: values(2, 10),
    slots: [values(6, 20), values(6, 30)],
    progress: { status, training: { step, loss: 0.5, metric: 0.25, samples: 8 } },
    earned: new Map([[ACCOUNT, step]]),
  };
}

export function point(index: number): HistoryPoint {
  return { index, at: 1_700_000_000_000 + index, entry: { kind: 'joined', volunteer: index } };
}
