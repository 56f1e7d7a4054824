/**
 * How fast engines compute a unit of each example, in workers of one browser on one adapter: the other library ÷ ours, and a model written by
 * hand for the same library ÷ ours. Each is timed twice, forwards and backwards through the list, so that a machine that warms up does so for all.
 */

import type { EngineName } from '@manyhands/compute';
import { loadJob } from 'manyhands';
import { serveFolder } from '../e2e/served-folder.ts';
import { openUndrivenBrowser } from '../e2e/undriven-browser.ts';
import type { BareModel } from './engine-page/bare.ts';
import type { ClockAnswer, ClockQuestion } from './engine-page/clock.worker.ts';
import { type Measurement, median, ratio } from './measurement.ts';

const JOBS: Readonly<Record<BareModel, string>> = {
  mlp: 'examples/mnist/mlp',
  cnn: 'examples/mnist/cnn',
  gpt: 'examples/charlm',
};

type Timed = ClockQuestion['what'];

const ON_WEBGPU: readonly EngineName[] = ['jax-webgpu', 'tfjs-webgpu'];
const ON_PROCESSOR: readonly EngineName[] = ['jax-wasm', 'tfjs-wasm', 'tfjs-cpu'];

/** A unit takes from milliseconds to many seconds: of the slow ones a few tell as much. */
const UNITS: Readonly<Record<BareModel, number>> = { mlp: 15, cnn: 5, gpt: 1 };
/** Whoever takes longer than this is told as who cannot, and not asked again. */
const LIMIT_MS = 180_000;

export async function measureEngines(model: BareModel): Promise<readonly Measurement[]> {
  const browser = await openUndrivenBrowser();
  const pages = await serveFolder('dist/engine-page');
  try {
    const question = await questionOf(model);
    const clock = (what: Timed) =>
      browser.drive(async (context) => {
        const page = await context.newPage();
        await page.goto(pages.origin);
        page.setDefaultTimeout(LIMIT_MS);
        const answer = await page
          .waitForFunction((asked) => window.clockUnits(asked), { ...question, what })
          .then((handle) => handle.jsonValue());
        await page.close();
        return answer;
      });
    const things: readonly Timed[] = [
      ...[...ON_WEBGPU, ...ON_PROCESSOR].map((engine) => ({ engine })),
      { bare: model, on: 'webgpu' },
      { bare: model, on: 'wasm' },
    ];
    const answers = new Map<Timed, ClockAnswer[]>();
    const unable = new Set<Timed>();
    for (const what of [...things, ...[...things].reverse()]) {
      if (unable.has(what)) continue;
      const answer = await clock(what).catch((thrown: Error) => {
        // TF.js on WASM trains no convolutions; ours must.
        if ('engine' in what && what.engine.startsWith('tfjs')) return void unable.add(what);
        throw thrown;
      });
      if (answer !== undefined) answers.set(what, [...(answers.get(what) ?? []), answer]);
    }
    const unitMs = (what: Timed | undefined) =>
      median((answers.get(what!) ?? []).flatMap((answer) => answer.unitMs));
    const of = (engine: EngineName) =>
      unitMs(things.find((what) => 'engine' in what && what.engine === engine));
    const bare = (on: 'webgpu' | 'wasm') => unitMs(things.find((what) => 'bare' in what && what.on === on));
    const told = (...engines: readonly EngineName[]) =>
      engines
        .map((engine) =>
          Number.isFinite(of(engine)) ? `${engine} ${of(engine).toFixed(1)} ms` : `${engine} cannot`,
        )
        .join(', ');
    const theirs = Math.min(of('tfjs-wasm'), of('tfjs-cpu'));
    return [
      ratio(
        `engine.speedup.webgpu.${model}`,
        of('tfjs-webgpu') / of('jax-webgpu'),
        `${told(...ON_WEBGPU)} a unit${model === 'cnn' ? '' : '; reach ≥ 3'}`,
      ),
      ratio(
        `engine.speedup.nogpu.${model}`,
        theirs / of('jax-wasm'),
        `${told(...ON_PROCESSOR)} a unit; reach ≥ 3`,
      ),
      ratio(
        `engine.vs_bare.${model}`,
        bare('webgpu') / of('jax-webgpu'),
        `by hand on WebGPU ${bare('webgpu').toFixed(1)} ms; reach ≥ 0.95`,
      ),
      ratio(
        `engine.vs_bare.nogpu.${model}`,
        bare('wasm') / of('jax-wasm'),
        `by hand on WASM ${bare('wasm').toFixed(1)} ms`,
      ),
    ];
  } finally {
    await pages.close();
    await browser.close();
  }
}

async function questionOf(model: BareModel): Promise<Omit<ClockQuestion, 'what' | 'wasmBase'>> {
  const { job, program } = await loadJob(JOBS[model]);
  const isText = model === 'gpt';
  return {
    program: { ...program.model, seed: job.seed, unitSamples: job.batch.unitSamples },
    units: UNITS[model],
    input: isText ? { size: 64, tokens: 81 } : { size: 784 },
    target: isText ? { size: 64, classes: 81, oneHot: false } : { size: 1, classes: 10, oneHot: true },
  };
}
