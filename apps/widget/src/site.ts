/**
 * The site that shows this frame: the yes is asked for, and remembered, in its name. The browser is asked, not the
 * host page, which might name another. Where the browser keeps silent, nothing is remembered.
 */
export function hostSite(): string | undefined {
  const [ancestor] = location.ancestorOrigins ?? [];
  if (ancestor !== undefined) return ancestor === 'null' ? undefined : ancestor;
  try {
    return new URL(document.referrer).origin;
  } catch {
    return undefined;
  }
}
