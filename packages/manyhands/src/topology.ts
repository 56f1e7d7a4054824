/**
 * A model's topology, made to mean the same wherever and whenever it is read. TF.js numbers the layers of a process and
 * draws initial weights from the clock; here layers are numbered within their model, and every initializer without a
 * seed gets one from the job's seed and its own place. The same job file therefore starts from the same bytes.
 */

import { hash32 } from '@manyhands/core';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** The topology with stable layer names, a stable model name, and a seed in every random initializer. */
export function settleTopology(topology: JsonObject, name: string, seed: number): JsonObject {
  const names = stableNames(layersOf(topology));
  const renamed = rename(topology, names) as JsonObject;
  const config = isObject(renamed['config']) ? { ...renamed['config'], name } : renamed['config'];
  return seedInitializers(
    { ...renamed, ...(config === undefined ? {} : { config }) },
    seed,
    '',
  ) as JsonObject;
}

/** `conv2d_Conv2D4` becomes `conv2d_1` when it is the first of its kind; names that an author chose stay, and stay alone. */
function stableNames(layers: readonly JsonObject[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const chosen = new Set(layers.filter((layer) => wordOf(layer) === undefined).map(nameOf));
  const numbers = new Map<string, number>();
  for (const layer of layers) {
    const word = wordOf(layer);
    if (word === undefined || names.has(nameOf(layer))) continue;
    let number = numbers.get(word) ?? 0;
    do number++;
    while (chosen.has(`${word}_${number}`));
    numbers.set(word, number);
    names.set(nameOf(layer), `${word}_${number}`);
  }
  return names;
}

/** The word before the number in a name that TF.js gave: `conv2d_Conv2D4`, `input2`, `sequential_3`, `model1`. */
function wordOf(layer: JsonObject): string | undefined {
  const given = new RegExp(`^(?:(.+)_${layer['class_name']}|(input|model|sequential)_?)\\d+$`).exec(
    nameOf(layer),
  );
  return given?.[1] ?? given?.[2];
}

function nameOf(layer: JsonObject): string {
  return String((layer['config'] as JsonObject)['name']);
}

/** Everything with a class and a config that has a name, at any depth. */
export function layersOf(json: Json): JsonObject[] {
  if (isList(json)) return json.flatMap(layersOf);
  if (!isObject(json)) return [];
  const inner = Object.values(json).flatMap(layersOf);
  const isLayer = 'class_name' in json && isObject(json['config']) && 'name' in json['config'];
  return isLayer ? [json, ...inner] : inner;
}

/** Layers refer to each other by name, so every string that is one is replaced. */
function rename(json: Json, names: ReadonlyMap<string, string>): Json {
  if (typeof json === 'string') return names.get(json) ?? json;
  if (isList(json)) return json.map((item) => rename(item, names));
  if (!isObject(json)) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, rename(value, names)]));
}

function seedInitializers(json: Json, seed: number, place: string): Json {
  if (isList(json)) return json.map((item, i) => seedInitializers(item, seed, `${place}/${i}`));
  if (!isObject(json)) return json;
  const entries = Object.entries(json).map(([key, value]): [string, Json] => {
    const here = `${place}/${key}`;
    if (!key.endsWith('_initializer') || !isObject(value) || !isObject(value['config'])) {
      return [key, seedInitializers(value, seed, here)];
    }
    if (CONSTANT.has(String(value['class_name'])) || typeof value['config']['seed'] === 'number')
      return [key, value];
    return [key, { ...value, config: { ...value['config'], seed: hash32(seed, ...charCodes(here)) } }];
  });
  return Object.fromEntries(entries);
}

const CONSTANT: ReadonlySet<string> = new Set(['Zeros', 'Ones', 'Constant', 'Identity']);

function charCodes(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
