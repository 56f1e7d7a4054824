/** The ring without a framework, for pages that have none. */
export * from './drawing.ts';
export { sentenceOf } from './tree.ts';
