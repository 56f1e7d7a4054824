import { beforeEach, describe, expect, test } from 'vitest';
import type { Download } from './download.ts';
import { type Failure, isFailure } from './failure.ts';
import { openPredictor, type Predictor } from './predictor.ts';
import { NO_RESIDUALS } from './residual-store.ts';
import { countingEngines, littleDownload } from './testing/little-job.ts';

describe('trying the model', () => {
  let nowMs: number;
  let newest: string;
  let asked: string[];
  let shop: ReturnType<typeof countingEngines>;
  let download: Download;

  beforeEach(() => {
    nowMs = 0;
    newest = '1-5';
    asked = [];
    shop = countingEngines();
    const little = littleDownload();
    download = async (url, options) => {
      asked.push(new URL(url).pathname.replace('/api/jobs/little', '') || '/');
      if (!url.endsWith('/jobs/little')) return little(url, options);
      if (newest === 'down') return { failure: 'unreachable', sentence: 'No answer.' };
      return new TextEncoder().encode(JSON.stringify({ version: newest, status: 'running' }));
    };
  });

  const open = () =>
    openPredictor(
      'http://server',
      'little',
      { download, residuals: NO_RESIDUALS, now: () => nowMs, openEngine: shop.openEngine },
      () => {},
    );
  async function opened(): Promise<Predictor> {
    const predictor = await open();
    if (isFailure(predictor)) throw new Error(predictor.sentence);
    return predictor;
  }

  test('[TM1] the newest parameters answer, and say which they are', async () => {
    const predictor = await opened();
    expect(await predictor.predict(Float32Array.of(9, 8))).toEqual({
      outputs: Float32Array.of(5, 9),
      step: 5,
      version: '1-5',
    });
    expect(asked).toEqual(['/program', '/', '/params/1-5']);
  });

  test('[TM2] newer ones are asked for when a prediction is, and at most every two seconds', async () => {
    const predictor = await opened();
    newest = '1-6';
    nowMs = 1_999;
    expect(await predictor.predict(Float32Array.of(0, 0))).toMatchObject({ step: 5 });
    nowMs = 2_000;
    expect(await predictor.predict(Float32Array.of(0, 0))).toMatchObject({ step: 6 });
    nowMs = 4_000;
    expect(await predictor.predict(Float32Array.of(0, 0))).toMatchObject({ step: 6 });
    expect(asked).toEqual(['/program', '/', '/params/1-5', '/', '/params/1-6', '/']);
  });

  test('[TM3] a server that is gone leaves the parameters that are here', async () => {
    const predictor = await opened();
    newest = 'down';
    nowMs = 5_000;
    expect(await predictor.predict(Float32Array.of(0, 0))).toMatchObject({ step: 5 });
  });

  test('[TM3] and without any there is a sentence', async () => {
    newest = 'down';
    expect(await open()).toEqual<Failure>({ failure: 'unreachable', sentence: 'No answer.' });
    expect(shop.engines).toEqual([]);
  });

  test('[TM4] a lost device is replaced at the next question', async () => {
    const predictor = await opened();
    shop.engines[0]!.lose();
    await shop.engines[0]!.lost;
    expect(await predictor.predict(Float32Array.of(1, 0))).toMatchObject({ outputs: Float32Array.of(5, 1) });
    expect(shop.engines.map(({ disposed }) => disposed)).toEqual([true, false]);
  });

  test('[TM5] an input of another size is refused by its size', async () => {
    const predictor = await opened();
    expect(await predictor.predict(Float32Array.of(1))).toMatchObject({
      sentence: 'This model wants 2 numbers (2) and got 1.',
    });
  });
});
