/** Whether the parts of a job fit each other: the model its samples, the loss its targets, the batch its training set. */

import { unreachable } from '@manyhands/core';
import type { Dataset } from '@manyhands/dataset';
import { LIMITS } from '@manyhands/protocol';
import type { JobDefinition } from './job-definition.ts';
import type { BuiltModel } from './model.ts';

/** How model, loss, metric and samples do not fit, a sentence each. */
export function checkFit(definition: JobDefinition, model: BuiltModel, dataset: Dataset): readonly string[] {
  const { name, input } = dataset;
  const problems: string[] = [];
  if (String(model.inputShape) !== String(input.shape)) {
    problems.push(
      `model takes inputs of shape [${model.inputShape}], but the samples of '${name}' are [${input.shape}].`,
    );
  }
  const size = model.initial.params.length + model.initial.state.length;
  if (size > LIMITS.paramsMax) {
    problems.push(`model has ${size} parameters: at most ${LIMITS.paramsMax} can travel.`);
  }
  const unfit = [checkTarget(definition, model, dataset), checkTrial(definition, dataset)];
  return [...problems, ...unfit.filter((problem) => problem !== undefined)];
}

export function checkBatch({ batch }: JobDefinition, { train, name }: Dataset): readonly string[] {
  const samples = batch.units * batch.unitSamples;
  if (train.count === 0 || samples <= train.count) return [];
  return [
    `batch is ${batch.units} × ${batch.unitSamples} = ${samples} samples, but '${name}' has ${train.count} to train on: make it smaller.`,
  ];
}

function checkTarget(
  definition: JobDefinition,
  model: BuiltModel,
  { name, target }: Dataset,
): string | undefined {
  switch (target.kind) {
    case 'class':
      return checkClasses(definition, model, target.classes.length, name);
    case 'classes':
      return checkPlaces(definition, model, [...target.shape, target.classes.length], name);
    case 'values':
      return checkValues(definition, model, target.shape, name);
    default:
      return unreachable(target);
  }
}

function checkClasses(
  { loss, metric }: JobDefinition,
  { outputShape, outputActivation }: BuiltModel,
  classes: number,
  name: string,
): string | undefined {
  if (loss === 'meanSquaredError') {
    return `loss is meanSquaredError, which wants values, but '${name}' has classes: use categoricalCrossentropy.`;
  }
  if (metric === 'meanAbsoluteError') {
    return `metric is meanAbsoluteError, which says nothing of classes, and '${name}' has classes: use accuracy.`;
  }
  const yesOrNo = loss === 'binaryCrossentropy';
  if (yesOrNo && (classes !== 2 || String(outputShape) !== '1')) {
    return 'loss is binaryCrossentropy, which wants two classes and a model that answers with one number.';
  }
  if (!yesOrNo && String(outputShape) !== String(classes)) {
    return `model answers with shape [${outputShape}], but '${name}' has ${classes} classes: it must answer with ${classes} numbers.`;
  }
  if (outputActivation === 'linear') {
    const activation = yesOrNo ? 'sigmoid' : 'softmax';
    return `loss is ${loss}, which wants probabilities, but the model's last layer is linear: give it the activation '${activation}'.`;
  }
  return undefined;
}

/** `wanted` is the shape of an answer: at each place how likely each class is. */
function checkPlaces(
  { loss, metric }: JobDefinition,
  { outputShape, outputActivation }: BuiltModel,
  wanted: readonly number[],
  name: string,
): string | undefined {
  if (loss !== 'sparseCategoricalCrossentropy') {
    return `loss is ${loss}, but '${name}' has a class number at every place: use sparseCategoricalCrossentropy.`;
  }
  if (metric === 'meanAbsoluteError') {
    return `metric is meanAbsoluteError, which says nothing of classes, and '${name}' has classes: use accuracy.`;
  }
  if (String(outputShape) !== String(wanted)) {
    return `model answers with shape [${outputShape}], but '${name}' wants one of ${wanted.at(-1)} classes at every place: it must answer with shape [${wanted}].`;
  }
  if (outputActivation === 'linear') {
    return `loss is ${loss}, which wants probabilities, but the model's last layer is linear: give it the activation 'softmax'.`;
  }
  return undefined;
}

function checkValues(
  { loss, metric }: JobDefinition,
  { outputShape }: BuiltModel,
  shape: readonly number[],
  name: string,
): string | undefined {
  if (loss === 'categoricalCrossentropy' || loss === 'sparseCategoricalCrossentropy') {
    return `loss is ${loss}, which wants classes, but '${name}' has values: use meanSquaredError.`;
  }
  if (loss === 'meanSquaredError' && metric === 'accuracy') {
    return 'metric is accuracy, which says nothing of values with the loss meanSquaredError: use meanAbsoluteError.';
  }
  if (String(outputShape) !== String(shape)) {
    return `model answers with shape [${outputShape}], but the targets of '${name}' are [${shape}].`;
  }
  return undefined;
}

/** The page continues a text by what the model says of the character behind each place. */
function checkTrial({ trial }: JobDefinition, { name, input, target }: Dataset): string | undefined {
  const isText =
    target.kind === 'classes' &&
    input.shape.length === 1 &&
    String(input.shape) === String(target.shape) &&
    input.scale === 1 &&
    target.classes.every((character) => [...character].length === 1);
  if (trial === 'text' && !isText) {
    return `trial is text, which continues characters, and the samples of '${name}' are none: use text(…), or another trial.`;
  }
  if (target.kind === 'classes' && (trial === 'digit-pad' || trial === 'values')) {
    return `trial is ${trial}, which shows one answer, but '${name}' has one at every place: use text, or leave it out.`;
  }
  return undefined;
}
