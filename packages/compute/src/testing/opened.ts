/** Engines on the plain cpu backend that end with the test that opened them. */

import { onTestFinished } from 'vitest';
import type { Engine, ModelProgram } from '../engine.ts';
import { openEngine } from '../open-engine.ts';
import { weightsOf } from './programs.ts';

/** An engine for the program, its weights set; a unit is taken in `passes`. */
export async function openOnCpu(
  program: ModelProgram,
  weights = weightsOf(program),
  passes = 1,
): Promise<Engine> {
  const experience = { passes: { 'tfjs-cpu': passes }, without: [] };
  const { engine } = await openEngine(program, { only: 'tfjs-cpu', experience });
  onTestFinished(() => engine.dispose());
  engine.setParams(weights.params, weights.state);
  return engine;
}
