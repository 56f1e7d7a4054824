/**
 * A learned vector for each place of a sequence, added to what stands there: attention alone does not know the order of
 * what it sees. As PositionEmbedding of keras_nlp, whose answer is the table; here it is already added to the input, so that
 * no other layer has to.
 */

import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers } from '@tensorflow/tfjs-layers';
import {
  type Initializer,
  readInitializer,
  type WrittenInitializer,
  writeInitializer,
} from './initializer.ts';
import { onlyInput, requireCount, sequenceOf } from './sequence.ts';

type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;
type Shape = Parameters<layers.Layer['computeOutputShape']>[0];

export interface PositionEmbeddingArgs extends LayerArgs {
  /** How many places there are: the time axis of the input. */
  readonly sequenceLength: number;
  /** Glorot's, uniform, when left out. */
  readonly embeddingsInitializer?: Initializer | WrittenInitializer;
}

/** `[samples, time, width]` → the same shape. */
export function positionEmbedding(args: PositionEmbeddingArgs): layers.Layer {
  return new PositionEmbedding(args);
}

class PositionEmbedding extends layers.Layer {
  static className = 'PositionEmbedding';

  readonly #places: number;
  readonly #initializer: Initializer;
  #table: LayerVariable | undefined;

  constructor(args: PositionEmbeddingArgs) {
    super(args);
    this.#places = requireCount('PositionEmbedding', 'sequenceLength', args.sequenceLength);
    this.#initializer = readInitializer(args.embeddingsInitializer ?? initializers.glorotUniform({}));
  }

  override build(inputShape: Shape): void {
    const { time, width } = sequenceOf('PositionEmbedding', inputShape);
    if (time !== this.#places) {
      throw new Error(
        `PositionEmbedding has a sequenceLength of ${this.#places}, but its input has ${time}.`,
      );
    }
    this.#table = this.addWeight('embeddings', [time, width], 'float32', this.#initializer);
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Parameters<layers.Layer['call']>[1]): tf.Tensor {
    return tf.tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      return tf.add(onlyInput(inputs), this.#table!.read());
    });
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return inputShape;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...super.getConfig(),
      sequenceLength: this.#places,
      embeddingsInitializer: writeInitializer(this.#initializer),
    };
  }
}
tf.serialization.registerClass(PositionEmbedding);
