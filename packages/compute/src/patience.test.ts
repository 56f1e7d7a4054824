import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Engine, Preparation } from './engine.ts';
import { openEngine } from './open-engine.ts';
import { withPatience } from './patience.ts';
import { mlp } from './testing/programs.ts';

const STEP: Preparation = { stage: 'kernels', done: 1, total: 2 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('withPatience', () => {
  test('[EN11] what says nothing for so long is given up in a sentence', async () => {
    const prepared = withPatience(
      'jax-webgpu',
      () => new Promise<Engine>(() => {}),
      () => {},
      180_000,
    );
    const outcome = expect(prepared).rejects.toThrow(
      'jax-webgpu did not get ready: nothing moved for 3 minutes.',
    );
    vi.advanceTimersByTime(180_000);
    await outcome;
  });

  test('[EN11] every word of progress gives it as much time again', async () => {
    let say = (_: Preparation) => {};
    let isOver = false;
    const heard: Preparation[] = [];
    const prepared = withPatience(
      'jax-webgpu',
      (report) => {
        say = report;
        return new Promise<Engine>(() => {});
      },
      (step) => heard.push(step),
      1_000,
    );
    const ended = prepared.catch(() => {
      isOver = true;
    });
    for (let word = 0; word < 5; word++) {
      vi.advanceTimersByTime(999);
      say(STEP);
    }
    await Promise.resolve();
    expect(isOver).toBe(false);
    vi.advanceTimersByTime(1_000);
    await ended;
    say(STEP);
    expect(heard).toHaveLength(5);
  });

  test('[EN11] an engine that gets ready after all is disposed', async () => {
    vi.useRealTimers();
    const { engine } = await openEngine(mlp(4, 2), { only: 'tfjs-cpu' });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let getReady = (_: Engine) => {};
    const prepared = withPatience(
      'jax-webgpu',
      () => new Promise((resolve) => (getReady = resolve)),
      () => {},
      1_000,
    );
    const outcome = expect(prepared).rejects.toThrow('jax-webgpu did not get ready');
    vi.advanceTimersByTime(1_000);
    await outcome;
    getReady(engine);
    await Promise.resolve();
    vi.useRealTimers();
    await expect(engine.predict(new Float32Array(784), 1)).rejects.toThrow('disposed');
  });
});
