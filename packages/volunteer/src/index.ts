export * from './link.ts';
export * from './mirror.ts';
export * from './trial.ts';
