export * from './ring/index.ts';
