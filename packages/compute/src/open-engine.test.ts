import { afterEach, describe, expect, test } from 'vitest';
import type { Preparation } from './engine.ts';
import { type OpenedEngine, openEngine } from './open-engine.ts';
import { convolution, dense, everything, layer, mlp, programOf, tokens } from './testing/programs.ts';

let opened: OpenedEngine | undefined;
afterEach(() => {
  opened?.engine.dispose();
  opened = undefined;
});

describe('openEngine', () => {
  test('[EN1] without a GPU the processor computes, and it is said why no adapter does', async () => {
    opened = await openEngine(mlp(4, 2));
    const { device, passedOver } = opened.choice;
    expect(device).toEqual({ engine: 'jax-js-0.1.25', backend: 'wasm', vendor: '', architecture: 'simd' });
    expect(passedOver).toEqual([{ engine: 'jax-webgpu', why: 'This browser has no WebGPU.' }]);
  });

  test('[EN8] what one engine does not have is left to the next, and it is told why', async () => {
    const program = programOf({
      layers: [
        layer('Cropping2D', 'cut', {
          cropping: [
            [1, 1],
            [1, 1],
          ],
          batch_input_shape: [null, 4, 4, 1],
        }),
        layer('Flatten', 'flat'),
        dense('out', 2, 'softmax'),
      ],
      params: [
        ['out/kernel', 4, 2],
        ['out/bias', 2],
      ],
    });
    opened = await openEngine(program);
    const { device, passedOver } = opened.choice;
    expect(device).toEqual({ engine: 'tfjs-4.22.0', backend: 'cpu', vendor: 'v8', architecture: '' });
    expect(passedOver.map(({ engine }) => engine)).toEqual([
      'jax-webgpu',
      'jax-wasm',
      'tfjs-wasm',
      'tfjs-webgpu',
      'tfjs-webgl',
    ]);
    expect(passedOver[1]!.why).toBe(
      "jax-js does not have the layer 'cut' (Cropping2D): it is of a kind that it does not have.",
    );
    for (const { why } of passedOver) expect(why).toMatch(/\.$/);
  });

  test('[EN2] preparation is told from the device to the kernels', async () => {
    const heard: Preparation[] = [];
    opened = await openEngine(mlp(4, 2), { only: 'tfjs-cpu', onPreparation: (step) => heard.push(step) });
    expect(heard.map(({ stage }) => stage)).toEqual([
      'device',
      'device',
      'model',
      'model',
      'kernels',
      'kernels',
    ]);
    expect(heard.at(-1)).toEqual({ stage: 'kernels', done: 1, total: 1 });
  });

  test('[EN3] a second engine in one worker is refused until the first is disposed', async () => {
    opened = await openEngine(mlp(4, 2), { only: 'tfjs-cpu' });
    await expect(openEngine(mlp(4, 2), { only: 'tfjs-cpu' })).rejects.toThrow('already open');
    opened.engine.dispose();
    opened = await openEngine(everything(), { only: 'tfjs-cpu' });
    expect(opened.engine.shape).toEqual({ params: 30 + 6 + 545, state: 6 });
  });

  test('[EN4] a layer without a gradient is refused by name', async () => {
    const dilated = programOf({
      layers: [
        convolution('wide', 2, { batch_input_shape: [null, 8, 8, 1], dilation_rate: [2, 2] }),
        layer('Flatten', 'flat'),
        dense('out', 2, 'softmax'),
      ],
      params: [
        ['wide/kernel', 3, 3, 1, 2],
        ['wide/bias', 2],
        ['out/kernel', 128, 2],
        ['out/bias', 2],
      ],
    });
    await expect(openEngine(dilated)).rejects.toThrow(/'wide' \(Conv2D\) cannot be trained.*dilation/s);
  });

  test.each([
    ['GaussianNoise', { stddev: 0.1 }, /random numbers/],
    ['LSTM', { units: 2, recurrent_dropout: 0.5 }, /dropout of its own/],
    ['LSTM', { units: 2, stateful: true }, /keeps state/],
    ['Dense', { units: 2, kernel_constraint: { class_name: 'NonNeg', config: {} } }, /kernelConstraint/],
  ])(
    '[EN5] a layer that depends on where it runs is refused by name: %s %j',
    async (className, config, why) => {
      const program = programOf({
        layers: [layer(className, 'culprit', { batch_input_shape: [4, 3, 2], ...config })],
        params: [],
      });
      const refusal = openEngine(program, { only: 'tfjs-cpu' });
      await expect(refusal).rejects.toThrow(/'culprit'/);
      await expect(refusal).rejects.toThrow(why);
    },
  );

  test('[EN5] a constraint, which no optimizer here applies, is refused by the other library too', async () => {
    const constrained = {
      kernel_constraint: { class_name: 'NonNeg', config: {} },
      batch_input_shape: [null, 3],
    };
    const program = programOf({
      layers: [dense('culprit', 2, 'softmax', constrained)],
      params: [
        ['culprit/kernel', 3, 2],
        ['culprit/bias', 2],
      ],
    });
    await expect(openEngine(program, { only: 'jax-wasm' })).rejects.toThrow(/'culprit'.*kernel_constraint/);
  });

  test('[EN6] a layout that does not fit the model is refused with both shapes', async () => {
    const program = { ...mlp(4, 2), params: mlp(5, 2).params };
    await expect(openEngine(program, { only: 'tfjs-cpu' })).rejects.toThrow(/\[784,5\].*\[784,4\]/);
  });

  test('[EN7] a topology that is no model is refused in a sentence', async () => {
    for (const topology of [null, 3, {}, { class_name: 'Nonsense', config: {} }]) {
      await expect(openEngine({ ...mlp(4, 2), topology }, { only: 'tfjs-cpu' })).rejects.toThrow(
        /topology cannot be read/,
      );
    }
  });

  test('[EN9] samples that do not fit are refused before they reach a device', async () => {
    opened = await openEngine(tokens(2), { only: 'tfjs-cpu' });
    const { engine } = opened;
    const batch = { inputs: new Float32Array(6), targets: new Float32Array(2), ids: new Uint32Array(2) };
    const gradient = (changed: Partial<typeof batch>) =>
      engine.gradient({ ...batch, ...changed }, { first: 0, count: 1 }, 4, 0);
    await expect(gradient({})).resolves.toHaveLength(44 + 8 + 2 + 2);
    await expect(gradient({ inputs: new Float32Array(5) })).rejects.toThrow(
      'Expected 6 numbers of inputs, got 5.',
    );
    await expect(gradient({ ids: new Uint32Array(3) })).rejects.toThrow(
      'Expected 2 numbers of sample ids, got 3.',
    );
    await expect(gradient({ inputs: Float32Array.of(0, 1, 2, 3, 4, 11) })).rejects.toThrow(
      'The input 11 at 5',
    );
    await expect(gradient({ targets: Float32Array.of(0, 2) })).rejects.toThrow('no class number from 0 to 1');
    await expect(gradient({ targets: Float32Array.of(0, 0.5) })).rejects.toThrow('no class number');
    await expect(engine.gradient(batch, { first: 1, count: 2 }, 4, 0)).rejects.toThrow(
      'no block of the tree',
    );
    expect(() => engine.setParams(new Float32Array(1), new Float32Array(0))).toThrow('Expected 54 numbers');
  });

  test('[EN10] a disposed engine says so', async () => {
    opened = await openEngine(mlp(4, 2), { only: 'tfjs-cpu' });
    opened.engine.dispose();
    await expect(opened.engine.predict(new Float32Array(784), 1)).rejects.toThrow('disposed');
  });
});
