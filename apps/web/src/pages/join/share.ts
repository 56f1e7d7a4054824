/**
 * Passing a line on, the best way that a browser offers: its own sheet, the clipboard, or a field to copy from. On plain http
 * there is neither sheet nor clipboard, and either may refuse.
 */

/** What became of it; `by-hand` leaves it to the person. */
export type Shared = 'handed-on' | 'copied' | 'by-hand';

export interface SharingBrowser {
  readonly share?: Navigator['share'] | undefined;
  readonly clipboard?: Pick<Clipboard, 'writeText'> | undefined;
}

export async function share(text: string, url: string, browser: SharingBrowser): Promise<Shared> {
  try {
    if (browser.share !== undefined) {
      await browser.share({ text, url });
      return 'handed-on';
    }
  } catch (error) {
    // A person who closes the sheet has decided not to share: nothing went wrong.
    if ((error as DOMException).name === 'AbortError') return 'handed-on';
  }
  try {
    if (browser.clipboard !== undefined) {
      await browser.clipboard.writeText(`${text} ${url}`);
      return 'copied';
    }
  } catch {
    // Permission was denied.
  }
  return 'by-hand';
}
