/** When whoever is sent away may come again. Volunteers add a random part of it, so that not all of them come at once. */

import type { Refusal } from '@manyhands/protocol';

/** Nothing where coming again would change nothing. */
export function comeBack(refusal: Refusal): { readonly retryAfterMs?: number } {
  const retryAfterMs = RETRY_AFTER_MS[refusal];
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}

const RETRY_AFTER_MS: Partial<Record<Refusal, number>> = {
  'server-full': 30_000,
  'address-full': 30_000,
  'server-stopping': 5_000,
};
