import { describe, expect, test } from 'vitest';
import { DeviceExperience } from './device-experience.ts';
import { countingEngine } from './testing/little-job.ts';

describe('experience with a device', () => {
  test('[DX1] a unit that did not fit is taken in twice as many passes', () => {
    const experience = new DeviceExperience();
    experience.lost(countingEngine(), 'The device has too little memory for a unit: out of memory.');
    expect(experience.learned).toEqual({ passes: { webgpu: 2 }, without: [] });
    experience.lost({ ...countingEngine(), passes: 2 }, 'Device lost: out of memory.');
    expect(experience.learned).toEqual({ passes: { webgpu: 4 }, without: [] });
  });

  test('[DX2] a backend that is lost twice without finishing anything is not tried again', () => {
    const experience = new DeviceExperience();
    experience.lost(countingEngine(), 'A driver failed.');
    experience.finished(countingEngine());
    experience.lost(countingEngine(), 'A driver failed.');
    expect(experience.learned.without).toEqual([]);
    experience.lost(countingEngine(), 'A driver failed.');
    const why = 'It was lost 2 times one after another: A driver failed.';
    expect(experience.learned.without).toEqual([{ backend: 'webgpu', why }]);
  });
});
