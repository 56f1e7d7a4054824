/**
 * One curve over the steps of a run: the raw values thin, their average bold, held-out checks as points, recoveries as
 * dashed lines, checkpoints as ticks on the axis. The crosshair is shared by the curves of a page.
 */

import { memo, useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { drawEveryMs } from '../look/motion.ts';
import { onThemeChange } from '../look/theme.ts';
import { columnsOf } from './columns.ts';
import { CurveFrame } from './curve-frame.tsx';
import { rangeOf, short, stepsOf } from './range.ts';
import type { RunLine } from './run-line.ts';

interface CurveProps extends RunLine {
  readonly checkpoints: readonly number[];
  readonly recoveries: readonly number[];
  readonly height: number;
}

const CROSSHAIR = uPlot.sync('steps');

/** Drawn again only when one of its props is another, so give it the same ones while nothing changes. */
export const Curve = memo(function Curve(props: CurveProps) {
  const { steps, count, height } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [logarithmic, setLogarithmic] = useState(false);
  const [pointed, setPointed] = useState<number>();

  useEffect(() => {
    const build = () => {
      plot.current?.destroy();
      plot.current = new uPlot(
        options(box.current!, logarithmic, height, () => latest.current, setPointed),
        columnsOf(latest.current, logarithmic),
        box.current!,
      );
    };
    build();
    const stopTheme = onThemeChange(() => requestAnimationFrame(build));
    const resize = new ResizeObserver(() => {
      if (box.current !== null) plot.current?.setSize({ width: box.current.clientWidth, height });
    });
    resize.observe(box.current!);
    return () => {
      stopTheme();
      resize.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [logarithmic, height]);

  const drawnAtMs = useRef(Number.NEGATIVE_INFINITY);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the columns grow in place; their count and the checks say when.
  useEffect(() => {
    const draw = () => {
      drawnAtMs.current = performance.now();
      plot.current?.setData(columnsOf(latest.current, logarithmic));
    };
    const waitMs = drawnAtMs.current + drawEveryMs('curveMs') - performance.now();
    if (waitMs <= 0) return draw();
    const timer = setTimeout(draw, waitMs);
    return () => clearTimeout(timer);
  }, [count, steps, props.checks, props.recoveries, logarithmic]);

  const at = pointed !== undefined && pointed < count ? pointed : count - 1;
  const check =
    pointed === undefined
      ? props.checks.at(-1)
      : props.checks.findLast((candidate) => count === 0 || candidate.step <= steps[at]!);
  return (
    <CurveFrame
      {...{ line: props, at, check, height, box }}
      tool={
        <label className="log small">
          <input
            type="checkbox"
            checked={logarithmic}
            onChange={(event) => setLogarithmic(event.target.checked)}
          />
          log
        </label>
      }
    />
  );
});

function options(
  box: HTMLElement,
  logarithmic: boolean,
  height: number,
  props: () => CurveProps,
  point: (index: number | undefined) => void,
): uPlot.Options {
  const ink = resolved(box, 'var(--ink)');
  const muted = resolved(box, 'var(--muted)');
  const line = resolved(box, 'var(--line)');
  const live = resolved(box, 'var(--live)');
  const faint = resolved(box, 'color-mix(in oklch, var(--live) 40%, transparent)');
  const check = resolved(box, 'var(--hue-0)');
  const font = `12px ${getComputedStyle(box).fontFamily}`;
  const axis = { stroke: muted, font, ticks: { show: false }, grid: { stroke: line, width: 1 } };
  return {
    width: box.clientWidth,
    height,
    legend: { show: false },
    padding: [8, 16, 0, 0],
    cursor: {
      sync: { key: CROSSHAIR.key },
      drag: { x: true, y: false },
      points: { show: false },
    },
    scales: {
      x: { time: false, range: (_plot, low, high) => stepsOf(low, high, props()) },
      y: {
        distr: logarithmic ? 3 : 1,
        range: (_plot, low, high) => rangeOf(low, high, logarithmic, props().checks),
      },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 28, space: 72, incrs: WHOLE },
      {
        ...axis,
        size: 48,
        space: 36,
        values: (_plot, splits) =>
          splits.map((split) => (split === null ? '' : short(split * props().scale))),
      },
    ],
    series: [
      {},
      { stroke: faint, width: 1, points: { show: false } },
      { stroke: live, width: 2.25, points: { show: false } },
    ],
    hooks: {
      setCursor: [({ cursor }) => point(cursor.idx ?? undefined)],
      draw: [(plot) => drawMarks(plot, props(), { ink, muted, check })],
    },
  };
}

/** There is no half of a step. */
const WHOLE = Array.from({ length: 9 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

function drawMarks(
  plot: uPlot,
  { checks, checkpoints, recoveries }: CurveProps,
  colours: { readonly ink: string; readonly muted: string; readonly check: string },
): void {
  const { ctx, bbox } = plot;
  const pixel = devicePixelRatio;
  const x = (step: number) => Math.round(plot.valToPos(step, 'x', true));
  const shown = (step: number) => step >= plot.scales['x']!.min! && step <= plot.scales['x']!.max!;
  const floor = bbox.top + bbox.height;
  ctx.save();
  ctx.fillStyle = colours.muted;
  for (const step of checkpoints) if (shown(step)) ctx.fillRect(x(step), floor - 5 * pixel, pixel, 5 * pixel);
  ctx.strokeStyle = colours.ink;
  ctx.lineWidth = pixel;
  ctx.setLineDash([3 * pixel, 3 * pixel]);
  for (const step of recoveries) {
    if (!shown(step)) continue;
    ctx.beginPath();
    ctx.moveTo(x(step) + pixel / 2, bbox.top);
    ctx.lineTo(x(step) + pixel / 2, floor);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  ctx.strokeStyle = ctx.fillStyle = colours.check;
  ctx.lineWidth = 1.5 * pixel;
  const inside = checks.filter((check) => shown(check.step));
  ctx.beginPath();
  for (const { step, value } of inside) ctx.lineTo(x(step), plot.valToPos(value, 'y', true));
  ctx.stroke();
  for (const { step, value } of inside) {
    ctx.beginPath();
    ctx.arc(x(step), plot.valToPos(value, 'y', true), 3 * pixel, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}

/** What a style sheet calls this colour here and now, in words that a canvas understands. */
function resolved(box: HTMLElement, colour: string): string {
  const probe = document.createElement('span');
  probe.style.color = colour;
  box.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
