import { fingerprint } from '@manyhands/core';
import { decodeFrame, encodeFrame, type Frame } from '@manyhands/protocol';
import { describe, expect, test } from 'vitest';
import { isFailure } from './failure.ts';
import { drawParameters, parametersOfFile, parametersOfFrame } from './parameters.ts';
import { readProgram } from './program.ts';
import { PROGRAM, paramsFile } from './testing/little-job.ts';

const VERSION = { incarnation: 1, step: 3 };

function frameOf(values: readonly number[], kind: Frame['kind'] = 'params'): Frame {
  const body = new Uint8Array(Float32Array.from(values).buffer);
  const header = {
    kind,
    codec: 'float32',
    version: VERSION,
    lease: 0,
    samples: 0,
    computeMs: 0,
    elements: values.length,
  } as const;
  const frame = decodeFrame(encodeFrame({ ...header, body }));
  if (typeof frame === 'string') throw new Error(frame);
  return frame;
}

describe('parameters', () => {
  test('[PM1] are the same by frame and by file, whatever the order of tensors in the file', () => {
    const byFrame = parametersOfFrame(frameOf([3, 3, 3, -3]), PROGRAM.model);
    const byFile = parametersOfFile(paramsFile(3), PROGRAM.model, VERSION);
    expect(byFrame).toEqual({
      version: VERSION,
      params: Float32Array.of(3, 3, 3),
      state: Float32Array.of(-3),
    });
    expect(byFile).toEqual(byFrame);
  });

  test('[PM4] of the first version are drawn where the program says how, and only if they are those of the server', () => {
    const initializers = [1, 2, 3].map((value) => ({ kind: 'constant' as const, value }));
    const drawn = { initializers, fingerprint: fingerprint(Float32Array.of(1, 1, 2, 3)) };
    expect(drawParameters({ ...PROGRAM.model, drawn })).toEqual({
      version: { incarnation: 1, step: 0 },
      params: Float32Array.of(1, 1, 2),
      state: Float32Array.of(3),
    });
    const other = { ...drawn, fingerprint: fingerprint(Float32Array.of(1, 1, 2, 4)) };
    expect(drawParameters({ ...PROGRAM.model, drawn: other })).toBeUndefined();
    const endless = [1, 2, 1e300].map((value) => ({ kind: 'constant' as const, value }));
    const infinite = { initializers: endless, fingerprint: fingerprint(Float32Array.of(1, 1, 2, Infinity)) };
    expect(drawParameters({ ...PROGRAM.model, drawn: infinite })).toBeUndefined();
    expect(drawParameters(PROGRAM.model)).toBeUndefined();
  });

  test('[PM2] a frame is taken without a copy', () => {
    const frame = frameOf([3, 3, 3, -3]);
    const parameters = parametersOfFrame(frame, PROGRAM.model);
    if (isFailure(parameters)) throw new Error(parameters.sentence);
    expect(parameters.params.buffer).toBe(frame.body.buffer);
  });

  test.each([
    ['of another size', frameOf([3, 3, 3])],
    ['of another kind', frameOf([3, 3, 3, 3], 'contribution')],
    ['in a codec that no parameters have', { ...frameOf([3, 3, 3, 3]), codec: 'float16' } as const],
    ['with a number that is not finite', frameOf([3, Number.NaN, 3, 3])],
  ])('[PM3] a frame %s is refused', (_, frame) => {
    expect(parametersOfFrame(frame, PROGRAM.model)).toMatchObject({ failure: 'malformed' });
  });

  test('[PM3] a file without a tensor of the model is refused by its name', () => {
    const other = { ...PROGRAM.model, params: [{ name: 'v', shape: [2], offset: 0, size: 2 }] };
    expect(parametersOfFile(paramsFile(3), other, VERSION)).toMatchObject({
      sentence: expect.stringContaining('the tensor v'),
    });
    expect(parametersOfFile(new Uint8Array(3), other, VERSION)).toMatchObject({ failure: 'malformed' });
  });
});

describe('a program', () => {
  const read = (changes: object) => readProgram(JSON.stringify({ ...PROGRAM, ...changes }));

  test('[PG1] is read as it was sent', () => {
    expect(read({})).toEqual({ program: PROGRAM, text: JSON.stringify(PROGRAM) });
  });

  test.each([
    ['not JSON', readProgram('{'), /the top/],
    ['without a seed', read({ seed: undefined }), /seed/],
    ['without samples', read({ samples: { ...PROGRAM.samples, train: 0 } }), /no samples/],
    [
      'with a gap in its layout',
      read({ model: { ...PROGRAM.model, state: [{ name: 'm', shape: [1], offset: 1, size: 1 }] } }),
      /tensor m/,
    ],
    [
      'with too few initializers',
      read({ model: { ...PROGRAM.model, drawn: { initializers: [], fingerprint: '0'.repeat(16) } } }),
      /0 initializers for 3 tensors/,
    ],
    [
      'with too many parameters',
      read({
        model: {
          ...PROGRAM.model,
          params: [0, 1].map((i) => ({ name: `${i}`, shape: [2 ** 24], offset: i * 2 ** 24, size: 2 ** 24 })),
        },
      }),
      /more than/,
    ],
  ])('[PG2] %s is refused with the place', (_, program, reason) => {
    expect(program).toMatchObject({ failure: 'malformed', sentence: expect.stringMatching(reason) });
  });
});
