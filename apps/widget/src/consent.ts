/**
 * The yes of a person, remembered for one job on one host site. Browsers keep what a frame stores apart for each site
 * that shows it, and some deny it storage altogether: then the yes holds until the page closes, and is asked for again.
 */

export function hasConsent(job: string, site: string): boolean {
  return attempt(() => localStorage.getItem(keyOf(job, site)) === 'yes') ?? false;
}

export function rememberConsent(job: string, site: string): void {
  attempt(() => localStorage.setItem(keyOf(job, site), 'yes'));
}

export function forgetConsent(job: string, site: string): void {
  attempt(() => localStorage.removeItem(keyOf(job, site)));
}

function keyOf(job: string, site: string): string {
  return `manyhands.consent ${job} ${site}`;
}

/** Reading `localStorage` itself throws where storage is denied. */
function attempt<Result>(access: () => Result): Result | undefined {
  try {
    return access();
  } catch {
    return undefined;
  }
}
