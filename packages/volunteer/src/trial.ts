/** Trying the model: the newest parameters, fetched from the server, answer on the person's own device. */

import type { FromTrialWorker, ToTrialWorker } from './trial-message.ts';

export interface Trial {
  /** Outputs for one input (row-major, as the model wants it), and the step of the parameters that answered. */
  predict(
    input: Float32Array,
  ): Promise<{ readonly outputs: Float32Array; readonly step: number; readonly version: string }>;
  close(): void;
}

export interface TrialOptions {
  readonly server: string;
  readonly job: string;
  /** `what` is a phrase for a person. */
  readonly onPreparation?: (what: string, done: number, total: number) => void;
}

/** Resolves when the model is loaded; rejects with an Error whose message is one sentence for a person. */
export function openTrial(options: TrialOptions, startWorker = startTrialWorker): Promise<Trial> {
  return new Promise((resolve, reject) => {
    const asked = new Map<number, Question>();
    let questions = 0;

    const worker = startWorker((message) => {
      switch (message.type) {
        case 'preparing':
          return options.onPreparation?.(PHRASE[message.what], message.done, message.total);
        case 'opened':
          return resolve({ predict, close: () => giveUp('The model was put away.') });
        case 'not-opened':
          return giveUp(message.sentence);
        case 'answer': {
          const question = asked.get(message.question);
          asked.delete(message.question);
          const { answer } = message;
          return 'failure' in answer
            ? question?.reject(new Error(answer.sentence))
            : question?.resolve(answer);
        }
      }
    });

    function predict(input: Float32Array): Promise<Prediction> {
      return new Promise((resolveIt, rejectIt) => {
        asked.set(++questions, { resolve: resolveIt, reject: rejectIt });
        worker.say({ type: 'predict', question: questions, input });
      });
    }

    function giveUp(sentence: string): void {
      worker.end();
      reject(new Error(sentence));
      for (const question of asked.values()) question.reject(new Error(sentence));
      asked.clear();
    }

    worker.say({ type: 'open', server: options.server, job: options.job });
  });
}

interface Question {
  resolve(prediction: Prediction): void;
  reject(reason: Error): void;
}

type Prediction = Awaited<ReturnType<Trial['predict']>>;

interface TrialWorkerEnd {
  say(message: ToTrialWorker): void;
  end(): void;
}

function startTrialWorker(hear: (message: FromTrialWorker) => void): TrialWorkerEnd {
  const worker = new Worker(new URL('./trial-worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<FromTrialWorker>) => hear(data);
  worker.onerror = ({ message }) => {
    const what = message === '' || message === undefined ? 'it could not be loaded' : message;
    hear({ type: 'not-opened', sentence: `The worker of this page does not run: ${what}. Reload the page.` });
  };
  return { say: (message) => worker.postMessage(message), end: () => worker.terminate() };
}

const PHRASE: Readonly<Record<Extract<FromTrialWorker, { type: 'preparing' }>['what'], string>> = {
  program: 'Fetching the model',
  parameters: 'Fetching what it has learned',
  device: 'Waking the device',
  model: 'Building the model',
  kernels: 'Making it fast on this device',
};
