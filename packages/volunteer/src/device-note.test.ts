import { expect, test } from 'vitest';
import { noteOnDevice } from './device-note.ts';
import { CPU, GPU } from './testing/session-driver.ts';

test('[DN1] the fastest backend on a real device needs no words', () => {
  expect(noteOnDevice({ device: GPU, software: false, passedOver: [] })).toBeUndefined();
});

test('[DN1] anything else says what runs, why, and what helps', () => {
  const passedOver = [
    { backend: 'webgpu', why: 'WebGPU needs https; this page came over plain http.' },
  ] as const;
  const note = noteOnDevice({ device: CPU, software: true, passedOver });
  expect(note).toMatch(/^This device computes with plain JavaScript\. WebGPU needs https/);
  expect(note).toMatch(/--tls-cert/);
  expect(noteOnDevice({ device: GPU, software: true, passedOver: [] })).toMatch(/played by the processor/);
});
