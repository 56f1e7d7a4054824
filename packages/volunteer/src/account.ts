/** The browser's own pseudonym, under which its credit is kept: random, and told to nobody but the server. */

const KEY = 'manyhands.account';

/** 128 random bits in hex, the same in every visit; where the browser keeps nothing, new ones for this visit. */
export function accountOf(storage: () => Pick<Storage, 'getItem' | 'setItem'>): string {
  const fresh = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
      '',
    );
  try {
    // Reading `localStorage` itself throws where storage is denied.
    const kept = storage().getItem(KEY);
    if (kept !== null && /^[0-9a-f]{32}$/.test(kept)) return kept;
    const account = fresh();
    storage().setItem(KEY, account);
    return account;
  } catch {
    return fresh();
  }
}
