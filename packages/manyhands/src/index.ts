export {
  type ArraysOptions,
  arrays,
  type CsvOptions,
  csv,
  type IdxOptions,
  idx,
  iris,
  type MobyDickOptions,
  mnist,
  mobyDick,
  type TextOptions,
  text,
} from '@manyhands/dataset';
export * as layers from '@manyhands/layers';
export { buildJob, JobError, type LoadedJob } from './build-job.ts';
export { defineJob, type JobDefinition } from './job-definition.ts';
export { type LoadOptions, loadJob } from './load-job.ts';
