/**
 * How much is drawn. Where the processor plays the GPU, a frame that is drawn is taken from the work: nothing moves, pages
 * follow the job once a second and curves every other second. The tab that computes finds out, and the other pages of this
 * browser remember, because they share the processor with it.
 */

export type Motion = 'some' | 'none';

const KEY = 'manyhands.motion';

/** Milliseconds from one drawing of a page, or of a curve, to the next. */
const SPARING = { pageMs: 1_000, curveMs: 2_000 } as const;

export function drawEveryMs(part: keyof typeof SPARING): number {
  return motion() === 'none' ? SPARING[part] : 0;
}

/** True where nothing should move: because the device is busy, the person asked for it, or nobody looks. */
export function isStill(): boolean {
  return document.hidden || motion() === 'none' || matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Gives the page what another page of this browser has found; called once, before anything is drawn. */
export function applyMotion(): void {
  try {
    if (localStorage.getItem(KEY) === 'none') document.documentElement.dataset['motion'] = 'none';
  } catch {
    // A browser that denies storage draws as usual until this page computes.
  }
}

export function setMotion(wanted: Motion): void {
  if (motion() === wanted) return;
  document.documentElement.dataset['motion'] = wanted;
  try {
    localStorage.setItem(KEY, wanted);
  } catch {
    // It holds for this page at least.
  }
}

/** What this device should draw: a graphics processor has time for it, software that plays one has not. */
export function motionFor(device: { readonly backend: string; readonly architecture: string }): Motion {
  const { backend, architecture } = device;
  const played = backend === 'cpu' || backend === 'wasm' || /swiftshader|llvmpipe/i.test(architecture);
  return played ? 'none' : 'some';
}

function motion(): Motion {
  return document.documentElement.dataset['motion'] === 'none' ? 'none' : 'some';
}
