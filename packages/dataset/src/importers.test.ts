import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createRandom } from '@manyhands/core';
import { afterAll, describe, expect, test } from 'vitest';
import { type ArraysOptions, arrays } from './arrays.ts';
import { type CsvOptions, csv, parseCsv } from './csv.ts';
import { checkDataset, DatasetError, type SampleSet, type TargetSpec } from './dataset.ts';
import { idx, parseIdx } from './idx.ts';
import { iris } from './iris.ts';
import { mnist } from './mnist.ts';
import { mobyDick } from './moby-dick.ts';
import { samplesOfText, type TextOptions, text } from './text.ts';

const folder = mkdtempSync(join(tmpdir(), 'manyhands-dataset-'));
afterAll(() => rmSync(folder, { recursive: true }));

const source = { name: 'Tiny', origin: 'made here', licence: 'MIT' };
const write = (file: string, content: string | Uint8Array) => writeFileSync(join(folder, file), content);

describe('mnist', () => {
  const digits = mnist().read(folder);

  test('[IM1] 8,000 digits to train on and 2,000 held out, as bytes', () => {
    expect(checkDataset(digits)).toEqual([]);
    expect([digits.train.count, digits.evaluation.count]).toEqual([8_000, 2_000]);
    expect(digits.input).toEqual({ shape: [28, 28, 1], dtype: 'uint8', scale: 1 / 255 });
    expect(digits.evaluation.inputs.includes(255)).toBe(true);
  });

  test('[IM1] every digit is on both sides, and no picture on two', () => {
    for (const { targets } of [digits.train, digits.evaluation]) expect(new Set(targets).size).toBe(10);
    const pictures = [digits.train, digits.evaluation].map(
      ({ count, inputs }) =>
        new Set(
          Array.from({ length: count }, (_, i) =>
            Buffer.from(inputs.subarray(i * 784, (i + 1) * 784)).toString('latin1'),
          ),
        ),
    );
    expect([...pictures[1]!].filter((picture) => pictures[0]!.has(picture))).toEqual([]);
  });
});

test('[IM2] 120 irises to train on and 30 held out, of three species', () => {
  const flowers = iris().read(folder);
  expect(checkDataset(flowers)).toEqual([]);
  expect([flowers.train.count, flowers.evaluation.count]).toEqual([120, 30]);
  expect(flowers.input.names?.[2]).toBe('Petal length, cm');
  expect(flowers.target).toEqual({ kind: 'class', classes: ['setosa', 'versicolor', 'virginica'] });
});

