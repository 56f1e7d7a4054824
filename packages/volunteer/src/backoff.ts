/**
 * How long to wait before another attempt: twice as long each time, up to half a minute, and never exactly as long as
 * everybody else, or a restarted server would meet all its volunteers in the same instant ("equal jitter": half of the
 * wait is fixed, half is drawn; Brooker, "Exponential Backoff And Jitter", 2015).
 */

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/**
 * Milliseconds to wait after attempt number `attempt` (from 0) failed; `random` is in [0, 1). Whoever was told when to come again waits
 * for at least as long, and for up to half as long on top.
 */
export function backoffMs(attempt: number, random: number, atLeastMs = 0): number {
  const wholeMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return Math.max(atLeastMs, wholeMs / 2) + (Math.max(atLeastMs, wholeMs) / 2) * random;
}
