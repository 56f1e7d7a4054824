import { encodeSafetensors, type Samples, type Tensor } from '@manyhands/protocol';
import { describe, expect, test } from 'vitest';
import type { Download } from './download.ts';
import type { Draw } from './draws.ts';
import { createSampleShelf } from './samples.ts';

/** 10 samples of 2 bytes in shards of 4: sample i is (i, 2i) and of class i mod 3. */
const SAMPLES: Samples = {
  train: 10,
  evaluation: 4,
  shardSamples: 4,
  input: { shape: [2], dtype: 'uint8', scale: 1 / 255 },
  target: { kind: 'class', classes: ['a', 'b', 'c'], oneHot: true },
};

function shardFile(shard: number, changes: Partial<Record<'inputs' | 'targets', Partial<Tensor>>> = {}) {
  const of = Array.from({ length: Math.min(4, 10 - shard * 4) }, (_, i) => shard * 4 + i);
  const inputs = {
    name: 'inputs',
    dtype: 'U8',
    shape: [of.length, 2],
    bytes: Uint8Array.from(of.flatMap((i) => [i, 2 * i])),
  } as const;
  const targets = {
    name: 'targets',
    dtype: 'U8',
    shape: [of.length],
    bytes: Uint8Array.from(of.map((i) => i % 3)),
  } as const;
  return encodeSafetensors([
    { ...inputs, ...changes.inputs },
    { ...targets, ...changes.targets },
  ]);
}

function shelfOver(
  serve: Download = async (url) => shardFile(Number(url.split('/').at(-1))),
  samples = SAMPLES,
  bytesMax = 1e6,
) {
  const asked: string[] = [];
  const shelf = createSampleShelf({
    server: 'http://server',
    program: { id: 'digits', samples },
    bytesMax,
    download: (url, options) => {
      asked.push(url.replace('http://server/api/jobs/digits/samples/', ''));
      return serve(url, options);
    },
  });
  return { shelf, asked };
}

const train = (...indices: readonly number[]): Draw => ({ set: 'train', indices: Uint32Array.from(indices) });

describe('samples', () => {
  test('[SH1] come in the order asked for, scaled and with their targets as the loss wants them', async () => {
    const { shelf } = shelfOver();
    const batch = await shelf.gather(train(9, 0, 5));
    const scaled = [9, 18, 0, 0, 5, 10].map((stored) => Math.fround(stored * (1 / 255)));
    expect(batch).toEqual({
      inputs: Float32Array.from(scaled),
      targets: Float32Array.of(1, 0, 0, 1, 0, 0, 0, 0, 1),
      ids: Uint32Array.of(9, 0, 5),
    });
  });

  test('[SH1] class numbers and plain values pass through', async () => {
    const classes = shelfOver(undefined, {
      ...SAMPLES,
      target: { kind: 'class', classes: ['a', 'b', 'c'], oneHot: false },
    });
    expect(await classes.shelf.gather(train(4, 5))).toMatchObject({
      targets: Float32Array.of(1, 2),
    });
    const places = { shape: [4, 2], bytes: Uint8Array.of(0, 1, 2, 0, 1, 1, 2, 2) };
    const perPlace = shelfOver(async () => shardFile(0, { targets: places }), {
      ...SAMPLES,
      target: { kind: 'classes', shape: [2], classes: ['a', 'b', 'c'] },
    });
    expect(await perPlace.shelf.gather(train(3, 1))).toMatchObject({
      targets: Float32Array.of(2, 2, 2, 0),
    });
    const values = shelfOver(undefined, { ...SAMPLES, target: { kind: 'values', shape: [1] } });
    expect(await values.shelf.gather(train(4, 5))).toMatchObject({
      targets: Float32Array.of(1, 2),
    });
  });

  test('[SH2] a shard is fetched once, however many ask for it and whether or not it was prefetched', async () => {
    const { shelf, asked } = shelfOver();
    shelf.prefetch(train(1, 2));
    await Promise.all([shelf.gather(train(0)), shelf.gather(train(3, 4))]);
    await shelf.gather(train(7));
    expect(asked).toEqual(['train/0', 'train/1']);
  });

  test('[SH3] memory is bounded: the shard that was unused for longest goes first', async () => {
    const { shelf, asked } = shelfOver(undefined, SAMPLES, 2 * shardFile(0).byteLength);
    for (const index of [0, 4, 0, 8, 0, 4]) await shelf.gather(train(index));
    expect(asked).toEqual(['train/0', 'train/1', 'train/2', 'train/1']);
  });

  test('[SH3] a batch larger than the bound is gathered all the same', async () => {
    const { shelf } = shelfOver(undefined, SAMPLES, 1);
    expect(await shelf.gather(train(0, 4, 8))).toMatchObject({
      ids: Uint32Array.of(0, 4, 8),
    });
  });

  test('[SH4] what cannot be fetched is a value, and is fetched again the next time', async () => {
    let fails = true;
    const failure = { failure: 'unreachable', sentence: 'No answer.' } as const;
    const { shelf, asked } = shelfOver(async () => (fails ? failure : shardFile(0)));
    expect(await shelf.gather(train(0))).toEqual(failure);
    fails = false;
    expect(await shelf.gather(train(0))).toMatchObject({ ids: Uint32Array.of(0) });
    expect(asked).toHaveLength(2);
  });

  test.each([
    ['a class that is none', shardFile(0, { targets: { bytes: Uint8Array.of(0, 1, 3, 0) } }), /class number/],
    ['too few inputs', shardFile(0, { inputs: { shape: [7], bytes: new Uint8Array(7) } }), /inputs/],
    [
      'targets of another shape',
      shardFile(0, { targets: { shape: [4, 2], bytes: new Uint8Array(8) } }),
      /targets/,
    ],
    ['inputs of another name', shardFile(0, { inputs: { name: 'input' } }), /inputs/],
    ['no safetensors at all', new Uint8Array(20), /./],
  ])('[SH5] a shard with %s is refused by name', async (_, file, reason) => {
    const { shelf } = shelfOver(async () => file);
    expect(await shelf.gather(train(0))).toMatchObject({
      failure: 'malformed',
      sentence: expect.stringMatching(reason),
    });
  });

  test('[SH5] so is one in which a place has a class that is none', async () => {
    const targets = { shape: [4, 2], bytes: Uint8Array.of(0, 1, 2, 0, 1, 3, 2, 2) };
    const { shelf } = shelfOver(async () => shardFile(0, { targets }), {
      ...SAMPLES,
      target: { kind: 'classes', shape: [2], classes: ['a', 'b', 'c'] },
    });
    expect(await shelf.gather(train(0))).toMatchObject({
      sentence: expect.stringMatching(/class number/),
    });
  });
});