describe('arrays', () => {
  const options: ArraysOptions = {
    ...source,
    inputs: [[[1, 2]], [[3, 4]], [[5, 6]]],
    targets: { kind: 'class', classes: ['a', 'b'], labels: [0, 1, 1] },
    heldOut: 1,
  };
  const read = (change: Partial<ArraysOptions>) => arrays({ ...options, ...change }).read(folder);

  test('[IM3] nested arrays keep their shape', () => {
    const { input, train, evaluation } = read({});
    expect(input).toEqual({ shape: [1, 2], dtype: 'float32', scale: 1 });
    expect([...train.inputs, ...evaluation.inputs].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('[IM3] targets may be numbers', () => {
    const { target, train } = read({ targets: { kind: 'values', values: [1, 2, 3] } });
    expect(target).toEqual({ kind: 'values', shape: [1] });
    expect(train.targets.length).toBe(2);
  });

  test('[IM4] a sample of another shape, a stray label and a missing target are named by their index', () => {
    expect(() => read({ inputs: [[1, 2], [3, 4], [5]] })).toThrow(
      'The input of sample 2 has the shape [1], the first has [2]: all must be equal.',
    );
    expect(() => read({ inputs: [1, 2, [3]] })).toThrow('sample 2');
    expect(() => read({ targets: { kind: 'class', classes: ['a', 'b'], labels: [0, 1, 7] } })).toThrow(
      'The label of sample 2 is 7, but there are 2 classes, numbered 0 to 1.',
    );
    expect(() => read({ inputs: [[1], [2]] })).toThrow('has 2 inputs but 3 targets');
  });

  test('[IM4] no samples at all is left to checkDataset', () => {
    const empty = read({ inputs: [], targets: { kind: 'class', classes: ['a', 'b'], labels: [] } });
    expect(checkDataset(empty)).toHaveLength(2);
  });
});

describe('csv', () => {
  const options: CsvOptions = {
    ...source,
    file: 'flowers.csv',
    inputs: ['height', 'width'],
    targets: { kind: 'class', column: 'kind' },
    heldOut: 1,
  };
  const read = (text: string, change: Partial<CsvOptions> = {}) => {
    write(options.file, text);
    return csv({ ...options, ...change }).read(folder);
  };

  test('[IM5] quotes, doubled quotes, commas, line ends within quotes, CRLF and a byte order mark are understood', () => {
    expect(parseCsv('\ufeffa,b\r\n"1,""x""","two\nlines"\n\n 3 ,\n', 'it').map(({ cells }) => cells)).toEqual(
      [
        ['a', 'b'],
        ['1,"x"', 'two\nlines'],
        ['3', ''],
      ],
    );
    expect(() => parseCsv('a\n"open', 'it')).toThrow("Line 2 of 'it'");
    expect(parseCsv('', 'it')).toEqual([]);
  });

  test('[IM5] columns are found by name, classes by their own names', () => {
    const { input, target, train, evaluation } = read(
      'kind,width,note,height\nrose,1,x,10\nlily,2,y,20\nrose,3,z,30\n',
    );
    expect(input.shape).toEqual([2]);
    expect(target).toEqual({ kind: 'class', classes: ['lily', 'rose'] });
    const rows = [train, evaluation].flatMap(({ inputs, targets }) =>
      [...targets].map((label, i) => [inputs[2 * i], inputs[2 * i + 1], label]),
    );
    expect(rows.toSorted((a, b) => a[0]! - b[0]!)).toEqual([
      [10, 1, 1],
      [20, 2, 0],
      [30, 3, 1],
    ]);
  });

  test('[IM6] what cannot be read is named with its line', () => {
    expect(() => read('height,width,kind\n1,2,rose\n1,tall,rose\n')).toThrow(
      "Line 3 of 'flowers.csv' has 'tall' in the column 'width', which must be a number.",
    );
    expect(() => read('height,width,kind\n1,2\n')).toThrow('Line 2');
    expect(() => read('height,kind\n1,rose\n')).toThrow("no column 'width'");
    expect(() => read('height,width,kind\n')).toThrow('no samples');
    expect(() =>
      read('height,width,kind\n1,2,fern\n', {
        targets: { kind: 'class', column: 'kind', classes: ['rose'] },
      }),
    ).toThrow("'fern', which is none of rose");
    expect(() => csv({ ...options, file: 'none.csv' }).read(folder)).toThrow('none.csv');
  });
});

describe('idx', () => {
  const pictures = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40);
  const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 1, 0);
  const files = { inputs: 'pictures.gz', labels: 'labels' };
  const options = { ...source, classes: ['shoe', 'shirt'], train: files, evaluation: files, scale: 1 / 255 };
  write('pictures.gz', gzipSync(pictures));
  write('labels', labels);

  test('[IM7] pictures, gzipped or not, keep their bytes and get one channel', () => {
    const { input, train, evaluation } = idx(options).read(folder);
    expect(input).toEqual({ shape: [1, 2, 1], dtype: 'uint8', scale: 1 / 255 });
    expect(evaluation).toEqual({ count: 2, inputs: pictures.slice(16), targets: labels.slice(8) });
    expect([...train.targets].sort()).toEqual([0, 1]);
  });

  test('[IM7] numbers of other types are big-endian and become float32', () => {
    const floats = Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0x80, 0, 0);
    expect(parseIdx(floats, 'it')).toEqual({ shape: [1], values: Float32Array.of(1) });
    const shorts = Uint8Array.of(0, 0, 0x0b, 1, 0, 0, 0, 1, 0xff, 0xfe);
    expect(parseIdx(shorts, 'it').values).toEqual(Float32Array.of(-2));
  });

  test('[IM8] a file that is cut short or is something else is refused by name', () => {
    expect(() => parseIdx(pictures.subarray(0, 19), 'it')).toThrow(
      "'it' is 19 bytes long, but an array of shape [2,1,2] takes 20: fetch it again.",
    );
    expect(() => parseIdx(pictures.subarray(0, 9), 'it')).toThrow('ends before its shape');
    expect(() => parseIdx(Uint8Array.of(1, 2, 3, 4), 'it')).toThrow('no IDX file');
    write('many', Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 1, 2));
    const stray = { ...options, train: { ...files, labels: 'many' } };
    expect(() => idx(stray).read(folder)).toThrow("In 'many': The label of sample 1 is 2");
    expect(() => idx({ ...options, train: { ...files, labels: 'pictures.gz' } }).read(folder)).toThrow(
      'each needs one label',
    );
  });
});

