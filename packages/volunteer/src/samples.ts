/**
 * The samples of a unit, gathered from shards. A shard's URL never changes its bytes, so the browser's own cache keeps it
 * between visits; here only the last used ones stay in memory, as they came (a picture's bytes and not its floats). The
 * sampler shuffles within a window of few shards, so few are needed at a time, and those of the next round are fetched
 * while this one computes.
 */

import type { SampleBatch } from '@manyhands/compute';
import {
  decodeSafetensors,
  type JobProgram,
  LIMITS,
  ROUTES,
  type Samples,
  type Tensor,
} from '@manyhands/protocol';
import type { Download } from './download.ts';
import type { Draw } from './draws.ts';
import { type Failure, isFailure } from './failure.ts';

type SampleSet = Draw['set'];

export interface SampleShelf {
  /** Inputs and targets of these samples, in this order, as float32 of their own; or why there are none. Never throws. */
  gather(draw: Draw): Promise<SampleBatch | Failure>;
  /** Has the shards of these samples fetched, for later; what fails now is tried again then. */
  prefetch(draw: Draw): void;
}

export interface SampleShelfOptions {
  readonly download: Download;
  readonly server: string;
  readonly program: Pick<JobProgram, 'id' | 'samples'>;
  /** Shards beyond this many bytes are dropped, longest unused first. */
  readonly bytesMax?: number;
}

export function createSampleShelf(options: SampleShelfOptions): SampleShelf {
  const { download, server, program } = options;
  const { samples } = program;
  const scaled = scaledBytes(samples.input.scale);
  const shards = createShardCache(options.bytesMax ?? BYTES_MAX, async (set, shard) => {
    const url = new URL(ROUTES.samples(program.id, set, shard), server).href;
    const file = await download(url, { bytesMax: shardBytesMax(samples) });
    return isFailure(file) ? file : readShard(file, samples, shardLength(samples, set, shard));
  });

  return {
    async gather({ set, indices }) {
      const batch = emptyBatch(samples, indices);
      const needed = shardsOf(samples, indices);
      const found = new Map<number, Shard>();
      for (const [shard, answer] of await Promise.all(
        needed.map(async (n) => [n, await shards.get(set, n)] as const),
      )) {
        if (isFailure(answer)) return answer;
        found.set(shard, answer);
      }
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i]!;
        const shard = Math.floor(index / samples.shardSamples);
        copySample(samples, scaled, found.get(shard)!, index - shard * samples.shardSamples, batch, i);
      }
      return batch;
    },
    prefetch({ set, indices }) {
      for (const shard of shardsOf(samples, indices)) void shards.get(set, shard);
    },
  };
}

/** Enough for a window or two of most data sets, and little enough for a phone. */
const BYTES_MAX = 128 * 1024 * 1024;

interface Shard {
  readonly inputs: Uint8Array | Float32Array;
  readonly targets: Uint8Array | Float32Array;
  readonly bytes: number;
}

/** The last used shards; one that is asked for twice at once is fetched once, one that failed is fetched again. */
function createShardCache(
  bytesMax: number,
  fetchShard: (set: SampleSet, shard: number) => Promise<Shard | Failure>,
) {
  /** In order of use, longest unused first: a Map keeps the order in which keys were set. */
  const shelf = new Map<string, Promise<Shard | Failure>>();
  const bytesOf = new Map<string, number>();

  function makeRoom(): void {
    let bytes = [...bytesOf.values()].reduce((sum, size) => sum + size, 0);
    for (const [key, size] of [...shelf.keys()].map((key) => [key, bytesOf.get(key)] as const)) {
      if (bytes <= bytesMax) return;
      if (size === undefined) continue;
      shelf.delete(key);
      bytesOf.delete(key);
      bytes -= size;
    }
  }

  async function fetchInto(key: string, set: SampleSet, shard: number): Promise<Shard | Failure> {
    const answer = await fetchShard(set, shard);
    if (isFailure(answer)) shelf.delete(key);
    else bytesOf.set(key, answer.bytes);
    makeRoom();
    return answer;
  }

  return {
    get(set: SampleSet, shard: number): Promise<Shard | Failure> {
      const key = `${set}/${shard}`;
      const answer = shelf.get(key) ?? fetchInto(key, set, shard);
      shelf.delete(key);
      shelf.set(key, answer);
      return answer;
    },
  };
}

