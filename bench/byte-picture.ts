/** Accuracy against megabytes as a picture: one line a setting, megabytes in powers of ten, in the colours of the pages. */

export interface ByteLine {
  readonly name: string;
  readonly points: readonly { readonly bytes: number; readonly accuracy: number }[];
}

/** An SVG that follows the colours of whoever looks. `target` is the accuracy that counts as equal; `what` the megabytes are of. */
export function drawBytes(lines: readonly ByteLine[], target: number, what: string): string {
  const bytes = lines.flatMap(({ points }) => points.map((point) => point.bytes)).filter((x) => x > 0);
  const [from, to] = [Math.floor(Math.log10(Math.min(...bytes))), Math.log10(Math.max(...bytes))];
  const x = (value: number) => LEFT + ((Math.log10(value) - from) / (to - from)) * (RIGHT - LEFT);
  const y = (accuracy: number) => BOTTOM - ((accuracy - LOWEST) / (1 - LOWEST)) * (BOTTOM - TOP);
  const powers = Array.from({ length: Math.floor(to) - from + 1 }, (_, i) => from + i);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>Accuracy against megabytes of ${what}, one line for each setting</title>`,
    `<style>${STYLE}</style>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" class="paper"/>`,
    ...powers.map((power) => {
      const at = x(10 ** power).toFixed(1);
      const label = `${10 ** (power - 6)} MB`;
      return `<path class="line" d="M${at} ${TOP}V${BOTTOM}"/>${text(at, BOTTOM + 20, label, 'middle')}`;
    }),
    ...[0.8, 0.85, 0.9, 0.95].map((accuracy) => {
      const at = y(accuracy).toFixed(1);
      return `<path class="line" d="M${LEFT} ${at}H${RIGHT}"/>${text(LEFT - 8, `${Number(at) + 4}`, `${Math.round(accuracy * 100)} %`, 'end')}`;
    }),
    `<path class="target" d="M${LEFT} ${y(target).toFixed(1)}H${RIGHT}"/>`,
    ...lines.flatMap(({ name, points }, i) => {
      const shown = points.filter((point) => point.bytes > 0 && point.accuracy >= LOWEST);
      const path = shown.map((point) => `${x(point.bytes).toFixed(1)} ${y(point.accuracy).toFixed(1)}`);
      // Where there are more lines than colours, the rest is dashed.
      const style = `stroke:${HUES[i % HUES.length]!}${i < HUES.length ? '' : ';stroke-dasharray:6 3'}`;
      const at = TOP + 16 + i * 20;
      return [
        `<path class="curve" style="${style}" d="M${path.join('L')}"/>`,
        `<path class="curve" style="${style}" d="M${RIGHT + 16} ${at - 4}h18"/>`,
        text(RIGHT + 40, at, name, 'start'),
      ];
    }),
    '</svg>\n',
  ].join('\n');
}

const [WIDTH, HEIGHT] = [940, 380];
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 660, 20, 340];
/** Below this every line is steep, and none is of interest. */
const LOWEST = 0.78;

/** As `tokens.css` of the pages has them. */
const HUES = [30, 240, 90, 180, 330, 120, 300, 60, 270, 0].map((hue) => `oklch(0.62 0.115 ${hue})`);
const STYLE = `
.paper{fill:oklch(0.982 0.007 85)}.line{stroke:oklch(0.892 0.011 85)}text{fill:oklch(0.485 0.015 264);font:13px system-ui,sans-serif}
.curve{fill:none;stroke-width:2;stroke-linejoin:round}.target{stroke:oklch(0.245 0.02 264);stroke-dasharray:4 4}
@media (prefers-color-scheme:dark){.paper{fill:oklch(0.178 0.018 264)}.line{stroke:oklch(0.31 0.019 264)}
text{fill:oklch(0.715 0.014 264)}.target{stroke:oklch(0.935 0.008 85)}}
`;

function text(x: number | string, y: number | string, words: string, anchor: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}
