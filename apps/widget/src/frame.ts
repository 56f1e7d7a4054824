/**
 * The framed page: a small ring, one sentence, one button. Until a person has said yes it holds this script and one
 * style sheet, asks the server now and then how the job is, and computes nothing. The yes is a real click on a button
 * that can be seen whole; it holds for the site that shows the frame, and stop takes it back.
 */

import { type JobView, type Problem, ROUTES } from '@manyhands/protocol';
import type { VolunteerPhase } from '@manyhands/volunteer';
import { ringView } from '@manyhands/web/ring';
import { makeCard } from './card.ts';
import { forgetConsent, hasConsent, rememberConsent } from './consent.ts';
import type { FrameMessage } from './message.ts';
import { watchSeen } from './seen.ts';
import { hostSite } from './site.ts';
import { askingWords, type CardWords, workingWords } from './words.ts';
import type { Work } from './work.ts';
import '@manyhands/web/tokens.css';
import '@manyhands/web/ring.css';
import './frame.css';

const ASK_EVERY_MS = 10_000;

const job = decodeURIComponent(location.pathname.split('/').at(-1) ?? '');
const theme = new URLSearchParams(location.search).get('theme');
if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;

const root = document.getElementById('card')!;
const card = makeCard(root);
const seen = watchSeen(card.button, () => card.showSeen(seen.now()));
const site = hostSite();

let view: JobView | undefined;
let work: Promise<Work> | undefined;
/** What stands on the card. Its button does what it says, whichever tab or server made it say so. */
let said: CardWords | undefined;
/** The refusal that the ring has shown. */
let notched: number | undefined;
/** Of the volunteer, when it last spoke. */
let phase: VolunteerPhase | undefined;

card.button.addEventListener('click', async (event) => {
  if (!event.isTrusted) return;
  if (said?.button === 'stop') return stop();
  if (!seen.now()) {
    return say({ sentence: 'Press again when all of this button can be seen.', button: 'yes', works: false });
  }
  if (site !== undefined) rememberConsent(job, site);
  await begin();
});
card.intensity.addEventListener('input', async () => {
  const intensity = Number(card.intensity.value) / 100;
  (await work)?.setIntensity(intensity);
});
new ResizeObserver(() => {
  const message: FrameMessage = { manyhandsHeight: root.getBoundingClientRect().height };
  // Whoever shows the frame may know how high it is.
  parent.postMessage(message, '*');
}).observe(root);

await ask();
setInterval(() => {
  if (work === undefined && document.visibilityState === 'visible') void ask();
}, ASK_EVERY_MS);
if (view !== undefined && askingWords(view).button === 'yes' && site !== undefined && hasConsent(job, site)) {
  await begin();
}

function say(words: CardWords): void {
  said = words;
  card.show(words);
}

/** Asks the server how the job is, while nothing else tells. */
async function ask(): Promise<void> {
  try {
    const response = await fetch(ROUTES.job(job));
    if (!response.ok) {
      const { sentence } = (await response.json()) as Problem;
      return say({ sentence, button: 'none', works: false });
    }
    view = (await response.json()) as JobView;
    card.showJob(view, ROUTES.joinPage(job));
    if (work !== undefined) return;
    card.showRing(ringView({ job: view, round: null }), view.volunteers.connected);
    say(askingWords(view));
  } catch {
    const sentence = 'The server does not answer. It is asked again by itself.';
    say({ sentence, button: 'none', works: false });
  }
}

async function begin(): Promise<void> {
  say(workingWords({ at: 'connecting', attempt: 1 }));
  card.showWork(undefined, 0.5);
  if (work !== undefined) return (await work).consent();
  work = import('./work.ts').then(({ beginWork }) =>
    beginWork(job, (mirror, live, refused) => {
      const mine = mirror.phase.at === 'stopped' ? undefined : mirror.volunteer;
      if (live !== undefined) card.showJob(live.job, ROUTES.joinPage(job));
      card.showRing(ringView(live, mine), live?.job.volunteers.connected ?? 0);
      if (refused !== undefined && refused.at !== notched) card.notch(refused.volunteer);
      notched = refused?.at;
      card.showWork(mirror.samplesPerSecond, mirror.intensity);
      // What does not change keeps quiet, so that a word about the button stays until it has been read.
      if (mirror.phase !== phase) say(workingWords(mirror.phase));
      phase = mirror.phase;
    }),
  );
  try {
    await work;
  } catch {
    work = undefined;
    say({ sentence: 'The server does not answer. Try again in a moment.', button: 'again', works: false });
  }
}

async function stop(): Promise<void> {
  if (site !== undefined) forgetConsent(job, site);
  say(workingWords({ at: 'stopped' }));
  (await work)?.stop();
}
