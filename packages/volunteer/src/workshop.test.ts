import { EngineError, type Experience } from '@manyhands/compute';
import { expect, test } from 'vitest';
import { isFailure } from './failure.ts';
import { countingEngine, littleDownload } from './testing/little-job.ts';
import { Workshop } from './workshop.ts';

test('[DX3] a lease that does not fit goes back, and the next engine takes units in more passes', async () => {
  const heard: Experience[] = [];
  const lost: string[] = [];
  const workshop = new Workshop(
    'http://server',
    'little',
    {
      download: littleDownload(),
      now: () => 0,
      async openEngine(_program, _report, experience) {
        heard.push(structuredClone(experience));
        const engine = countingEngine();
        engine.gradient = async () => {
          throw new EngineError('memory', 'This device has too little memory.');
        };
        return { engine, choice: { device: engine.device, software: false, passedOver: [] } };
      },
    },
    (sentence) => lost.push(sentence),
  );
  const version = { incarnation: 1, step: 5 };
  const lease = { id: 1, kind: 'train', version, run: { first: 0, count: 1 }, arrivedAtMs: 0, deadlineMs: 1 };
  await workshop.prepare(() => {});
  const parameters = await workshop.fetchParameters(version);
  if (isFailure(parameters)) throw new Error(parameters.sentence);
  workshop.hold(parameters);
  expect(await workshop.compute(lease as Parameters<Workshop['compute']>[0])).toBeUndefined();
  expect(lost).toEqual(['This device has too little memory.']);
  await workshop.prepare(() => {});
  expect(heard.map(({ passes }) => passes)).toEqual([{}, { webgpu: 2 }]);
});
