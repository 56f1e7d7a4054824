/**
 * How fast engines compute a unit of each example, in workers of one browser on one adapter: the other library ÷ ours, and a model written by
 * hand for the same library ÷ ours. Each is timed twice, forwards and backwards through the list, so that a machine that warms up does so for all.
 */

import type { EngineName } from '@manyhands/compute';
import { openEngineClock, type Timed } from './engine-clock.ts';
import type { BareModel } from './engine-page/bare.ts';
import type { ClockAnswer } from './engine-page/clock.worker.ts';
import { type Measurement, median, ratio } from './measurement.ts';

const ON_WEBGPU: readonly EngineName[] = ['jax-webgpu', 'tfjs-webgpu'];
const ON_PROCESSOR: readonly EngineName[] = ['jax-wasm', 'tfjs-wasm', 'tfjs-cpu'];

export async function measureEngines(model: BareModel): Promise<readonly Measurement[]> {
  const { clock, close } = await openEngineClock(model);
  try {
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
    const answersOf = (engine: EngineName) =>
      things
        .filter((what) => 'engine' in what && what.engine === engine)
        .flatMap((what) => answers.get(what) ?? []);
    const issueMs = (engine: EngineName) => answersOf(engine).flatMap((answer) => answer.issueMs);
    const megabytes = (given: readonly ClockAnswer[]) =>
      Math.max(...given.map(({ deviceBytes }) => deviceBytes)) / 1e6;
    const byHand = things.flatMap((what) =>
      'bare' in what && what.on === 'webgpu' ? (answers.get(what) ?? []) : [],
    );
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
      {
        name: `engine.issue_ms.${model}`,
        value: median(issueMs('jax-webgpu')),
        unit: 'ms',
        higherIsBetter: false,
        note: `until a unit is in the hands of the adapter, whatever JavaScript and other processes do meanwhile; at least ${Math.min(...issueMs('jax-webgpu')).toFixed(1)} ms, TF.js ${median(issueMs('tfjs-webgpu')).toFixed(1)} ms${model === 'gpt' ? '; reach ≤ 4' : ''}`,
      },
      {
        name: `engine.device_mb.${model}`,
        value: megabytes(answersOf('jax-webgpu')),
        unit: 'MB',
        higherIsBetter: false,
        note: `most bytes of buffers on the adapter at once; by hand ${megabytes(byHand).toFixed(1)} MB, TF.js ${megabytes(answersOf('tfjs-webgpu')).toFixed(1)} MB`,
      },
    ];
  } finally {
    await close();
  }
}
