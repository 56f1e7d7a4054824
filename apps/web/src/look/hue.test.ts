import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { HUES } from './hue.ts';

const tokens = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
const lightness = Number(/--hue-lightness: ([\d.]+)/.exec(tokens)![1]);
const chroma = Number(/--hue-chroma: ([\d.]+)/.exec(tokens)![1]);

type Triple = readonly [number, number, number];

describe('volunteer hues', () => {
  test('[HU1] the style sheet holds the same hues, all of one lightness', () => {
    const declared = [
      ...tokens.matchAll(/--hue-(\d+): oklch\(var\(--hue-lightness\) var\(--hue-chroma\) (\d+)\)/g),
    ];
    expect(declared.map(([, index]) => Number(index))).toEqual(HUES.map((_, index) => index));
    expect(declared.map(([, , degrees]) => Number(degrees))).toEqual(HUES.map((hue) => hue.degrees));
  });

  test('[HU2] two hues of one grain stay apart for red-blind and green-blind eyes', () => {
    for (const [name, eye] of Object.entries(EYES)) {
      for (const [i, a] of HUES.entries()) {
        for (const b of HUES.slice(i + 1)) {
          if (a.grain !== b.grain) continue;
          const apart = distance(seen(a.degrees, eye), seen(b.degrees, eye));
          expect(apart, `${a.degrees}° and ${b.degrees}° for ${name} eyes`).toBeGreaterThan(0.045);
        }
      }
    }
  });
});

/** Dichromacy in linear RGB: Machado, Oliveira and Fernandes 2009, severity 1. */
const EYES: Readonly<Record<string, readonly [Triple, Triple, Triple]>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'red-blind': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'green-blind': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

/** A hue as this eye sees it, in OKLab. */
function seen(degrees: number, eye: readonly [Triple, Triple, Triple]): Triple {
  const angle = (degrees * Math.PI) / 180;
  const rgb = toLinear([lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)]).map(clamp);
  const filtered = eye.map((row) => clamp(row[0] * rgb[0]! + row[1] * rgb[1]! + row[2] * rgb[2]!));
  return toOklab(filtered as unknown as Triple);
}

/** Ottosson 2020. */
function toLinear([L, a, b]: Triple): Triple {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function toOklab([r, g, b]: Triple): Triple {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function distance(a: Triple, b: Triple): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
