/** Numbers for people. What was not measured is a dash, never a zero; units stand beside the figure, not in it. */

type Maybe = number | null | undefined;

const NOT_MEASURED = '–';

export function count(value: Maybe): string {
  return value == null ? NOT_MEASURED : grouped(value);
}

/** `1,235`. By hand: the first formatter of a page takes as long as all else that its programs do before they draw. */
function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Three figures are what a rate over ten seconds is worth. */
export function rate(value: Maybe): string {
  if (value == null) return NOT_MEASURED;
  if (value >= 99.95 || value === 0) return grouped(value);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** 0.9517 → 95.2; the sign stands beside it. */
export function percent(part: Maybe): string {
  return part == null ? NOT_MEASURED : (part * 100).toFixed(1);
}

export function loss(value: Maybe): string {
  if (value == null) return NOT_MEASURED;
  return Math.abs(value) >= 0.001 || value === 0 ? value.toFixed(3) : value.toExponential(1);
}

/** Bytes as people count them, in thousands. */
export function bytes(value: Maybe): { figure: string; unit: string } {
  if (value == null) return { figure: NOT_MEASURED, unit: '' };
  const power = Math.min(3, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return { figure: rate(value / 1000 ** power), unit: ['B', 'kB', 'MB', 'GB'][power]! };
}

/** A metric in its own unit: accuracy in percent, an error as it is. */
export function metric(
  name: 'accuracy' | 'meanAbsoluteError',
  value: Maybe,
): { figure: string; unit: string } {
  return name === 'accuracy' ? { figure: percent(value), unit: '%' } : { figure: loss(value), unit: '' };
}

export const METRIC_TITLE = { accuracy: 'Accuracy', meanAbsoluteError: 'Mean absolute error' } as const;

/** How long ago, roughly; the exact time belongs in a tooltip. */
export function ago(thenMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - thenMs) / 1000));
  if (seconds < 5) return 'just now';
  return `${duration(seconds)} ago`;
}

/** 75 → `75 s`, 600 → `10 min`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export function clock(atMs: number): string {
  return new Date(atMs).toLocaleTimeString('en-GB');
}

export function moment(atMs: number): string {
  return new Date(atMs).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}
