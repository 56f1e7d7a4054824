/** Time as the host sees it; a test may hand in one that stands still. */
export interface Clock {
  /** Never goes back; where it starts means nothing. */
  nowMs(): number;
  /** Milliseconds since 1970. */
  wallMs(): number;
  /** Calls until what it returns is called. */
  every(ms: number, call: () => void): () => void;
  /** Calls once, after the messages that have arrived were delivered. */
  soon(call: () => void): void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  every(ms, call) {
    const timer = setInterval(call, ms);
    return () => clearInterval(timer);
  },
  soon: (call) => void setImmediate(call),
};
