export function hasConsent(job: string, site: string): boolean {
  return localStorage.getItem(`c/${job}/${site}`) === 'yes';
}
export function rememberConsent(job: string, site: string): void {
  localStorage.setItem(`c/${job}/${site}`, 'yes');
}
export function forgetConsent(job: string, site: string): void {
  localStorage.removeItem(`c/${job}/${site}`);
}
