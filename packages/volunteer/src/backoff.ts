/**
 * How long to wait before another attempt: twice as long each time, up to half a minute, and never exactly as long as
 * everybody else, or a restarted server would meet all its volunteers in the same instant ("equal jitter": half of the
 * wait is fixed, half is drawn; Brooker, "Exponential Backoff And Jitter", 2015).
 */

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** Milliseconds to wait after attempt number `attempt` (from 0) failed; `random` is in [0, 1). */
export function backoffMs(attempt: number, random: number): number {
  const wholeMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return wholeMs / 2 + (wholeMs / 2) * random;
}
