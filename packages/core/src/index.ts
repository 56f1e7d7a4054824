export * from './assert.ts';
export * from './contribution.ts';
export * from './params.ts';
export * from './reduction.ts';
export * from './work-unit.ts';
