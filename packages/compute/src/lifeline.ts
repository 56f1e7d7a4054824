/**
 * The sign of life of a worker: a Web Lock that it holds for as long as it lives. A worker that runs out of memory, or whose
 * process is killed, ends without an event, but its locks are let go of; one that is merely busy, for however long, keeps
 * them, as no answer to a ping would tell. Who starts a worker names the lock, and waits for it once the worker has it.
 */

/** Takes the lock for the rest of this worker's life; `held` is called when nobody else can get it any more. */
export function holdLifeline(name: string, held: () => void): void {
  locks()
    ?.request(name, () => {
      held();
      return new Promise(() => {});
    })
    // A frame on another site may be denied locks as it is denied storage: it works on without this sign.
    .catch(() => {});
}

/** Calls `mourn` when the worker that holds the lock is dead, unless `signal` ends the wait. */
export function awaitDeath(name: string, signal: AbortSignal, mourn: () => void): void {
  // Rejects when the worker is ended by us, which is no death to be told.
  locks()
    ?.request(name, { signal }, mourn)
    .catch(() => {});
}

/** A name that no other worker has. */
export function nameLifeline(): string {
  return `manyhands worker ${Math.random()}`;
}

/** Undefined on insecure origins. */
function locks(): Pick<LockManager, 'request'> | undefined {
  return (navigator as Partial<Navigator>).locks;
}
