import type { JobProgram } from '@manyhands/protocol';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import { asDigit, FIELD } from './digit.ts';
import { useHeldOut } from './held-out.ts';

/** Pixels of the pad's own canvas: ten for each that the model sees. */
const SIZE = 280;
const PEN = 22;
const KEY_STEP = 10;

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

interface DigitPadProps {
  readonly program: JobProgram;
  readonly onInput: (input: Float32Array | undefined) => void;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A pad to draw on with a finger, a pen, a mouse, or the arrow keys while Space holds the pen down. */
export function DigitPad({ program, onInput }: DigitPadProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pen = useRef<Point>(undefined);
  const [cursor, setCursor] = useState<Point & { readonly down: boolean }>();
  const [empty, setEmpty] = useState(true);
  const [example, setExample] = useState<string>();
  const state = useHeldOut(program);
  const heldOut = state.at === 'here' ? state.heldOut : undefined;

  const changed = (shown?: string) => {
    const input = asDigit(drawingOf(canvas.current!));
    setEmpty(input === undefined);
    setExample(shown);
    onInput(input);
  };
  const clear = () => {
    paper(canvas.current!).clearRect(0, 0, SIZE, SIZE);
    changed();
  };
  const showExample = () => {
    if (heldOut === undefined) return;
    const index = Math.floor(Math.random() * heldOut.count);
    const input = heldOut.input(index);
    paint(canvas.current!, input);
    setEmpty(false);
    setExample(heldOut.answer(index));
    onInput(input);
  };

  const begin = (event: PointerEvent<HTMLCanvasElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    if (example !== undefined) paper(canvas.current!).clearRect(0, 0, SIZE, SIZE);
    pen.current = pointOf(event);
    stroke(canvas.current!, pen.current, pen.current);
    changed();
  };
  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    if (pen.current === undefined) return;
    const to = pointOf(event);
    stroke(canvas.current!, pen.current, to);
    pen.current = to;
    changed();
  };
  const end = () => {
    pen.current = undefined;
  };
  const key = (event: KeyboardEvent) => {
    const at = cursor ?? { x: SIZE / 2, y: SIZE / 4, down: false };
    const arrow = ARROWS[event.key];
    if (event.key === ' ' || event.key === 'Enter') setCursor({ ...at, down: !at.down });
    else if (arrow !== undefined) {
      const to = { x: within(at.x + arrow[0] * KEY_STEP), y: within(at.y + arrow[1] * KEY_STEP) };
      if (at.down) {
        stroke(canvas.current!, at, to);
        changed();
      }
      setCursor({ ...to, down: at.down });
    } else return;
    event.preventDefault();
  };

  useEffect(() => () => onInput(undefined), [onInput]);

  return (
    <div className="pad">
      <div className="pad-field">
        {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: keys that a reader would keep go to the pad. */}
        <canvas
          ref={canvas}
          width={SIZE}
          height={SIZE}
          tabIndex={0}
          role="application"
          aria-label="Pad to draw a digit on. Space puts the pen down and lifts it, arrow keys move it."
          onPointerDown={begin}
          onPointerMove={move}
          onPointerUp={end}
          onPointerCancel={end}
          onKeyDown={key}
          onBlur={() => setCursor(undefined)}
        />
        {empty && cursor === undefined && <p className="pad-hint">Draw here</p>}
        {cursor !== undefined && (
          <span
            className={cursor.down ? 'pad-cursor down' : 'pad-cursor'}
            style={{ left: `${(cursor.x / SIZE) * 100}%`, top: `${(cursor.y / SIZE) * 100}%` }}
          />
        )}
      </div>
      <div className="pad-row">
        <button type="button" onClick={clear} disabled={empty}>
          Clear
        </button>
        <button type="button" onClick={showExample} disabled={heldOut === undefined}>
          A held-out digit
        </button>
        {example !== undefined && <p className="muted small">It is a {example}.</p>}
        {state.at === 'none' && <p className="muted small">{state.sentence}</p>}
      </div>
    </div>
  );
}

function stroke(canvas: HTMLCanvasElement, from: Point, to: Point): void {
  const context = paper(canvas);
  context.lineWidth = PEN;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x + 0.01, to.y);
  context.stroke();
}

/** Shows what the model is given, pixel for pixel. */
function paint(canvas: HTMLCanvasElement, input: Float32Array): void {
  const context = paper(canvas);
  const pixel = SIZE / FIELD;
  context.clearRect(0, 0, SIZE, SIZE);
  for (const [i, ink] of input.entries()) {
    context.globalAlpha = ink;
    context.fillRect((i % FIELD) * pixel, Math.floor(i / FIELD) * pixel, pixel, pixel);
  }
  context.globalAlpha = 1;
}

/** Ink is black on nothing; the style sheet gives it the colour of the page. */
function paper(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext('2d', { willReadFrequently: true })!;
}

function drawingOf(canvas: HTMLCanvasElement) {
  const { data } = paper(canvas).getImageData(0, 0, SIZE, SIZE);
  const ink = Float32Array.from({ length: SIZE * SIZE }, (_, i) => data[4 * i + 3]! / 255);
  return { width: SIZE, height: SIZE, ink };
}

function pointOf({ currentTarget, clientX, clientY }: PointerEvent<HTMLCanvasElement>): Point {
  const box = currentTarget.getBoundingClientRect();
  return { x: ((clientX - box.left) / box.width) * SIZE, y: ((clientY - box.top) / box.height) * SIZE };
}

function within(value: number): number {
  return Math.min(SIZE - PEN / 2, Math.max(PEN / 2, value));
}
