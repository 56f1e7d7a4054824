import { createRandom, initialCheckpoint, underNewName } from '@manyhands/core';
import { describe, expect, test } from 'vitest';
import { Disk } from './disk.ts';
import { createJob, initialParams } from './job.ts';
import { Store } from './store.ts';
import { Timeline } from './timeline.ts';

const job = createJob({
  rounds: 1,
  units: 4,
  policies: createRandom(1),
  exact: false,
  codec: { kind: 'float32' },
  strategy: { kind: 'sync' },
});
const { params, state } = initialParams(job);
const first = initialCheckpoint(job, params, state);

function checkpoint(step: number) {
  const version = { incarnation: 1, step };
  return { ...first, version, params: params.map((x) => x + step), earned: new Map([['ada', 4 * step]]) };
}

function openStore(seed: number) {
  const timeline = new Timeline();
  const disk = new Disk(timeline, createRandom(seed), new Set(['disk']));
  return { timeline, disk, store: new Store(disk, 5) };
}

describe('[WD4] the newest checkpoint whose bytes are whole is found', () => {
  test('what was saved comes back, all of it', () => {
    const { store } = openStore(1);
    store.saveCheckpointNow(checkpoint(1));
    store.saveCheckpointNow(checkpoint(2));
    expect(store.newestCheckpoint()).toEqual({ checkpoint: checkpoint(2), damaged: [], incarnationMax: 1 });
  });

  test('a write that a power cut tears is passed over and named, or was never there', () => {
    const fates = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const { disk, store } = openStore(seed);
      store.saveCheckpointNow(checkpoint(1));
      store.saveCheckpoint(checkpoint(2), () => expect.unreachable('the power went before'));
      disk.cutPower();
      const found = store.newestCheckpoint()!;
      fates.add(`step ${found.checkpoint.version.step}, damaged ${found.damaged.length}`);
      expect(found.checkpoint).toEqual(checkpoint(found.checkpoint.version.step));
    }
    expect([...fates].sort()).toEqual(['step 1, damaged 0', 'step 1, damaged 1', 'step 2, damaged 0']);
  });

  test('one flipped bit, wherever it is, is noticed', () => {
    for (let seed = 0; seed < 100; seed++) {
      const { disk, store } = openStore(seed);
      for (let step = 1; step <= 3; step++) store.saveCheckpointNow(checkpoint(step));
      expect(disk.rot()).toEqual({ incarnation: 1, step: 3 });
      expect(store.newestCheckpoint()?.checkpoint).toEqual(checkpoint(2));
      expect(store.newestCheckpoint()?.damaged).toEqual([{ incarnation: 1, step: 3 }]);
    }
  });

  test('what was called durable survives the cut', () => {
    const { timeline, disk, store } = openStore(3);
    let durable = false;
    while (!durable) {
      store.saveCheckpoint(checkpoint(5), (done) => {
        durable = done;
      });
      timeline.next();
    }
    disk.cutPower();
    expect(store.newestCheckpoint()?.checkpoint).toEqual(checkpoint(5));
  });

  test('so many versions are kept as it is told, and the credit of all', () => {
    const { disk, store } = openStore(1);
    for (let step = 1; step <= 9; step++) store.saveCheckpointNow(checkpoint(step));
    expect(disk.files.map(({ version }) => version.step)).toEqual([5, 6, 7, 8, 9]);
    expect([...store.credit()]).toEqual([['ada', 4 * 45]]);
  });

  test('what was earned with a version that a recovery passed over counts no more', () => {
    const { disk, store } = openStore(1);
    for (let step = 1; step <= 3; step++) store.saveCheckpointNow(checkpoint(step));
    disk.rot();
    const from = underNewName(store.newestCheckpoint()!);
    store.saveCheckpointNow(from);
    expect(from.version).toEqual({ incarnation: 2, step: 2 });
    expect([...store.credit()]).toEqual([['ada', 4 * 3]]);
  });
});
