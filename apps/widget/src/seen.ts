/**
 * Whether a person can see the button that they press. A host page could lay something over the frame, or make it
 * transparent, and lead a click onto the yes. Intersection Observer 2 tells (`isVisible`: nothing covers, filters or
 * fades the element; w3c.github.io/IntersectionObserver/v2); where a browser lacks it, being on the screen must do.
 */

export interface Seen {
  /** True when the element was seen whole, without a break, for long enough to be read. */
  now(): boolean;
}

/** A click sooner than this after the button appeared was meant for something else. */
const LONG_ENOUGH_MS = 500;
/** Nearly whole: a browser rounds at the edges. */
const WHOLE = 0.95;

/** `changed` is called whenever `now()` may answer differently. */
export function watchSeen(element: Element, changed: () => void): Seen {
  let sinceMs: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const options: IntersectionObserverInit & { trackVisibility?: boolean; delay?: number } = {
    threshold: [0, WHOLE, 1],
    trackVisibility: true,
    delay: 100,
  };
  const observer = new IntersectionObserver((entries) => {
    const entry = entries.at(-1) as IntersectionObserverEntry & { readonly isVisible?: boolean };
    const whole = entry.intersectionRatio >= WHOLE && entry.isVisible !== false;
    sinceMs = whole ? (sinceMs ?? performance.now()) : undefined;
    clearTimeout(timer);
    timer = setTimeout(changed, whole ? LONG_ENOUGH_MS : 0);
  }, options);
  observer.observe(element);
  return {
    now: () =>
      document.visibilityState === 'visible' &&
      sinceMs !== undefined &&
      performance.now() - sinceMs >= LONG_ENOUGH_MS,
  };
}
