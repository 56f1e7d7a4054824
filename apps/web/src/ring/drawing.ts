/**
 * Draws the ring into an SVG element and keeps it true. Plain DOM, because the widget draws the same ring without a
 * framework. Cells are made once for a number of units; a new state changes attributes of the cells that differ, and
 * style sheets do the rest (ring.css: colours, the short fade, and its absence under reduced motion). At most one
 * redraw a frame, and none while the page is hidden, since browsers hold frames back then.
 */

import type { RoundLive } from '@manyhands/protocol';
import { HUES, hueOf } from '../look/hue.ts';
import { isStill } from '../look/motion.ts';
import { CENTRE_RADIUS, gapFor, pathOf, sectorsOf } from './geometry.ts';
import { type CellState, type RingView, statesOf } from './tree.ts';

export interface RingDrawing {
  /** Shows this from the next frame on. */
  show(view: RingView): void;
  /** A brief notch in the cells of a volunteer whose answer was refused. */
  notch(volunteer: number): void;
  close(): void;
}

export interface RingOptions {
  /** Distance between cells, in units of a ring 200 wide. A small ring needs wider gaps and no grain. */
  readonly gap: number;
  readonly grain: boolean;
  /** The step number in the middle. */
  readonly label: boolean;
}

const SVG = 'http://www.w3.org/2000/svg';
/** Units of a ring that is drawn before anything is known. */
const UNITS_UNKNOWN = 8;
const AT_REST: RingView = { at: 'rest', units: 0 };

let rings = 0;

/** Takes over the content of `svg`, whose `viewBox` should be `-100 -100 200 200`. */
export function drawRing(svg: SVGSVGElement, options: RingOptions): RingDrawing {
  const prefix = `ring${++rings}`;
  const group = make('g', {});
  const disc = make('circle', { r: CENTRE_RADIUS - options.gap * 2, class: 'ring-disc' });
  const check = make('circle', { r: CENTRE_RADIUS - options.gap * 2, class: 'ring-check', pathLength: 1 });
  const step = make('text', { y: options.label ? -1 : 0, class: 'ring-step' });
  const caption = make('text', { y: 15, class: 'ring-caption' });
  caption.textContent = 'step';
  svg.replaceChildren(patterns(prefix), group, disc, check);
  if (options.label) svg.append(step, caption);

  let cells: SVGElement[] = [];
  let units = 0;
  let shown: number | undefined;
  let wanted: RingView = AT_REST;
  let frame = 0;

  const redraw = () => {
    frame = 0;
    const view = wanted;
    const now = roundOf(view);
    if (now.units !== units) {
      units = now.units;
      const gap = gapFor(units, options.gap);
      cells = sectorsOf(units, gap).map((sector) => make('path', { d: pathOf(sector, gap) }));
      svg.style.setProperty('--edge-width', String(gap * 0.7));
      group.replaceChildren(...cells);
    }
    const states = statesOf(now);
    for (const [i, state] of states.cells.entries())
      paint(cells[i]!, view.at === 'done' ? DONE : state, view.at === 'round' ? view.mine : undefined);
    set(group, 'class', view.at);
    set(disc, 'class', `ring-disc ${view.at === 'done' ? 'done' : states.root.at}`);
    const at = view.at === 'rest' ? undefined : now.step;
    step.textContent = at === undefined ? '–' : String(at);
    set(step, 'data-digits', String(Math.min(7, step.textContent.length)));
    const { units: checks, done } = now.evaluation;
    set(check, 'stroke-dasharray', `${done < checks ? done / checks : 0} 1`);
    if (shown !== undefined && at !== undefined && at > shown) flash(disc);
    shown = at;
  };

  const paint = (cell: SVGElement, state: CellState, mine: number | undefined) => {
    const owner = state.at === 'free' ? undefined : state.volunteer;
    const hue = owner === undefined ? undefined : hueOf(owner);
    const others = mine !== undefined && owner !== undefined && owner !== mine;
    set(cell, 'class', `cell ${state.at}${hue === undefined ? '' : ` hue-${hue}`}${others ? ' others' : ''}`);
    set(cell, 'data-volunteer', owner === undefined ? '' : String(owner));
    const pattern =
      hue === undefined
        ? undefined
        : state.at === 'backup'
          ? `stripes-${hue}`
          : state.at === 'in' && options.grain && HUES[hue]!.grain !== 'solid'
            ? `grain-${hue}`
            : undefined;
    cell.style.fill = pattern === undefined ? '' : `url(#${prefix}-${pattern})`;
  };

  const drawing: RingDrawing = {
    show(view) {
      wanted = view;
      if (frame === 0) frame = requestAnimationFrame(redraw);
    },
    notch(volunteer) {
      if (isStill()) return;
      for (const cell of cells) {
        if (cell.dataset['volunteer'] !== String(volunteer) || !cell.classList.contains('leased')) continue;
        cell.animate([{ scale: 0.93 }, { scale: 1 }], { duration: 180, easing: 'ease-out' });
      }
    },
    close: () => cancelAnimationFrame(frame),
  };
  drawing.show(AT_REST);
  return drawing;
}

/** Every cell of the last step, by all who helped. */
const DONE: CellState = { at: 'in', volunteer: undefined };

/** What is running, or an empty round of the same shape. */
function roundOf(view: RingView): RoundLive {
  if (view.at === 'round') return view.round;
  const step = view.at === 'done' ? view.step : 0;
  return { step, units: view.units || UNITS_UNKNOWN, cells: [], evaluation: { units: 0, done: 0 } };
}

/** The centre was full for an instant: the step is done. */
function flash(disc: SVGElement): void {
  if (isStill()) return;
  disc.animate([{ fillOpacity: 0.5 }, { fillOpacity: 0 }], { duration: 190, easing: 'ease-out' });
}

/** Stripes for backup copies in each hue, and the grains that tell hues apart without colour. */
function patterns(prefix: string): SVGElement {
  const defs = make('defs', {});
  for (const [hue, { grain }] of HUES.entries()) {
    const stripes = pattern(`${prefix}-stripes-${hue}`, 5, 'rotate(45)');
    stripes.append(make('rect', { width: 2.2, height: 5, class: `ink hue-${hue}` }));
    defs.append(stripes);
    if (grain === 'solid') continue;
    const grained = pattern(`${prefix}-grain-${hue}`, 5, grain === 'dots' ? 'rotate(30)' : 'rotate(45)');
    grained.append(make('rect', { width: 5, height: 5, class: `ink hue-${hue}` }));
    if (grain === 'dots') grained.append(make('circle', { cx: 2.5, cy: 2.5, r: 0.95, class: 'grain' }));
    else {
      grained.append(
        make('rect', { y: 2.1, width: 5, height: 0.7, class: 'grain' }),
        make('rect', { x: 2.1, width: 0.7, height: 5, class: 'grain' }),
      );
    }
    defs.append(grained);
  }
  return defs;
}

function pattern(id: string, size: number, patternTransform: string): SVGElement {
  return make('pattern', { id, width: size, height: size, patternUnits: 'userSpaceOnUse', patternTransform });
}

function make(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

function set(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
