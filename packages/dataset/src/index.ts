export { type ArraysOptions, arrays, type Nested } from './arrays.ts';
export { type CsvOptions, csv, parseCsv } from './csv.ts';
export {
  checkDataset,
  type Dataset,
  DatasetError,
  type DatasetSource,
  type InputSpec,
  type SampleSet,
  type SampleValues,
  type TargetSpec,
} from './dataset.ts';
export { datasetHash } from './dataset-hash.ts';
export { type IdxArray, type IdxOptions, idx, parseIdx } from './idx.ts';
export { iris } from './iris.ts';
export { mnist } from './mnist.ts';
export { type MobyDickOptions, mobyDick } from './moby-dick.ts';
export { type Split, split } from './split.ts';
export { type TextOptions, text } from './text.ts';
