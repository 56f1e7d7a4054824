/** What this device does now, in a heading and a sentence: never a blank, and steady while work flickers by. */

import { unreachable } from '@manyhands/core';
import type { VolunteerPhase } from '@manyhands/volunteer';

export interface PhaseWords {
  readonly heading: string;
  readonly sentence: string;
  /** Parts done, while something is being prepared. */
  readonly progress?: { readonly done: number; readonly total: number };
}

const PREPARING = {
  program: 'Reading what the job is.',
  device: 'Waking the graphics processor.',
  model: 'Building the model.',
  kernels: 'Compiling the mathematics for this device. It is done once.',
  parameters: 'Fetching the newest parameters.',
} as const;

export function phaseWords(phase: VolunteerPhase, nowMs: number): PhaseWords {
  switch (phase.at) {
    case 'asking':
      return { heading: 'Not started', sentence: 'Nothing runs on this device.' };
    case 'connecting': {
      const wait = phase.retryAtMs === undefined ? 0 : Math.ceil((phase.retryAtMs - nowMs) / 1000);
      const why = phase.why === undefined ? '' : `${phase.why} `;
      if (wait > 0)
        return { heading: 'Waiting for the server', sentence: `${why}Trying again in ${wait} s.` };
      return { heading: 'Connecting', sentence: `${why}Reaching the server.` };
    }
    case 'preparing':
      return {
        heading: 'Getting ready',
        sentence: PREPARING[phase.what],
        progress: { done: phase.done, total: phase.total },
      };
    case 'waiting':
    case 'working':
      return { heading: 'Helping', sentence: 'This device computes its part of every step.' };
    case 'standing-by':
      return {
        heading: 'Waiting for its turn',
        sentence:
          'One kind of device at a time computes this job, so that it can be repeated to the last digit. This one starts by itself when its turn comes.',
      };
    case 'resting':
      // The pauses of a duty cycle are part of the work: a heading that flips ten times a second says nothing.
      if (phase.why === 'intensity') return phaseWords({ at: 'waiting' }, nowMs);
      return { heading: 'Resting', sentence: phase.sentence };
    case 'mirroring':
      return {
        heading: 'Helping in another tab',
        sentence:
          'Another tab of this browser works for this job. This one shows it, and takes over when that one closes.',
      };
    case 'refused':
      return { heading: 'Not accepted', sentence: phase.sentence };
    case 'stopped':
      return { heading: 'Stopped', sentence: 'Nothing runs on this device any more.' };
    case 'over':
      return { heading: 'Nothing left to do', sentence: OVER[phase.status] };
    case 'failed':
      return { heading: 'This device cannot help', sentence: phase.sentence };
    default:
      return unreachable(phase);
  }
}

const OVER = {
  paused: 'The job is paused. This device goes on by itself when it resumes.',
  stopped: 'The job was stopped by the person who runs it.',
  finished: 'The job is finished: the model is trained.',
} as const;
