import { expect, test } from 'vitest';
import { openTrial } from './trial.ts';
import type { FromTrialWorker, ToTrialWorker } from './trial-message.ts';

/** A worker that the test plays. */
function played() {
  const heard: ToTrialWorker[] = [];
  const worker = { say: (_: FromTrialWorker) => {}, heard, ended: false };
  const start = (hear: (message: FromTrialWorker) => void) => {
    worker.say = hear;
    return {
      say: (message: ToTrialWorker) => void heard.push(message),
      end: () => {
        worker.ended = true;
      },
    };
  };
  return { worker, start };
}

const OPTIONS = { server: 'http://server', job: 'digits' };

test('[TM6] answers find their questions, in whatever order they come', async () => {
  const { worker, start } = played();
  const opening = openTrial(OPTIONS, start);
  worker.say({ type: 'opened' });
  const trial = await opening;
  const answers = [1, 2].map((value) => trial.predict(Float32Array.of(value)));
  expect(worker.heard.map(({ type }) => type)).toEqual(['open', 'predict', 'predict']);
  const answer = { outputs: Float32Array.of(2), step: 7, version: '1-7' };
  worker.say({ type: 'answer', question: 2, answer });
  worker.say({ type: 'answer', question: 1, answer: { failure: 'unreachable', sentence: 'No answer.' } });
  await expect(answers[1]).resolves.toEqual(answer);
  await expect(answers[0]).rejects.toThrow('No answer.');
});

test('[TM7] what cannot be opened, and what is closed, rejects with a sentence and ends the worker', async () => {
  const failing = played();
  const opening = openTrial(OPTIONS, failing.start);
  failing.worker.say({ type: 'not-opened', sentence: 'No backend can run this model.' });
  await expect(opening).rejects.toThrow('No backend can run this model.');
  expect(failing.worker.ended).toBe(true);

  const closing = played();
  const another = openTrial(OPTIONS, closing.start);
  closing.worker.say({ type: 'opened' });
  const trial = await another;
  const answer = trial.predict(Float32Array.of(1));
  trial.close();
  await expect(answer).rejects.toThrow('put away');
  expect(closing.worker.ended).toBe(true);
});
