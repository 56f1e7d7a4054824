/**
 * Pieces of clothing instead of digits: Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017), all 70,000, for the network of `examples/mnist/mlp`.
 * Paths start at the folder into which Debian's package `dataset-fashion-mnist` puts the files.
 */

import { defineJob, idx } from 'manyhands';
import digits from '../../examples/mnist/mlp/job.ts';

export default defineJob({
  ...digits,
  name: 'fashion-mlp',
  title: 'Telling clothes apart',
  summary: 'A small network learns to tell ten kinds of clothing apart.',
  dataset: idx({
    name: 'Fashion-MNIST',
    origin: 'Fashion-MNIST, from Debian dataset-fashion-mnist',
    licence: 'MIT',
    classes: [
      ...['T-shirt', 'trousers', 'pullover', 'dress', 'coat'],
      ...['sandal', 'shirt', 'sneaker', 'bag', 'boot'],
    ],
    train: { inputs: 'train-images-idx3-ubyte.gz', labels: 'train-labels-idx1-ubyte.gz' },
    evaluation: {
      inputs: 't10k-images-idx3-ubyte.gz',
      labels: 't10k-labels-idx1-ubyte.gz',
    },
    scale: 1 / 255,
  }),
});