describe('text', () => {
  const options: TextOptions = { ...source, file: 'text.txt', context: 8, heldOut: 20 };
  const read = (change: Partial<TextOptions> = {}) => text({ ...options, ...change }).read(folder);

  test('[IM9] characters are numbered by code point, and the next one is the target at every place', () => {
    write('text.txt', 'naïve—'.repeat(500));
    const dataset = read();
    expect(checkDataset(dataset)).toEqual([]);
    expect(dataset.input).toEqual({ shape: [8], dtype: 'uint8', scale: 1 });
    const alphabet = ['a', 'e', 'n', 'v', 'ï', '—'];
    expect(dataset.target).toEqual({ kind: 'classes', shape: [8], classes: alphabet });
    const after = new Map([...'naïve—'].map((character, i) => [character, [...'aïve—n'][i]]));
    for (const { inputs, targets } of [dataset.train, dataset.evaluation]) {
      expect(inputs).toBeInstanceOf(Uint8Array);
      expect([...targets].map((code) => alphabet[code])).toEqual(
        [...inputs].map((code) => after.get(alphabet[code]!)),
      );
    }
  });

  /** Any five characters of it stand nowhere else in it, so that they tell a place. */
  const places = (() => {
    const random = createRandom(1);
    return String.fromCodePoint(...Array.from({ length: 6_000 }, () => 0x100 + random.below(200)));
  })();
  const fives = (set: SampleSet) =>
    new Set(
      Array.from({ length: set.count }, (_, i) => {
        const seen = [...set.inputs.subarray(i * 8, i * 8 + 8), set.targets[i * 8 + 7]!];
        return [0, 1, 2, 3, 4].map((start) => seen.slice(start, start + 5).join());
      }).flat(),
    );

  test.each([1, 3, 8])('[IM10] nothing that is held out is in a sample to train on: stride %i', (stride) => {
    const { train, evaluation } = samplesOfText({ ...options, stride }, places);
    expect(evaluation.count).toBe(20);
    // 46 pages of 129 characters, of which two are held out.
    expect(train.count).toBe(44 * (Math.floor(120 / stride) + 1));
    const [trained, held] = [fives(train), fives(evaluation)];
    expect(held.size).toBe(20 * 5);
    expect([...held].filter((five) => trained.has(five))).toEqual([]);
  });

  test('[IM10] which pages are held out is a function of the seed of the split', () => {
    const heldBy = (splitSeed: number) => samplesOfText({ ...options, splitSeed }, places).evaluation;
    expect(heldBy(1)).toEqual(heldBy(1));
    expect(heldBy(2)).not.toEqual(heldBy(1));
  });

  test('[IM11] the novel is as long as it is, and made of what a keyboard has', () => {
    const novel = mobyDick({ context: 64, stride: 32 }).read(folder);
    expect(checkDataset(novel)).toEqual([]);
    expect([novel.train.count, novel.evaluation.count]).toEqual([34_906, 512]);
    expect(novel.licence).toBe('PDDL-1.0 AND CC0-1.0');
    const { classes } = novel.target as Extract<TargetSpec, { kind: 'classes' }>;
    expect(classes.join('')).toBe(
      '\n !"$&\'()*,-.0123456789:;?ABCDEFGHIJKLMNOPQRSTUVWXYZ[]abcdefghijklmnopqrstuvwxyz—',
    );
  });

  test.each<[string, string, Partial<TextOptions>, string]>([
    ['too little text', 'a b '.repeat(60), {}, 'has 1 pages of 129 characters, of which 2 would be held out'],
    ['nothing', '', {}, 'has 0 pages'],
    [
      'too many kinds of characters',
      String.fromCodePoint(...Array.from({ length: 300 }, (_, i) => 0x4e00 + i)),
      {},
      'has 300 different characters, but a byte tells 256 apart',
    ],
    ['a context of nothing', 'a', { context: 0 }, "The context of the text 'Tiny' is 0"],
    ['a stride of nothing', 'a', { stride: -1 }, 'is -1: give a whole number from 1 on'],
    ['a path where nothing is', 'a', { file: 'none.txt' }, 'none.txt'],
  ])('[IM12] %s is refused in a sentence', (_, content, change, part) => {
    write('text.txt', content);
    expect(() => read(change)).toThrow(DatasetError);
    expect(() => read(change)).toThrow(part);
  });
});
