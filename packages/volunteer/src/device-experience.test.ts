import { EngineError } from '@manyhands/compute';
import { describe, expect, test } from 'vitest';
import { DeviceExperience } from './device-experience.ts';
import { countingEngine } from './testing/little-job.ts';

describe('experience with a device', () => {
  test('[DX1] a unit that did not fit is taken in twice as many passes', () => {
    const experience = new DeviceExperience();
    experience.lost(countingEngine(), new EngineError('memory', 'Too little.'));
    expect(experience.learned).toEqual({ passes: { 'tfjs-webgpu': 2 }, without: [] });
    experience.lost({ ...countingEngine(), passes: 2 }, 'Device lost: out of memory.');
    expect(experience.learned).toEqual({ passes: { 'tfjs-webgpu': 4 }, without: [] });
  });

  test('[DX2] an engine that is lost twice without finishing anything is not tried again', () => {
    const experience = new DeviceExperience();
    experience.lost(countingEngine(), 'A driver failed.');
    experience.finished(countingEngine());
    experience.lost(countingEngine(), 'A driver failed.');
    expect(experience.learned.without).toEqual([]);
    experience.lost(countingEngine(), 'A driver failed.');
    const why = 'It failed 2 times one after another: A driver failed.';
    expect(experience.learned.without).toEqual([{ engine: 'tfjs-webgpu', why }]);
  });
});
