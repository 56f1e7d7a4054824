/** What the card says, for every state it can be in: one heading, one sentence, and what the button does. */

import { unreachable } from '@manyhands/core';
import type { JobView } from '@manyhands/protocol';
import type { VolunteerPhase } from '@manyhands/volunteer';

export interface CardWords {
  readonly sentence: string;
  readonly button: 'yes' | 'stop' | 'again' | 'none';
  /** Intensity and number are shown. */
  readonly works: boolean;
}

/** Before the yes, and after a stop. */
export function askingWords(job: JobView): CardWords {
  if (job.status === 'finished') return ENDED.finished;
  if (!job.hosted || job.status === 'stopped') return ENDED.stopped;
  const others = job.volunteers.connected;
  const crowd = others === 0 ? 'Be the first.' : others === 1 ? 'One helps now.' : `${others} help now.`;
  return {
    sentence: `Visitors train this model for ${job.about.operator}. ${crowd}`,
    button: 'yes',
    works: false,
  };
}

/** After the yes. */
export function workingWords(phase: VolunteerPhase): CardWords {
  const works = (sentence: string): CardWords => ({ sentence, button: 'stop', works: true });
  switch (phase.at) {
    case 'asking':
    case 'stopped':
      return { sentence: 'Stopped. Nothing runs on this device.', button: 'yes', works: false };
    case 'connecting':
      return works(phase.why ?? 'Reaching the server.');
    case 'preparing':
      return works(
        phase.total > 1 ? `Getting ready, ${phase.done} of ${phase.total}.` : 'Getting ready on this device.',
      );
    case 'waiting':
    case 'working':
      return works('This device is helping.');
    case 'standing-by':
      return works('Another kind of device has its turn. This one goes on by itself.');
    case 'resting':
      return works(phase.why === 'intensity' ? 'This device is helping.' : phase.sentence);
    case 'mirroring':
      return works('Another tab of this browser is helping.');
    case 'over':
      return phase.status === 'paused'
        ? works('The job is paused. It goes on by itself.')
        : ENDED[phase.status];
    case 'refused':
    case 'failed':
      return { sentence: phase.sentence, button: 'again', works: false };
    default:
      return unreachable(phase);
  }
}

const ENDED = {
  finished: {
    sentence: 'This model is trained. Thank you to all who helped.',
    button: 'none',
    works: false,
  },
  stopped: {
    sentence: 'This run was ended before the model was trained. Thank you to all who helped.',
    button: 'none',
    works: false,
  },
} as const satisfies Record<string, CardWords>;
