/** Bytes under a name that holds their version never change. */
export const FOR_EVER = 'public, max-age=31536000, immutable';
/** Kept, and asked about every time. */
export const NO_CACHE = 'no-cache';
