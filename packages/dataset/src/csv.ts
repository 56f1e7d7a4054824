/** Tables as comma-separated values (RFC 4180): one sample a line, columns by the names in the first line. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { classNumbers, type Dataset, DatasetError, type DatasetSource, type TargetSpec } from './dataset.ts';
import { split } from './split.ts';

export interface CsvOptions {
  readonly name: string;
  readonly origin: string;
  readonly licence: string;
  /** Path of the file; a relative one starts at the folder of the job's file. */
  readonly file: string;
  /** Columns that the model sees, numbers all. */
  readonly inputs: readonly string[];
  /** Inputs are multiplied by it on their way to the model; 1 unless said otherwise. */
  readonly scale?: number;
  /**
   * What is learned: the column that names each sample's class, or the columns of numbers to predict. Classes are
   * numbered in the order given, or in alphabetical order when none is.
   */
  readonly targets:
    | { readonly kind: 'class'; readonly column: string; readonly classes?: readonly string[] }
    | { readonly kind: 'values'; readonly columns: readonly string[] };
  /** How many samples are held out to measure with. */
  readonly heldOut: number;
  /** Decides which; 1 unless said otherwise. */
  readonly splitSeed?: number;
}

/** Reading throws a `DatasetError` that names the file and the line. */
export function csv(options: CsvOptions): DatasetSource {
  return { read: (folder) => readCsv(options, resolve(folder, options.file)) };
}

function readCsv(options: CsvOptions, path: string): Dataset {
  const { name, origin, licence, scale = 1, heldOut, splitSeed = 1 } = options;
  const table = openTable(path, options.file);
  const target = readTargets(options, table);
  const samples = {
    count: table.rows.length,
    inputs: numbers(table, options.inputs),
    targets: target.values,
  };
  return {
    name,
    origin,
    licence,
    input: { shape: [options.inputs.length], dtype: 'float32', scale, names: options.inputs },
    target: target.spec,
    ...split(samples, { heldOut, seed: splitSeed }),
  };
}

interface Row {
  /** Line of the file on which the row begins, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

interface Table {
  readonly file: string;
  readonly header: readonly string[];
  readonly rows: readonly Row[];
}

function openTable(path: string, file: string): Table {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new DatasetError(`The file '${path}' cannot be read: check the path of the CSV file.`);
  }
  const [header, ...rows] = parseCsv(text, file);
  if (header === undefined || rows.length === 0) {
    throw new DatasetError(
      `The CSV file '${file}' has no samples: give it a line of column names and a line for each sample.`,
    );
  }
  const ragged = rows.find(({ cells }) => cells.length !== header.cells.length);
  if (ragged !== undefined) {
    throw new DatasetError(
      `Line ${ragged.line} of '${file}' has ${ragged.cells.length} cells, but the header names ${header.cells.length} columns.`,
    );
  }
  return { file, header: header.cells, rows };
}

/** The rows of a CSV text; empty lines are left out. `file` is what errors call it. */
export function parseCsv(text: string, file: string): readonly Row[] {
  const rows: Row[] = [];
  // A cell, quoted or bare, and what ends it; the byte order mark that some programs write first is no part of it.
  const cellThenEnd = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  cellThenEnd.lastIndex = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  let row = { line, cells: [] as string[] };
  while (cellThenEnd.lastIndex < text.length || row.cells.length > 0) {
    const match = cellThenEnd.exec(text);
    if (match === null)
      throw new DatasetError(
        `Line ${line} of '${file}' has a quote that does not fit: close it or double it.`,
      );
    const [whole, quoted, bare, end] = match;
    row.cells.push(quoted === undefined ? bare!.trim() : quoted.replaceAll('""', '"'));
    line += whole.split('\n').length - 1;
    if (end === ',') continue;
    if (row.cells.length > 1 || row.cells[0] !== '') rows.push(row);
    row = { line, cells: [] };
    if (end === '') break;
  }
  return rows;
}

function readTargets({ targets }: CsvOptions, table: Table) {
  if (targets.kind === 'values') {
    const spec: TargetSpec = { kind: 'values', shape: [targets.columns.length] };
    return { spec, values: numbers(table, targets.columns) };
  }
  const column = columnOf(table, targets.column);
  const labels = table.rows.map(({ cells }) => cells[column]!);
  const classes = targets.classes ?? [...new Set(labels)].sort();
  const stranger = labels.findIndex((label) => !classes.includes(label));
  if (stranger >= 0) {
    throw new DatasetError(
      `Line ${table.rows[stranger]!.line} of '${table.file}' has the class '${labels[stranger]}', which is none of ${classes.join(', ')}.`,
    );
  }
  const spec: TargetSpec = { kind: 'class', classes };
  return {
    spec,
    values: classNumbers(
      labels.map((label) => classes.indexOf(label)),
      classes.length,
    ),
  };
}

/** These columns of every row, row-major. */
function numbers(table: Table, names: readonly string[]): Float32Array {
  const columns = names.map((name) => columnOf(table, name));
  const values = new Float32Array(table.rows.length * columns.length);
  for (const [i, { line, cells }] of table.rows.entries()) {
    for (const [j, column] of columns.entries()) {
      const cell = cells[column]!;
      const value = cell === '' ? Number.NaN : Number(cell);
      if (!Number.isFinite(value)) {
        throw new DatasetError(
          `Line ${line} of '${table.file}' has '${cell}' in the column '${names[j]}', which must be a number.`,
        );
      }
      values[i * columns.length + j] = value;
    }
  }
  return values;
}

function columnOf({ file, header }: Table, name: string): number {
  const column = header.indexOf(name);
  if (column < 0) throw new DatasetError(`'${file}' has no column '${name}': it has ${header.join(', ')}.`);
  return column;
}
