/** A model whose updates are much shorter than its parameters, and what a server has of it: every step changes the same three numbers. */

import { type CodecSpec, fingerprint, type ParamsVersion, takeUpdate, updateCodec } from '@manyhands/core';
import { encodeFrame, type JobProgram } from '@manyhands/protocol';
import type { Parameters } from '../parameters.ts';
import { PROGRAM } from './little-job.ts';

/** A model so long that several updates of it are shorter than its parameters. */
const PARAMS = 10_000;
export const MODEL: JobProgram['model'] = {
  ...PROGRAM.model,
  params: [{ name: 'w', shape: [PARAMS], offset: 0, size: PARAMS }],
  drawn: {
    initializers: [
      { kind: 'constant', value: 1 },
      { kind: 'constant', value: 0 },
    ],
    fingerprint: fingerprint(Float32Array.from({ length: PARAMS + 1 }, (_, i) => (i < PARAMS ? 1 : 0))),
  },
};
export const SPEC: CodecSpec = { kind: 'top-k', kept: 16, bits: 32 };
const CODEC = updateCodec(SPEC, { params: PARAMS, state: 1 });
const CHANGE = Float32Array.from({ length: PARAMS }, (_, i) => (i < 3 ? 1 / (i + 1) : 0));
export const START: Parameters = {
  version: version(0),
  params: new Float32Array(PARAMS).fill(1),
  state: Float32Array.of(0),
};

export function version(step: number): ParamsVersion {
  return { incarnation: 1, step };
}

/** Every step changes the same three numbers; its state is its number. */
export function parametersAt(step: number): Parameters {
  const params = START.params.slice();
  for (let i = 0; i < step; i++) takeUpdate(params, CHANGE);
  return { version: version(step), params, state: Float32Array.of(step) };
}

export function bytesTo(step: number): Uint8Array<ArrayBuffer> {
  return encodeFrame({
    ...{ kind: 'update', codec: 'top-k', version: version(step), lease: 0, samples: 0, computeMs: 0 },
    elements: PARAMS + 1,
    body: [
      Buffer.from(fingerprint(parametersAt(step).params), 'hex'),
      CODEC.encode(Float32Array.of(...CHANGE, step), 0),
    ],
  });
}
