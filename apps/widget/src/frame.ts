/**
 * The framed page: a small ring, one sentence, one button. Until a person has said yes it holds this script and one
 * style sheet, asks the server now and then how the job is, and computes nothing. The yes is a real click on a button
 * that can be seen whole; it holds for the site that shows the frame, and stop takes it back.
 */

import { type JobView, type Problem, ROUTES } from '@manyhands/protocol';
import { ringView } from '@manyhands/web/ring';
import { makeCard } from './card.ts';
import { forgetConsent, hasConsent, rememberConsent } from './consent.ts';
import type { FrameMessage } from './message.ts';
import { watchSeen } from './seen.ts';
import { hostSite } from './site.ts';
import { askingWords, workingWords } from './words.ts';
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
let helping = false;

card.button.addEventListener('click', async (event) => {
  if (!event.isTrusted) return;
  if (helping) return stop();
  if (!seen.now()) {
    card.show({ sentence: 'Press again when all of this button can be seen.', button: 'yes', works: false });
    return;
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

/** Asks the server how the job is, while nothing else tells. */
async function ask(): Promise<void> {
  try {
    const response = await fetch(ROUTES.job(job));
    if (!response.ok) {
      const { sentence } = (await response.json()) as Problem;
      return card.show({ sentence, button: 'none', works: false });
    }
    view = (await response.json()) as JobView;
    card.showJob(view, ROUTES.joinPage(job));
    if (work !== undefined) return;
    card.showRing(ringView({ job: view, round: null }), view.volunteers.connected);
    card.show(askingWords(view));
  } catch {
    const sentence = 'The server does not answer. It is asked again by itself.';
    card.show({ sentence, button: 'none', works: false });
  }
}

async function begin(): Promise<void> {
  helping = true;
  card.show(workingWords({ at: 'connecting', attempt: 1 }));
  card.showWork(undefined, 0.5);
  if (work !== undefined) return (await work).consent();
  work = import('./work.ts').then(({ beginWork }) =>
    beginWork(job, (mirror, live) => {
      const mine = mirror.phase.at === 'stopped' ? undefined : mirror.volunteer;
      card.showRing(ringView(live, mine), live?.job.volunteers.connected ?? 0);
      card.showWork(mirror.samplesPerSecond, mirror.intensity);
      if (helping) card.show(workingWords(mirror.phase));
      if (mirror.phase.at === 'refused' || mirror.phase.at === 'failed') helping = false;
    }),
  );
  try {
    await work;
  } catch {
    work = undefined;
    helping = false;
    card.show({
      sentence: 'The server does not answer. Try again in a moment.',
      button: 'again',
      works: false,
    });
  }
}

async function stop(): Promise<void> {
  helping = false;
  if (site !== undefined) forgetConsent(job, site);
  card.show(workingWords({ at: 'stopped' }));
  (await work)?.stop();
}
