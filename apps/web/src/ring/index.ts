/** The ring without a framework, for pages that have none. */
export * from './drawing.ts';
export { lastRefused, type Refused } from './refused.ts';
export { type RingView, ringView, sentenceOf } from './tree.ts';
