/**
 * The file layout of everything binary that HTTP serves: parameters and shards. Safetensors, because people have readers for
 * it in every language: u64 length of a JSON header, the header, then the tensors (github.com/huggingface/safetensors).
 */

export type TensorDtype = 'F32' | 'U8';

export interface Tensor {
  readonly name: string;
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Bytes of one file; tensors start at a multiple of 8 and keep their order. */
export function encodeSafetensors(
  tensors: readonly Tensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const tensor of tensors) {
    const end = offset + tensor.bytes.byteLength;
    header[tensor.name] = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.byteLength / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + offset).fill(0x20, 8, 8 + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, 8);
  let at = 8 + headerBytes;
  for (const tensor of tensors) {
    file.set(tensor.bytes, at);
    at += tensor.bytes.byteLength;
  }
  return file;
}

/** The tensors of a file, each a view into it, or one sentence that says why it is none. Never throws. */
export function decodeSafetensors(file: Uint8Array): readonly Tensor[] | string {
  if (file.byteLength < 8) return 'The file is shorter than the header of safetensors.';
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > file.byteLength - 8) return 'The file ends inside the header of safetensors.';
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes)));
  } catch {
    return 'The header of the safetensors file is not JSON.';
  }
  if (typeof header !== 'object' || header === null)
    return 'The header of the safetensors file is not an object.';
  const data = file.subarray(8 + headerBytes);
  const tensors: Tensor[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const tensor = tensorAt(name, entry, data);
    if (tensor === undefined)
      return `The tensor ${name} of the safetensors file is not described as the format asks.`;
    tensors.push(tensor);
  }
  return tensors;
}

const DTYPE_BYTES: Readonly<Record<TensorDtype, number>> = { F32: 4, U8: 1 };

function tensorAt(name: string, entry: unknown, data: Uint8Array): Tensor | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  if (dtype !== 'F32' && dtype !== 'U8') return undefined;
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) return undefined;
  const [start, end] = offsets as [number, number];
  const bytes = shape.reduce((product, dimension) => product * dimension, 1) * DTYPE_BYTES[dtype];
  if (end > data.byteLength || end - start !== bytes) return undefined;
  return { name, dtype, shape, bytes: data.subarray(start, end) };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
