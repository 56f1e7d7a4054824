/**
 * The admin token. It arrives in the fragment of the link that the server printed, which browsers never send; it is
 * taken out of the address at once, kept for this tab only, and leaves it in a header or a socket message, never in a query.
 */

const KEY = 'manyhands.token';

/** Where a browser denies storage, until the page closes. */
let heldHere: string | undefined;

export function adminToken(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get('token') ?? undefined;
  if (given !== undefined) {
    heldHere = given;
    history.replaceState(history.state, '', location.pathname + location.search);
  }
  try {
    if (given !== undefined) sessionStorage.setItem(KEY, given);
    return sessionStorage.getItem(KEY) ?? heldHere;
  } catch {
    return heldHere;
  }
}
