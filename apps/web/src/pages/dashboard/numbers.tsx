import type { JobView } from '@manyhands/protocol';
import type { Watching } from '../../live/watch.ts';
import { count, duration, METRIC_TITLE, metric, rate } from '../../look/figures.ts';
import { Figure } from '../../parts/figure.tsx';
import { Spark } from '../../parts/spark.tsx';

interface NumbersProps {
  readonly job: JobView;
  readonly watching: Watching;
}

/** The four numbers that say how the job is, each with where it comes from. */
export function Numbers({ job, watching: { trend, history } }: NumbersProps) {
  const checked = metric(job.metricName, job.evaluation?.metric);
  return (
    <dl className="figures">
      <Figure
        name="Step"
        figure={count(job.step)}
        unit={`of ${count(job.steps)}`}
        trend={<Spark values={trend.map((point) => point.roundsPerMinute)} />}
        note={pace(job)}
      />
      <Figure
        name={METRIC_TITLE[job.metricName]}
        {...checked}
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
        trend={<Spark values={trend.map((point) => point.samplesPerSecond)} />}
        note="over the last 10 s"
      />
      <Figure
        name="Volunteers"
        figure={count(job.volunteers.connected)}
        trend={<Spark values={trend.map((point) => point.connected)} />}
        note={`${count(job.volunteers.working)} working`}
      />
    </dl>
  );
}

function pace(job: JobView): string {
  if (job.status !== 'running') return job.status;
  if (job.roundsPerMinute === null) return 'rounds a minute: –';
  const each = `${rate(job.roundsPerMinute)} rounds a minute`;
  if (job.roundsPerMinute === 0) return each;
  return `${each}, ${duration(((job.steps - job.step) / job.roundsPerMinute) * 60)} at most to go`;
}
