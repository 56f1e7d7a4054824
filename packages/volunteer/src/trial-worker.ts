/** The dedicated worker that answers for the model, which computes in one of its own below this one. */

import { startEngine } from '@manyhands/compute';
import { ROUTES } from '@manyhands/protocol';
import { download } from './download.ts';
import { isFailure } from './failure.ts';
import { openPredictor, type Predictor } from './predictor.ts';
import { NO_RESIDUALS } from './residual-store.ts';
import type { FromTrialWorker, ToTrialWorker } from './trial-message.ts';
import { workerScope } from './worker-scope.ts';
import type { WorkshopPorts } from './workshop.ts';

const scope = workerScope<ToTrialWorker, FromTrialWorker>();
let predictor: Predictor | undefined;

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case 'open':
      return void open(data.server, data.job);
    case 'predict':
      return void predict(data.question, data.input);
  }
};

async function open(server: string, job: string): Promise<void> {
  const ports: WorkshopPorts = {
    download,
    residuals: NO_RESIDUALS,
    now: () => Date.now(),
    openEngine: (program, onPreparation, wishes) =>
      startEngine(program, { ...wishes, onPreparation, wasmBase: new URL(ROUTES.wasmFolder, server).href }),
  };
  const opened = await openPredictor(server, job, ports, (what, done, total) =>
    scope.postMessage({ type: 'preparing', what, done, total }),
  );
  if (isFailure(opened)) return scope.postMessage({ type: 'not-opened', sentence: opened.sentence });
  predictor = opened;
  scope.postMessage({ type: 'opened' });
}

async function predict(question: number, input: Float32Array): Promise<void> {
  const answer = await predictor?.predict(input);
  if (answer !== undefined) scope.postMessage({ type: 'answer', question, answer });
}
