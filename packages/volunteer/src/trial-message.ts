/** What a page that tries the model and its worker say to each other. */

import type { Failure } from './failure.ts';
import type { Prediction } from './predictor.ts';

export type ToTrialWorker =
  | { readonly type: 'open'; readonly server: string; readonly job: string }
  | { readonly type: 'predict'; readonly question: number; readonly input: Float32Array };

export type FromTrialWorker =
  | {
      readonly type: 'preparing';
      readonly what: 'program' | 'device' | 'model' | 'kernels' | 'parameters';
      readonly done: number;
      readonly total: number;
    }
  | { readonly type: 'opened' }
  | { readonly type: 'not-opened'; readonly sentence: string }
  | { readonly type: 'answer'; readonly question: number; readonly answer: Prediction | Failure };
