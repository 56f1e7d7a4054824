import { expect, test } from 'vitest';
import { noteOnAudition, noteOnDevice, noteOnTrying } from './device-note.ts';
import { choiceOf } from './testing/little-job.ts';
import { CPU, GPU } from './testing/session-driver.ts';

test('[DN1] the fastest backend on a real device needs no words', () => {
  expect(noteOnDevice(choiceOf(GPU))).toBeUndefined();
});

test('[DN1] anything else says what runs, why, and what helps', () => {
  const passedOver = [
    { engine: 'jax-webgpu', why: 'WebGPU needs https; this page came over plain http.' },
  ] as const;
  const note = noteOnDevice({ ...choiceOf(CPU), software: true, passedOver });
  expect(note).toMatch(/^This device computes with plain JavaScript\. WebGPU needs https/);
  expect(note).toMatch(/--tls-cert/);
  expect(noteOnDevice({ ...choiceOf(GPU), software: true })).toMatch(/played by the processor/);
});

test('[DN2] whoever tries another engine says which, and what came of it', () => {
  expect(noteOnTrying('jax-wasm')).toBe('Trying whether WebAssembly (jax-js) is faster here.');
  expect(noteOnAudition('jax-wasm', 1, 'tfjs-cpu', 6.54)).toBe(
    'This device changed to WebAssembly (jax-js), which is 6.5 times as fast here as plain JavaScript (TF.js).',
  );
  expect(noteOnAudition('jax-webgpu', 31, 'jax-wasm', 1)).toBe(
    'This device stays with WebAssembly (jax-js): WebGPU (jax-js) was tried and takes 31 times as long here.',
  );
  expect(noteOnAudition('tfjs-wasm', 'It lacks a kernel.', 'tfjs-cpu', 1)).toBe(
    'This device stays with plain JavaScript (TF.js): WebAssembly (TF.js) was tried and failed. It lacks a kernel.',
  );
});
