import type { JobLive } from '@manyhands/protocol';
import { memo, useEffect, useRef, useState } from 'react';
import { drawRing, type RingDrawing } from './drawing.ts';
import type { Refused } from './refused.ts';
import { ringView, sentenceOf } from './tree.ts';
import './ring.css';

/** Spoken no more often than this: a screen reader must not chatter. */
const SPEAK_EVERY_MS = 10_000;

interface RingProps {
  /** Undefined until the server has said anything. */
  readonly live: JobLive | undefined;
  /** The volunteer whose cells stand out. */
  readonly mine?: number | undefined;
  /** The volunteer that was refused last. */
  readonly refused?: Refused | undefined;
}

/** The running round, drawn from the truth, with its equivalent in words beside it. */
export const Ring = memo(function Ring({ live, mine, refused }: RingProps) {
  const svg = useRef<SVGSVGElement>(null);
  const drawing = useRef<RingDrawing>(undefined);

  useEffect(() => {
    drawing.current = drawRing(svg.current!, { gap: 1.8, grain: true, label: true });
    return () => drawing.current?.close();
  }, []);
  useEffect(() => drawing.current?.show(ringView(live, mine)), [live, mine]);
  useEffect(() => {
    if (refused !== undefined) drawing.current?.notch(refused.volunteer);
  }, [refused]);

  const connected = live?.job.volunteers.connected ?? 0;
  return (
    <div>
      <svg ref={svg} className="ring" viewBox="-100 -100 200 200" aria-hidden="true" />
      <p className="unseen" aria-live="polite">
        {useSlowly(live === undefined ? '' : sentenceOf(ringView(live), connected), SPEAK_EVERY_MS)}
      </p>
    </div>
  );
});

/** The newest value, but never two changes within `everyMs`. */
function useSlowly(value: string, everyMs: number): string {
  const [said, setSaid] = useState(value);
  const latest = useRef(value);
  latest.current = value;
  useEffect(() => {
    const timer = setInterval(() => setSaid(latest.current), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return said;
}
