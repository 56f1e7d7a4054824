/**
 * IDX, the format that MNIST and its kin (Fashion-MNIST, EMNIST, KMNIST) come in, gzipped or not: two zero bytes, a byte
 * for the type, a byte for the rank, the shape as big-endian uint32, then the numbers, big-endian and row-major.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  DatasetError,
  type DatasetSource,
  elementsOf,
  type SampleSet,
  type SampleValues,
  strayLabel,
} from './dataset.ts';
import { mixed } from './split.ts';

export interface IdxOptions {
  readonly name: string;
  readonly origin: string;
  readonly licence: string;
  readonly classes: readonly string[];
  /** Paths of pictures and labels to train on; relative ones start at the folder of the job's file. */
  readonly train: IdxFiles;
  /** Paths of those held out. */
  readonly evaluation: IdxFiles;
  /** Inputs are multiplied by it on their way to the model: 1/255 for bytes of pictures. */
  readonly scale: number;
  /** Decides the order in which samples are stored; 1 unless said otherwise. */
  readonly orderSeed?: number;
}

export interface IdxFiles {
  readonly inputs: string;
  readonly labels: string;
}

/**
 * Pictures of rank 2 get one channel: a file of 60,000 × 28 × 28 bytes has inputs of 28 × 28 × 1. Bytes stay bytes, all
 * other types become float32. The files' own split is kept. Reading throws a `DatasetError` that names the file.
 */
export function idx(options: IdxOptions): DatasetSource {
  const { name, origin, licence, classes, scale, orderSeed = 1 } = options;
  return {
    read(folder) {
      const train = readSet(folder, options.train, classes);
      const evaluation = readSet(folder, options.evaluation, classes);
      if (String(train.shape) !== String(evaluation.shape)) {
        throw new DatasetError(
          `The samples in '${options.train.inputs}' have the shape [${train.shape}], those in '${options.evaluation.inputs}' [${evaluation.shape}]: they must be equal.`,
        );
      }
      return {
        name,
        origin,
        licence,
        input: {
          shape: train.shape,
          dtype: train.set.inputs instanceof Uint8Array ? 'uint8' : 'float32',
          scale,
        },
        target: { kind: 'class', classes },
        train: mixed(train.set, orderSeed),
        evaluation: evaluation.set,
      };
    },
  };
}

function readSet(
  folder: string,
  files: IdxFiles,
  classes: readonly string[],
): { shape: readonly number[]; set: SampleSet } {
  const inputs = readIdx(folder, files.inputs);
  const labels = readIdx(folder, files.labels);
  const [count = 0, ...shape] = inputs.shape;
  if (labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new DatasetError(
      `'${files.labels}' has the shape [${labels.shape}], but '${files.inputs}' holds ${count} samples: each needs one label.`,
    );
  }
  // Looked at here, where a sample still has its number in the file.
  const stray = strayLabel(labels.values, classes.length, 'sample');
  if (stray !== undefined) throw new DatasetError(`In '${files.labels}': ${stray}`);
  return {
    shape: shape.length === 2 ? [...shape, 1] : shape,
    set: { count, inputs: inputs.values, targets: labels.values },
  };
}

function readIdx(folder: string, file: string): IdxArray {
  const path = resolve(folder, file);
  try {
    const bytes = readFileSync(path);
    return parseIdx(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes, file);
  } catch (thrown) {
    if (thrown instanceof DatasetError) throw thrown;
    throw new DatasetError(`The file '${path}' cannot be read: check the path of the IDX file.`);
  }
}

export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: SampleValues;
}

/** One array, copied out of the bytes of a whole file. `file` is what errors call it. */
export function parseIdx(bytes: Uint8Array, file: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = bytes.length >= 4 && view.getUint16(0) === 0 ? TYPES.get(view.getUint8(2)) : undefined;
  if (type === undefined) {
    throw new DatasetError(
      `'${file}' is no IDX file: it does not begin with two zero bytes and a known type.`,
    );
  }
  const rank = view.getUint8(3);
  const start = 4 + 4 * rank;
  if (rank === 0 || bytes.length < start) {
    throw new DatasetError(`'${file}' ends before its shape of rank ${rank} does: fetch it again.`);
  }
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const count = elementsOf(shape);
  if (bytes.length !== start + count * type.bytes) {
    throw new DatasetError(
      `'${file}' is ${bytes.length} bytes long, but an array of shape [${shape}] takes ${start + count * type.bytes}: fetch it again.`,
    );
  }
  // A Buffer's own slice would share its memory and stay a Buffer.
  if (type === UNSIGNED_BYTE) return { shape, values: new Uint8Array(bytes.subarray(start)) };
  const at = (i: number) => type.read(view, start + i * type.bytes);
  return { shape, values: Float32Array.from({ length: count }, (_, i) => at(i)) };
}

interface IdxType {
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

const UNSIGNED_BYTE: IdxType = { bytes: 1, read: (view, at) => view.getUint8(at) };

const TYPES: ReadonlyMap<number, IdxType> = new Map([
  [0x08, UNSIGNED_BYTE],
  [0x09, { bytes: 1, read: (view, at) => view.getInt8(at) }],
  [0x0b, { bytes: 2, read: (view, at) => view.getInt16(at) }],
  [0x0c, { bytes: 4, read: (view, at) => view.getInt32(at) }],
  [0x0d, { bytes: 4, read: (view, at) => view.getFloat32(at) }],
  [0x0e, { bytes: 8, read: (view, at) => view.getFloat64(at) }],
]);
