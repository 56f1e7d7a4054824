/**
 * Which layers a job may have. A model travels as data and its gradients must be the same wherever they are computed, so
 * a class of the author's own, a layer that draws from a stream of its own and one that TF.js cannot train are refused
 * here, where the author reads it, and not in a volunteer's tab.
 */

import { type Json, type JsonObject, layersOf } from './topology.ts';

/** What is wrong with the layers of a topology, a sentence each. `own` are the classes that every volunteer has. */
export function checkLayers(topology: JsonObject, own: ReadonlySet<string>): readonly string[] {
  return layersOf(topology).flatMap((layer) => {
    const kind = String(layer['class_name']);
    const config = layer['config'] as JsonObject;
    return reasons(kind, config, own).map(
      (reason) => `model has the layer '${config['name']}' (${kind}), which ${reason}.`,
    );
  });
}

function reasons(kind: string, config: JsonObject, own: ReadonlySet<string>): string[] {
  const found: string[] = [];
  const strangers = [kind, ...classesIn(config)].filter((name) => !own.has(name));
  if (strangers.length > 0) {
    found.push(
      `needs the class ${strangers[0]}: models travel as data, so use only what TF.js and manyhands bring`,
    );
  }
  if (/^(GaussianNoise|GaussianDropout|AlphaDropout|Random\w+)$/.test(kind)) {
    found.push('draws random numbers that differ between devices: use Dropout');
  }
  if (isPositive(config['dropout']) || isPositive(config['recurrent_dropout'])) {
    found.push('has a dropout of its own, which differs between devices: put a Dropout layer before it');
  }
  if (config['stateful'] === true) {
    found.push('keeps state from one batch to the next, which units do not share: leave stateful out');
  }
  const constraint = Object.keys(config).find((key) => key.endsWith('_constraint') && config[key] !== null);
  if (constraint !== undefined)
    found.push(`has a ${constraint}, which no optimizer here applies: leave it out`);
  if ([config['dilation_rate']].flat().some((rate) => typeof rate === 'number' && rate > 1)) {
    found.push('is dilated, which TF.js cannot train: leave dilationRate out');
  }
  if (config['padding'] === 'causal') {
    found.push("has causal padding, which TF.js cannot train: pad before it, and use 'valid'");
  }
  return found;
}

/** Initializers and regularizers; the layers within have their own turn. */
function classesIn(config: JsonObject): string[] {
  return Object.entries(config)
    .filter(([key]) => /_(initializer|regularizer)$/.test(key))
    .flatMap(([, value]) => classOf(value));
}

function classOf(value: Json): string[] {
  return typeof value === 'object' && value !== null && 'class_name' in value
    ? [String(value['class_name'])]
    : [];
}

function isPositive(value: Json | undefined): boolean {
  return typeof value === 'number' && value > 0;
}
