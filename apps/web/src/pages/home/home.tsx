import { type JobView, ROUTES } from '@manyhands/protocol';
import { useEffect, useMemo } from 'react';
import { Link } from 'wouter';
import { useJobs } from '../../live/api.ts';
import { useWatch } from '../../live/use-watch.ts';
import { clock, count, METRIC_TITLE, metric } from '../../look/figures.ts';
import { Ago } from '../../parts/ago.tsx';
import { Durable } from '../../parts/durable.tsx';
import { Notice } from '../../parts/notice.tsx';
import { Shell } from '../../parts/shell.tsx';
import { Blank, Waiting } from '../../parts/waiting.tsx';
import { lastRefused } from '../../ring/refused.ts';
import { Ring } from '../../ring/ring.tsx';
import './home.css';

/** The jobs of this server: the one that it trains, and earlier runs that it still serves. */
export function HomePage() {
  const { data: jobs, error, dataUpdatedAt } = useJobs();
  useEffect(() => {
    document.title = 'Manyhands';
  }, []);
  const trouble = error === null ? undefined : `${error.message} It is asked again by itself.`;
  const hosted = jobs?.filter((job) => job.hosted) ?? [];
  const earlier = jobs?.filter((job) => !job.hosted) ?? [];
  return (
    <Shell>
      {jobs !== undefined && (
        <div role="status" className="contact">
          {trouble !== undefined && (
            <p>
              {trouble} What you see is from {clock(dataUpdatedAt)}.
            </p>
          )}
        </div>
      )}
      {jobs === undefined && <Empty trouble={trouble} />}
      {jobs?.length === 0 && (
        <Notice title="No job yet">
          Start one with <code>npm start</code>: it trains the handwritten digits of the example.
        </Notice>
      )}
      {jobs !== undefined && jobs.length > 0 && (
        <div className="home">
          <h1>One model, trained together in many browser tabs</h1>
          <JobList title="In training here" jobs={hosted} />
          <JobList title="Earlier runs" jobs={earlier} />
        </div>
      )}
    </Shell>
  );
}

/** The same page before it is known which jobs there are. */
function Empty({ trouble }: { readonly trouble: string | undefined }) {
  return (
    <div className="home">
      <Waiting trouble={trouble} what="Asking the server for its jobs…" />
      <div className="job open">
        <Ring live={undefined} />
        <div className="job-blanks">
          <Blank wide="14em" />
          <Blank wide="90%" />
          <Blank wide="60%" />
        </div>
        <div className="job-blanks">
          <Blank wide="80%" />
          <Blank wide="66%" />
          <Blank wide="72%" />
        </div>
      </div>
    </div>
  );
}

function JobList({ title, jobs }: { readonly title: string; readonly jobs: readonly JobView[] }) {
  if (jobs.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul className="jobs">
        {jobs.map((job) => (
          <li key={job.id}>
            <JobLine job={job} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function JobLine({ job }: { readonly job: JobView }) {
  const checked = job.evaluation;
  const { figure, unit } = metric(job.metricName, checked?.metric);
  const open = job.hosted && (job.status === 'running' || job.status === 'paused');
  return (
    <article className={open ? 'job open' : 'job'}>
      {open && <LiveRing job={job} />}
      <div className="job-words">
        <h3>
          <Link href={open ? ROUTES.joinPage(job.id) : ROUTES.dashboardPage(job.id)}>{job.about.title}</Link>{' '}
          <span className="status" data-status={job.status}>
            {job.status}
          </span>
        </h3>
        <p className="muted small">
          {job.about.summary} Run by {job.about.operator}.
        </p>
        <p className="small">
          <Durable job={job} short />
        </p>
        <p className="job-links small">
          {open && <Link href={ROUTES.joinPage(job.id)}>Help</Link>}
          <Link href={ROUTES.dashboardPage(job.id)}>Dashboard</Link>
          {job.trial !== 'none' && <Link href={ROUTES.trialPage(job.id)}>Try it</Link>}
        </p>
      </div>
      <dl className="job-facts small">
        <div>
          <dt>Step</dt>
          <dd>
            {count(job.step)} <span className="muted">of {count(job.steps)}</span>
            <progress max={job.steps} value={job.step} aria-label={`Step ${job.step} of ${job.steps}`} />
          </dd>
        </div>
        <div>
          <dt>{METRIC_TITLE[job.metricName]}</dt>
          <dd>
            {figure}
            {unit !== '' && <span className="muted"> {unit}</span>}
            {checked !== null && <span className="muted"> at step {count(checked.step)}</span>}
          </dd>
        </div>
        <div>
          <dt>{open ? 'Volunteers' : 'Last change'}</dt>
          <dd>{open ? count(job.volunteers.connected) : <Ago atMs={job.updatedAt} />}</dd>
        </div>
      </dl>
    </article>
  );
}

function LiveRing({ job }: { readonly job: JobView }) {
  const { live, history } = useWatch(job.id);
  const refused = useMemo(() => lastRefused(history.log), [history.log]);
  return <Ring live={live} refused={refused} />;
}
