/** The page of the solo trainer: whoever drives the browser calls `trainAlone` and gets what the worker found. */

import type { SoloAnswer, SoloQuestion, SoloResult } from './solo.worker.ts';

declare global {
  interface Window {
    trainAlone(question: SoloQuestion): Promise<SoloResult>;
  }
}

window.trainAlone = (question) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./solo.worker.ts', import.meta.url), { type: 'module' });
    const end = () => worker.terminate();
    worker.onerror = ({ message }) => {
      end();
      reject(new Error(message));
    };
    worker.onmessage = ({ data }: MessageEvent<SoloAnswer>) => {
      end();
      if (data.done) resolve(data.result);
      else reject(new Error(data.sentence));
    };
    worker.postMessage(question);
  });