/** The two tensors of a shard of `length` samples, checked against what the program says of them. */
function readShard(file: Uint8Array, samples: Samples, length: number): Shard | Failure {
  const tensors = decodeSafetensors(file);
  if (typeof tensors === 'string') return malformed(tensors);
  const [input, target] = ['inputs', 'targets'].map((name) => tensors.find((tensor) => tensor.name === name));
  const inputs = input && valuesOf(input, length * sizeOf(samples.input.shape));
  const targets = target && valuesOf(target, length * targetSize(samples));
  if (inputs === undefined) return malformed('Its inputs are not of the shape that the job names.');
  if (targets === undefined) return malformed('Its targets are not of the shape that the job names.');
  // A GPU reads a class number out of range as a zero, without a word.
  if (samples.target.kind !== 'values' && !areClasses(targets, samples.target.classes.length))
    return malformed('It holds a class number that the job does not name.');
  return { inputs, targets, bytes: file.byteLength };
}

function valuesOf(tensor: Tensor, length: number): Uint8Array | Float32Array | undefined {
  if (tensor.dtype === 'U8') return tensor.bytes.length === length ? tensor.bytes : undefined;
  if (tensor.bytes.byteLength !== length * 4) return undefined;
  const { buffer, byteOffset } = tensor.bytes.byteOffset % 4 === 0 ? tensor.bytes : tensor.bytes.slice();
  return new Float32Array(buffer, byteOffset, length);
}

function areClasses(targets: Uint8Array | Float32Array, classes: number): boolean {
  return targets.every((target: number) => Number.isInteger(target) && target >= 0 && target < classes);
}

function emptyBatch(samples: Samples, indices: Uint32Array): SampleBatch {
  return {
    inputs: new Float32Array(indices.length * sizeOf(samples.input.shape)),
    targets: new Float32Array(indices.length * rowSize(samples)),
    ids: indices,
  };
}

/** Sample `from` of a shard becomes sample `to` of the batch: scaled inputs, and targets as the loss wants them. */
function copySample(
  samples: Samples,
  scaled: Float32Array,
  shard: Shard,
  from: number,
  batch: SampleBatch,
  to: number,
): void {
  const { scale, shape } = samples.input;
  const size = sizeOf(shape);
  const { inputs } = shard;
  const stored = inputs.subarray(from * size, (from + 1) * size);
  if (stored instanceof Uint8Array) lookUp(stored, scaled, batch.inputs, to * size);
  else multiply(stored, scale, batch.inputs, to * size);
  const row = rowSize(samples);
  if (samples.target.kind === 'class' && samples.target.oneHot) {
    batch.targets[to * row + shard.targets[from]!] = 1;
    return;
  }
  for (let i = 0; i < row; i++) batch.targets[to * row + i] = shard.targets[from * row + i]!;
}

/** What each byte becomes: looked up, because a round waits while the first batch of a lease is gathered. */
function scaledBytes(scale: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => byte * scale);
}

function lookUp(stored: Uint8Array, scaled: Float32Array, inputs: Float32Array, at: number): void {
  for (let i = 0; i < stored.length; i++) inputs[at + i] = scaled[stored[i]!]!;
}

/** The product is rounded to float32 once, by being stored: the same number wherever it is computed. */
function multiply(stored: Float32Array, scale: number, inputs: Float32Array, at: number): void {
  for (let i = 0; i < stored.length; i++) inputs[at + i] = stored[i]! * scale;
}

/** Stored numbers of one sample's target. */
function targetSize({ target }: Samples): number {
  return target.kind === 'class' ? 1 : sizeOf(target.shape);
}

/** Numbers of one sample's target as the loss wants it. */
function rowSize(samples: Samples): number {
  const { target } = samples;
  return target.kind === 'class' && target.oneHot ? target.classes.length : targetSize(samples);
}

function shardsOf({ shardSamples }: Samples, indices: Uint32Array): number[] {
  const shards = new Set<number>();
  for (const index of indices) shards.add(Math.floor(index / shardSamples));
  return [...shards];
}

function shardLength(samples: Samples, set: SampleSet, shard: number): number {
  return Math.min(samples.shardSamples, samples[set] - shard * samples.shardSamples);
}

function shardBytesMax(samples: Samples): number {
  return (
    samples.shardSamples * 4 * (sizeOf(samples.input.shape) + targetSize(samples)) + LIMITS.messageBytesMax
  );
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

function malformed(flaw: string): Failure {
  return {
    failure: 'malformed',
    sentence: `The server sent a shard of samples that cannot be used. ${flaw}`,
  };
}
