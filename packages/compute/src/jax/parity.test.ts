/** The two libraries on the processor, in Node: jax-js on WASM against TF.js in plain JavaScript, and against no library at all. */

import { expect, onTestFinished, test, vi } from 'vitest';
import type { Engine, ModelProgram, SampleBatch } from '../engine.ts';
import type { EngineName } from '../engine-choice.ts';
import { openEngine } from '../open-engine.ts';
import { largestError } from '../testing/largest-error.ts';
import { PARITY_CASES } from '../testing/parity/index.ts';
import { BORDERED_CASES } from '../testing/parity/space.ts';
import { weightsOf } from '../testing/programs.ts';

const UNITS = 2;

// Each of two libraries compiles every model anew.
vi.setConfig({ testTimeout: 60_000 });

test.each(PARITY_CASES)(
  '[PY1] gradient, state, loss and metric are those of TF.js: $name',
  async ({ build }) => {
    const { program, batch } = await build();
    const ours = await answers('jax-wasm', program, batch);
    const theirs = await answers('tfjs-cpu', program, batch);
    expect(largestError(ours.gradient, theirs.gradient, program)).toBeLessThan(1e-5);
    expect(ours.scores.lossSum).toBeCloseTo(theirs.scores.lossSum, 4);
    expect(ours.scores.metricSum).toBeCloseTo(theirs.scores.metricSum, 4);
    const apart = ours.outputs.map((x, i) => Math.abs(x - theirs.outputs[i]!));
    expect(Math.max(...apart)).toBeLessThan(1e-5);
  },
);

test.each([...PARITY_CASES, ...BORDERED_CASES])(
  '[PY2] the gradient is the slope of the loss: $name',
  async ({ build }) => {
    const { program, batch } = await build();
    const engine = await open('jax-wasm', program);
    const { params, state } = weightsOf(program);
    const at = async (index: number, shift: number) => {
      engine.setParams(params.with(index, params[index]! + shift), state);
      return engine.gradient(batch, { first: 0, count: UNITS }, UNITS, 3);
    };
    const gradient = await at(0, 0);
    const largest = Math.max(...gradient.subarray(0, params.length).map(Math.abs));
    for (let i = 0; i < 6; i++) {
      const index = Math.floor(((i + 0.5) / 6) * params.length);
      const [above, below] = [await at(index, STEP), await at(index, -STEP)];
      const slope = (above.at(-2)! - below.at(-2)!) / (2 * STEP);
      expect(Math.abs(slope - gradient[index]!)).toBeLessThan(0.05 * largest + 2e-3);
    }
  },
);

/** Small against the curvature, large against the rounding of a summed loss. */
const STEP = 5e-3;

async function answers(only: EngineName, program: ModelProgram, batch: SampleBatch) {
  const engine = await open(only, program);
  const { params, state } = weightsOf(program);
  engine.setParams(params, state);
  const gradient = await engine.gradient(batch, { first: 0, count: UNITS }, UNITS, 3);
  const scores = await engine.evaluate(batch);
  const outputs = await engine.predict(batch.inputs, batch.ids.length);
  engine.dispose();
  return { gradient, scores, outputs };
}

async function open(only: EngineName, program: ModelProgram): Promise<Engine> {
  const { engine } = await openEngine(program, { only });
  onTestFinished(() => engine.dispose());
  return engine;
}
