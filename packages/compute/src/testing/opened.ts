/** Engines on the plain cpu backend that end with the test that opened them. */

import { onTestFinished } from 'vitest';
import type { Engine, ModelProgram } from '../engine.ts';
import { openEngine } from '../open-engine.ts';
import { weightsOf } from './programs.ts';

/** An engine for the program, its weights set. */
export async function openOnCpu(program: ModelProgram, weights = weightsOf(program)): Promise<Engine> {
  const { engine } = await openEngine(program, { backend: 'cpu' });
  onTestFinished(() => engine.dispose());
  engine.setParams(weights.params, weights.state);
  return engine;
}
