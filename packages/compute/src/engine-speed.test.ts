import { expect, test } from 'vitest';
import { ENGINE_NAMES, type EngineName, enginesHere, type Surroundings } from './engine-choice.ts';
import { fastestFirst, predictSpeed, speedsBeside } from './engine-speed.ts';

const known = (speeds: Partial<Record<EngineName, number>>) =>
  new Map(Object.entries(speeds)) as ReadonlyMap<EngineName, number>;

test('[ES1] engines of which nothing is known are tried in the order of judgement', () => {
  expect(fastestFirst(ENGINE_NAMES, 'processor', known({}))).toEqual(ENGINE_NAMES);
});

test('[ES2] what is known is believed, and puts the rest to its scale', () => {
  expect(predictSpeed('tfjs-cpu', 'processor', known({ 'tfjs-cpu': 7 }))).toBe(7);
  expect(predictSpeed('jax-wasm', 'processor', known({ 'tfjs-cpu': 13 }))).toBe(1);
  const order = fastestFirst(
    ['jax-wasm', 'tfjs-wasm', 'tfjs-cpu'],
    'processor',
    known({ 'jax-wasm': 90, 'tfjs-cpu': 13 }),
  );
  expect(order).toEqual(['tfjs-cpu', 'jax-wasm', 'tfjs-wasm']);
});

test('[ES3] the engine that was measured here is the scale of those of which nothing is known, and of no others', () => {
  const measured = { engine: 'tfjs-cpu', secondsPerSample: 26 } as const;
  const told = known({ 'tfjs-cpu': 1e-6, 'tfjs-wasm': 3 });
  expect(predictSpeed('tfjs-cpu', 'processor', told, measured)).toBe(26);
  expect(predictSpeed('jax-wasm', 'processor', told, measured)).toBe(2);
  expect(predictSpeed('tfjs-wasm', 'processor', told, measured)).toBe(3);
});

test('[ES4] a speed is of one adapter, and of two of an engine the later counts', () => {
  const speed = (adapter: string, secondsPerSample: number) =>
    ({ adapter, engine: 'jax-wasm', secondsPerSample }) as const;
  const speeds = [speed('one', 1), speed('one', 2), speed('another', 3)];
  expect(speedsBeside('one', speeds)).toEqual(known({ 'jax-wasm': 2 }));
});

test('[ES5] a device is known by its graphics adapter, without one by its processor, and what it lacks is not tried', async () => {
  const requestAdapter = async () => ({ info: ADAPTER }) as GPUAdapter;
  const here = { navigator: { gpu: { requestAdapter } }, WebAssembly } as Surroundings;
  expect(await enginesHere([], here)).toMatchObject({
    adapter: 'apple metal-3',
    setting: 'adapter',
    usable: ['jax-webgpu', 'jax-wasm', 'tfjs-webgpu', 'tfjs-wasm', 'tfjs-cpu'],
  });
  const slow = [{ adapter: 'apple metal-3', engine: 'jax-webgpu', secondsPerSample: 9 }] as const;
  const fast = [{ adapter: 'apple metal-3', engine: 'tfjs-cpu', secondsPerSample: 1 }] as const;
  const { order } = await enginesHere([...slow, ...fast], here);
  expect(order[0]).toBe('tfjs-cpu');
  expect(await enginesHere([], { WebAssembly })).toMatchObject({ adapter: 'v8', setting: 'processor' });
});

const ADAPTER = { vendor: 'apple', architecture: 'metal-3', description: '' } as GPUAdapterInfo;
