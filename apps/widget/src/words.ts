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
  if (!job.hosted || job.status === 'finished' || job.status === 'stopped') {
    return { sentence: 'This model is trained. Thank you to all who helped.', button: 'none', works: false };
  }
  const others = job.volunteers.connected;
  const crowd = others === 0 ? 'Be the first.' : others === 1 ? 'One helps now.' : `${others} help now.`;
  return {
    sentence: `${sentenceCase(job.about.operator)} trains a model with the help of visitors. ${crowd}`,
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
    case 'resting':
      return works(phase.why === 'intensity' ? 'This device is helping.' : phase.sentence);
    case 'mirroring':
      return works('Another tab of this browser is helping.');
    case 'over':
      return phase.status === 'paused'
        ? works('The job is paused. It goes on by itself.')
        : { sentence: 'This model is trained. Thank you for helping.', button: 'none', works: false };
    case 'refused':
    case 'failed':
      return { sentence: phase.sentence, button: 'again', works: false };
    default:
      return unreachable(phase);
  }
}

function sentenceCase(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
