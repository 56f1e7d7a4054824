import type { HistoryPoint } from '@manyhands/protocol';
import { memo, useMemo } from 'react';
import { clock, count } from '../../look/figures.ts';
import { hueOf } from '../../look/hue.ts';
import { type Bar, BIN_MS, BINS, binAt, type Lane, lanesOf, restartsIn } from './lanes.ts';

interface ReliabilityProps {
  readonly log: readonly HistoryPoint[];
  /** The bin that is now. */
  readonly lastBin: number;
  /** The run is over: its last minutes are no longer ours. */
  readonly ended: boolean;
}

/** What each lane is called, what its totals are, and which direction is no good news. */
const WORDS = {
  people: { name: 'Volunteers', up: 'came', down: 'left', tone: 'plain' },
  lines: { name: 'Broken lines', up: 'back', down: 'lost', tone: 'warn' },
  again: { name: 'Units given again', up: '', down: '', tone: 'plain' },
  copies: { name: 'Units copied', up: '', down: '', tone: 'plain' },
  second: { name: 'Second answers', up: 'agree', down: 'differ', tone: 'bad' },
  refused: { name: 'Answers refused', up: '', down: '', tone: 'warn' },
  kept: { name: 'Checkpoints', up: 'kept', down: 'failed', tone: 'bad' },
} as const;

/** Strips of what came, went, broke and was mended: one look says whether the job shrugs it off. */
export const Reliability = memo(function Reliability({ log, lastBin, ended }: ReliabilityProps) {
  const lanes = useMemo(() => lanesOf(log, lastBin), [log, lastBin]);
  const restarts = useMemo(() => restartsIn(log, lastBin), [log, lastBin]);
  return (
    <section className="reliability" aria-labelledby="reliability-title">
      <div className="reliability-head">
        <h2 id="reliability-title">Reliability</h2>
        <p className="muted small">
          {ended ? 'its' : 'the'} last {(BINS * BIN_MS) / 60_000} minutes
          {restarts.length > 0 && (
            <span className="warn">
              {' '}
              · {restarts.length === 1 ? 'one restart' : `${restarts.length} restarts`} of the server
            </span>
          )}
        </p>
      </div>
      <dl>
        {lanes.map((lane) => (
          <div key={lane.name} className="lane">
            <dt>{WORDS[lane.name].name}</dt>
            <dd className="lane-strip">
              <Strip lane={lane} restarts={restarts} lastBin={lastBin} />
            </dd>
            <dd className="lane-figures">
              <Totals lane={lane} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
});

function Totals({ lane: { name, upTotal, downTotal } }: { readonly lane: Lane }) {
  const { up, down, tone } = WORDS[name];
  const whole = upTotal + downTotal;
  if (up === '') return <span className={whole === 0 ? 'muted' : undefined}>{count(whole)}</span>;
  return (
    <>
      <span className={upTotal === 0 ? 'muted' : undefined}>
        {count(upTotal)} <span className="muted">{up}</span>
      </span>
      <span className={downTotal === 0 ? 'muted' : tone}>
        {count(downTotal)}{' '}
        <span className={downTotal > 0 && tone !== 'plain' ? undefined : 'muted'}>{down}</span>
      </span>
    </>
  );
}

/** Half a lane, in the units of its drawing. */
const HALF = 10;

function Strip({
  lane,
  restarts,
  lastBin,
}: { readonly lane: Lane } & { readonly restarts: readonly number[]; readonly lastBin: number }) {
  const most = Math.max(...[...lane.up, ...lane.down].map(({ amount }) => amount));
  const { tone } = WORDS[lane.name];
  const twoSided = lane.name !== 'again' && lane.name !== 'copies';
  const middle = twoSided ? HALF : 2 * HALF;
  const height = ({ amount }: Bar) => Math.max(3, Math.sqrt(amount / most) * (middle - 1));
  const titled = ({ bin, amount }: Bar) => `${clock((lastBin - BINS + 1 + bin) * BIN_MS)}: ${amount}`;
  return (
    <svg viewBox={`0 0 ${BINS} ${2 * HALF}`} preserveAspectRatio="none" aria-hidden="true">
      <line className="lane-line" x2={BINS} y1={middle} y2={middle} />
      {restarts.map((bin) => (
        <line key={bin} className="lane-restart" x1={bin + 0.5} x2={bin + 0.5} y2={2 * HALF} />
      ))}
      {lane.up.map((bar) => (
        <rect
          key={bar.bin}
          className={bar.volunteer === undefined ? 'merged' : `hue-${hueOf(bar.volunteer)}`}
          x={bar.bin + 0.12}
          y={middle - height(bar)}
          width={0.76}
          height={height(bar)}
        >
          <title>{titled(bar)}</title>
        </rect>
      ))}
      {lane.down.map((bar) => (
        <rect
          key={-1 - bar.bin}
          className={
            tone !== 'plain'
              ? tone
              : bar.volunteer === undefined
                ? 'merged'
                : `hue-${hueOf(bar.volunteer)} gone`
          }
          x={bar.bin + 0.12}
          y={middle}
          width={0.76}
          height={height(bar)}
        >
          <title>{titled(bar)}</title>
        </rect>
      ))}
    </svg>
  );
}

/** The bin of the newest thing that is known: by the server's clock, which need not be ours. */
export function newestBin(updatedAt: number, log: readonly HistoryPoint[]): number {
  return binAt(Math.max(updatedAt, log.at(-1)?.at ?? 0));
}
