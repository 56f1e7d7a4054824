/** What a curve draws: steps, the values thin, and their average bold. */

import type uPlot from 'uplot';
import { keepFor, smoothed } from './smooth.ts';

export interface Values {
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** A logarithmic axis has no place for what is not above zero: it leaves a gap. */
export function columnsOf({ steps, values }: Values, logarithmic: boolean): uPlot.AlignedData {
  const average = smoothed(values, keepFor(values.length));
  if (!logarithmic) return [steps as number[], values as number[], average];
  const placed = (value: number | null | undefined) => (value != null && value > 0 ? value : null);
  return [steps as number[], Array.from(values, placed), Array.from(average, placed)];
}
