export {
  type ArraysOptions,
  arrays,
  type CsvOptions,
  csv,
  type IdxOptions,
  idx,
  iris,
  mnist,
} from '@manyhands/dataset';
export { buildJob, JobError, type LoadedJob } from './build-job.ts';
export { defineJob, type JobDefinition } from './job-definition.ts';
export { type LoadOptions, loadJob } from './load-job.ts';
