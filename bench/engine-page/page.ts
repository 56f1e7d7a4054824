/** The page on which engines are timed: whoever drives the browser calls `clockUnits`. */

import wasmPath from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import type { ClockAnswer, ClockQuestion } from './clock.worker.ts';

declare global {
  interface Window {
    clockUnits(question: Omit<ClockQuestion, 'wasmBase'>): Promise<ClockAnswer>;
  }
}

window.clockUnits = (question) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./clock.worker.ts', import.meta.url), { type: 'module' });
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.onmessage = ({ data }: MessageEvent<{ answer: ClockAnswer } | { sentence: string }>) => {
      worker.terminate();
      if ('answer' in data) resolve(data.answer);
      else reject(new Error(data.sentence));
    };
    worker.postMessage({ ...question, wasmBase: new URL('.', new URL(wasmPath, location.href)).href });
  });
