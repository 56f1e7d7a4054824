import { unreachable } from '@manyhands/core';
import type { CodecView, JobView } from '@manyhands/protocol';
import { crowdTrend, speedTrend } from '../../live/trend.ts';
import type { Watching } from '../../live/watch.ts';
import { bytes, count, duration, METRIC_TITLE, metric, rate } from '../../look/figures.ts';
import { Figure } from '../../parts/figure.tsx';
import { Spark } from '../../parts/spark.tsx';
import { Blank } from '../../parts/waiting.tsx';

interface NumbersProps {
  readonly job: JobView;
  readonly watching: Watching;
}

/** The server measures its rate over this; the trend uses the same window. */
const WINDOW_MS = 10_000;

/** The five numbers that say how the job is, each with where it comes from. */
export function Numbers({ job, watching: { history } }: NumbersProps) {
  return (
    <dl className="figures">
      <Figure
        name="Step"
        figure={count(job.step)}
        unit={`of ${count(job.steps)}`}
        trend={<progress max={job.steps} value={job.step} aria-hidden="true" />}
        note={`${pace(job)}${madeOf(job)}`}
      />
      <Figure
        name={METRIC_TITLE[job.metricName]}
        {...metric(job.metricName, job.evaluation?.metric)}
        trend={<Spark values={history.evaluations.map((evaluation) => evaluation.metric)} />}
        note={
          job.evaluation === null
            ? 'not checked yet'
            : `${count(job.evaluation.samples)} held-out samples, step ${count(job.evaluation.step)}`
        }
      />
      <Figure
        name="Speed"
        figure={rate(job.samplesPerSecond)}
        unit="samples/s"
        trend={<Spark fromZero values={speedTrend(history, job.updatedAt, WINDOW_MS)} />}
        note="over the newest answers"
      />
      <Figure
        name="Volunteers"
        figure={count(job.volunteers.connected)}
        trend={<Spark fromZero values={crowdTrend(history.log, job.volunteers.connected)} />}
        note={`${count(job.volunteers.working)} working`}
      />
      <Figure name="Traffic" {...up(job)} note={down(job)} />
    </dl>
  );
}

/** Their places, while nothing is known. */
export function NoNumbers() {
  return (
    <div className="figures" aria-hidden="true">
      {['Step', 'Check', 'Speed', 'Volunteers', 'Traffic'].map((name) => (
        <div key={name} className="figure">
          <Blank wide="64px" />
          <p className="figure-value muted">{count(undefined)}</p>
          <Blank wide="120px" />
        </div>
      ))}
    </div>
  );
}

function up({ traffic }: JobView): { figure: string; unit: string } {
  const { figure, unit } = bytes(traffic?.up);
  return { figure, unit: unit === '' ? '' : `${unit}/sample` };
}

function down({ traffic, codec, updates, residualsLost }: JobView): string {
  const lost = residualsLost > 0 ? `; ${count(residualsLost)} residuals lost` : '';
  if (traffic === null) return `up in ${smaller(codec)}${lost}`;
  const { figure, unit } = bytes(traffic.down);
  return `up in ${smaller(codec)}; ${figure} ${unit} down in ${smaller(updates)}${lost}`;
}

function smaller({ name, ratio }: CodecView): string {
  return ratio > 1 ? `${name}, ${rate(ratio)}× smaller` : name;
}

/** A mean of whole numbers, which often is one. */
function short(mean: number | null): string {
  return mean !== null && Number.isInteger(mean) ? count(mean) : rate(mean);
}

/** What a step is made of, where it is not one gradient of a whole batch. */
function madeOf({ strategy }: JobView): string {
  switch (strategy.kind) {
    case 'sync':
      return '';
    case 'local':
      return `; ${short(strategy.taken)} of ${count(strategy.steps)} local steps each`;
    case 'async':
      return `; async, answers ${short(strategy.staleness)} versions behind, ${count(strategy.stalenessMax)} at most`;
    default:
      return unreachable(strategy);
  }
}

function pace(job: JobView): string {
  if (job.status !== 'running') return job.status;
  if (job.roundsPerMinute === null) return 'steps a minute: –';
  const each = `${rate(job.roundsPerMinute)} steps a minute`;
  if (job.roundsPerMinute === 0) return each;
  return `${each}, at most ${duration(((job.steps - job.step) / job.roundsPerMinute) * 60)} to go`;
}
