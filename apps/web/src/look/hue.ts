/**
 * How volunteers are told apart: 12 hues of equal lightness, so that none looks more important, and a grain. At equal
 * lightness a colour-blind eye sees hues along one line only, so hues that fall together there differ in grain:
 * within one grain any two of them stay apart for red-blind and green-blind eyes too (hue.test.ts measures it).
 */

type Grain = 'solid' | 'dots' | 'cross';

interface Hue {
  /** Degrees in OKLCH. */
  readonly degrees: number;
  readonly grain: Grain;
}

/** In the order in which volunteers get them: neighbours in time are far apart on the wheel. `look/tokens.css` holds the colours. */
export const HUES: readonly Hue[] = [
  { degrees: 30, grain: 'solid' },
  { degrees: 240, grain: 'dots' },
  { degrees: 90, grain: 'solid' },
  { degrees: 180, grain: 'cross' },
  { degrees: 330, grain: 'dots' },
  { degrees: 120, grain: 'cross' },
  { degrees: 300, grain: 'solid' },
  { degrees: 60, grain: 'dots' },
  { degrees: 210, grain: 'cross' },
  { degrees: 0, grain: 'solid' },
  { degrees: 150, grain: 'dots' },
  { degrees: 270, grain: 'cross' },
];

/** Which of the hues a volunteer wears, the same on every page. */
export function hueOf(volunteer: number): number {
  return volunteer % HUES.length;
}
