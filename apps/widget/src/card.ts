/** The card as elements: made once, told what to show. It decides nothing. */

import type { JobView } from '@manyhands/protocol';
import { drawRing, type RingView, sentenceOf } from '@manyhands/web/ring';
import type { CardWords } from './words.ts';

export interface Card {
  /** Where the yes is pressed: what must be seen. */
  readonly button: HTMLButtonElement;
  readonly intensity: HTMLInputElement;
  show(words: CardWords): void;
  /** Whether the yes can be pressed: only a button that is seen takes it. */
  showSeen(seen: boolean): void;
  showJob(job: JobView, joinPage: string): void;
  showRing(view: RingView, volunteers: number): void;
  /** An answer of this volunteer was refused. */
  notch(volunteer: number): void;
  /** Samples a second, or undefined until measured; part of the device's time, 0.1 … 1. */
  showWork(samplesPerSecond: number | undefined, intensity: number): void;
}

const BUTTON = { yes: 'Yes, help with this device', stop: 'Stop', again: 'Try again', none: '' } as const;

export function makeCard(root: HTMLElement): Card {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '-100 -100 200 200');
  svg.setAttribute('class', 'ring');
  svg.setAttribute('role', 'img');
  const ring = drawRing(svg, { gap: 5, grain: false, label: false });

  const title = make('h1', 'title', 'One moment');
  const sentence = make('p', 'sentence', 'Reaching the server.');
  sentence.setAttribute('role', 'status');
  const words = make('div', 'words');
  words.append(title, sentence);
  const head = make('div', 'head');
  head.append(svg, words);

  const button = make('button', '', '');
  button.type = 'button';
  button.hidden = true;
  const more = make('a', 'more', 'What runs, what is sent?');
  more.target = '_blank';
  more.rel = 'noopener';
  more.hidden = true;

  const intensity = make('input', '');
  intensity.type = 'range';
  intensity.min = '10';
  intensity.max = '100';
  intensity.step = '5';
  const percent = make('output', '');
  const name = make('span', '', 'How hard');
  name.append(percent);
  const label = make('label', 'intensity');
  label.append(name, intensity);
  const number = make('strong', '', '–');
  const speed = make('p', 'speed');
  speed.append(number, ' ', make('span', 'unit', 'samples/s, over 10 s'));
  const work = make('div', 'work');
  work.hidden = true;
  work.append(speed, label);

  const foot = make('div', 'foot');
  const durable = make('p', 'durable');
  // As high as it will be, so that nothing moves on the page around it when the server is heard.
  foot.classList.add('place');
  foot.append(button, more, durable);
  root.replaceChildren(head, work, foot);

  let seen = false;
  const offer = () => {
    // It keeps the focus and says why when it is pressed, which a disabled button would not.
    if (button.className === 'primary' && !seen) button.setAttribute('aria-disabled', 'true');
    else button.removeAttribute('aria-disabled');
  };

  return {
    button,
    intensity,
    show(words) {
      foot.classList.remove('place');
      text(sentence, words.sentence);
      text(button, BUTTON[words.button]);
      button.hidden = words.button === 'none';
      button.className = words.button === 'stop' ? '' : 'primary';
      offer();
      more.hidden = words.works || more.href === '';
      work.hidden = !words.works;
    },
    showSeen(now) {
      seen = now;
      offer();
    },
    showJob(job, joinPage) {
      text(title, job.about.title);
      more.href = joinPage;
      text(durable, durableWords(job));
      durable.title = job.durable === null ? '' : `SHA-256 ${job.durable.paramsSha256}`;
    },
    showRing(view, volunteers) {
      ring.show(view);
      svg.setAttribute('aria-label', sentenceOf(view, volunteers));
    },
    notch: ring.notch,
    showWork(samplesPerSecond, part) {
      const figure = samplesPerSecond === undefined ? '–' : Math.round(samplesPerSecond).toLocaleString('en');
      text(number, figure);
      text(percent, `${Math.round(part * 100)} %`);
      if (document.activeElement !== intensity) intensity.value = String(Math.round(part * 100));
    },
  };
}

/** What survives a crash, by the beginning of its bytes' name, in one line; all of it on hover. */
function durableWords({ durable }: JobView): string {
  if (durable === null) return 'Nothing is durable yet.';
  const { step, paramsSha256 } = durable;
  return `Durable at step ${step.toLocaleString('en')}: ${paramsSha256.slice(0, 12)}…`;
}

function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  content = '',
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  if (content !== '') element.textContent = content;
  return element;
}

/** A screen reader speaks what changed, so nothing is written twice. */
function text(element: Element, content: string): void {
  if (element.textContent !== content) element.textContent = content;
}
