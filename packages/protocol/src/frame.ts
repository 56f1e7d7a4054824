/**
 * The one binary layout on the socket: a header of 32 bytes and a vector. Little endian; the body starts at a
 * multiple of 8, so that a receiver can view it as floats without a copy.
 *
 *     0  u32  magic "MHF1"          16  u32  lease (0 but for contributions)
 *     4  u8   kind                  20  u32  samples (0 but for contributions)
 *     5  u8   codec                 24  u32  elements of the decoded vector
 *     6  u16  0                     28  u32  milliseconds of computing (0 but for contributions)
 *     8  u32  incarnation           32  …    body
 *    12  u32  step
 *
 * A `params` body is parameters, then non-trainable state. An `update` body begins with the fingerprint of the parameters that it
 * leads to, eight bytes, and goes on with the change from the step before, laid out as core/model-update says. A `contribution`
 * body is laid out as core/contribution says.
 */

import { type CodecName, encodedBytesMax, float32Codec, type ParamsVersion } from '@manyhands/core';
import { LIMITS } from './limits.ts';
import type { FrameRefusal } from './refusal.ts';

export const FRAME_HEADER_BYTES = 32;
const MAGIC = 0x3146484d; // "MHF1", read little endian

/** Before the vector of an update. */
export const FINGERPRINT_BYTES = 8;

export type FrameKind = 'params' | 'contribution' | 'update';
const KIND_CODE: Readonly<Record<FrameKind, number>> = { params: 1, contribution: 2, update: 3 };

/** Only the name of a codec: the rest of its spec is the job's, which both sides know. */
const CODEC_CODE: Readonly<Record<CodecName, number>> = { float32: 0, float16: 1, int8: 2, 'top-k': 3 };

export interface Frame {
  readonly kind: FrameKind;
  readonly codec: CodecName;
  readonly version: ParamsVersion;
  /** Lease that a contribution answers; 0 for all others. */
  readonly lease: number;
  readonly samples: number;
  /** How long the device computed, as the volunteer says; 0 but for contributions. */
  readonly computeMs: number;
  /** Elements of the decoded vector. */
  readonly elements: number;
  /** The encoded vector, and of an update the fingerprint before it. */
  readonly body: Uint8Array;
}

/** One buffer, header and body; every part of the body is copied once. */
export function encodeFrame(
  frame: Omit<Frame, 'body'> & { readonly body: Uint8Array | readonly Uint8Array[] },
): Uint8Array<ArrayBuffer> {
  const parts = frame.body instanceof Uint8Array ? [frame.body] : frame.body;
  const bodyBytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + bodyBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, KIND_CODE[frame.kind]);
  view.setUint8(5, CODEC_CODE[frame.codec]);
  view.setUint32(8, frame.version.incarnation, true);
  view.setUint32(12, frame.version.step, true);
  view.setUint32(16, frame.lease, true);
  view.setUint32(20, frame.samples, true);
  view.setUint32(24, frame.elements, true);
  view.setUint32(28, frame.computeMs, true);
  let at = FRAME_HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** The frame in `bytes`, its body a view into them, or the reason why they are none. Never throws. */
export function decodeFrame(bytes: Uint8Array): Frame | FrameRefusal {
  if (bytes.byteLength < FRAME_HEADER_BYTES) return 'frame-too-short';
  if (bytes.byteLength > LIMITS.frameBytesMax) return 'frame-too-long';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) return 'frame-magic';
  const kind = nameOf(KIND_CODE, view.getUint8(4));
  if (kind === undefined) return 'frame-kind';
  const codec = nameOf(CODEC_CODE, view.getUint8(5));
  if (codec === undefined || view.getUint16(6, true) !== 0) return 'frame-codec';
  const elements = view.getUint32(24, true);
  const body = bytes.subarray(FRAME_HEADER_BYTES);
  const head = kind === 'update' ? FINGERPRINT_BYTES : 0;
  if (!fits(codec, body.byteLength - head, elements)) return 'frame-length';
  return {
    kind,
    codec,
    version: { incarnation: view.getUint32(8, true), step: view.getUint32(12, true) },
    lease: view.getUint32(16, true),
    samples: view.getUint32(20, true),
    elements,
    computeMs: view.getUint32(28, true),
    body,
  };
}

/** As far as a codec's name tells. Whoever has the whole spec asks its codec, which knows the length to the byte. */
function fits(codec: CodecName, bodyBytes: number, elements: number): boolean {
  return codec === 'float32'
    ? bodyBytes === float32Codec.encodedBytes(elements)
    : bodyBytes >= 0 && bodyBytes <= encodedBytesMax(codec, elements);
}

function nameOf<Name extends string>(codes: Readonly<Record<Name, number>>, code: number): Name | undefined {
  for (const name in codes) if (codes[name] === code) return name;
  return undefined;
}
