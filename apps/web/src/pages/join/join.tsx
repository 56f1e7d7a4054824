import { type JobView, ROUTES } from '@manyhands/protocol';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { Curve } from '../../curve/curve.tsx';
import { useWatch } from '../../live/use-watch.ts';
import { useVolunteer } from '../../live/volunteer.ts';
import type { Watching } from '../../live/watch.ts';
import { loss, METRIC_TITLE, metric } from '../../look/figures.ts';
import { ContactLine } from '../../parts/contact-line.tsx';
import { Durable } from '../../parts/durable.tsx';
import { Notice } from '../../parts/notice.tsx';
import { Shell } from '../../parts/shell.tsx';
import { Ring } from '../../ring/ring.tsx';
import { Ask } from './ask.tsx';
import { Ended } from './ended.tsx';
import { Given } from './given.tsx';
import { Helping } from './helping.tsx';
import './join.css';

/** What a volunteer opens, on a phone first: what the job is, the ring, one button. */
export function JoinPage({ job }: { readonly job: string }) {
  const watching = useWatch(job);
  const { contact, live } = watching;
  useEffect(() => {
    document.title = live === undefined ? 'Manyhands' : `Help: ${live.job.about.title}`;
  }, [live]);

  if (contact.at === 'refused') {
    return (
      <Shell>
        <Notice title="This link leads nowhere">
          {contact.sentence} Or look at <Link href="/">the jobs of this server</Link>.
        </Notice>
      </Shell>
    );
  }
  return (
    <Shell job={job}>
      <ContactLine contact={contact} />
      {live === undefined ? (
        <Reaching offline={contact.at === 'offline'} />
      ) : (
        <Joined job={live.job} watching={watching} />
      )}
    </Shell>
  );
}

function Reaching({ offline }: { readonly offline: boolean }) {
  return (
    <div className="join">
      <div className="join-head">
        <h1>{offline ? 'The server is not there' : 'One moment'}</h1>
        <p className="muted">
          {offline
            ? 'It may be starting, or the link is old. This page tries again.'
            : 'Reaching the server…'}
        </p>
      </div>
      <div className="join-ring">
        <Ring live={undefined} />
      </div>
    </div>
  );
}

function Joined({ job, watching }: { readonly job: JobView; readonly watching: Watching }) {
  const { live, history } = watching;
  return (
    <div className="join">
      <div className="join-head">
        <h1>{job.about.title}</h1>
        <p>
          {job.about.summary} <span className="muted">Run by {job.about.operator}.</span>
        </p>
      </div>
      <Part job={job} live={live!} />
      <div className="join-curve">
        <Curve
          title={history.evaluations.length > 0 ? METRIC_TITLE[job.metricName] : 'Loss'}
          {...(history.evaluations.length > 0 ? metricCurve(job, history) : lossCurve(history))}
          height={160}
        />
        <p className="join-more">
          {job.trial !== 'none' && <Link href={ROUTES.trialPage(job.id)}>Try what it has learned</Link>}
          <Link href={ROUTES.dashboardPage(job.id)}>See everything</Link>
        </p>
        <p className="small">
          <Durable job={job} short />
        </p>
      </div>
    </div>
  );
}

/** The ring and what this device has to do with it. */
function Part({ job, live }: { readonly job: JobView; readonly live: NonNullable<Watching['live']> }) {
  const volunteer = useVolunteer(job.id);
  const phase = volunteer?.mirror.phase.at;
  const mine = phase === 'stopped' ? undefined : volunteer?.mirror.volunteer;
  const open = job.hosted && (job.status === 'running' || job.status === 'paused');
  return (
    <>
      <div className="join-ring">
        <Ring live={live} mine={mine} />
      </div>
      <div className="join-part">
        {volunteer !== undefined && volunteer.mirror.given.units > 0 && (phase === 'stopped' || !open) && (
          <Given job={job} given={volunteer.mirror.given} />
        )}
        {!open ? (
          <Ended job={job} />
        ) : volunteer === undefined || phase === 'asking' || phase === 'stopped' ? (
          <Ask job={job} link={volunteer?.link} again={phase === 'stopped'} />
        ) : (
          <Helping job={job} volunteer={volunteer} />
        )}
      </div>
    </>
  );
}

function lossCurve(history: Watching['history']) {
  return {
    steps: history.steps,
    values: history.loss,
    checks: history.evaluations.map(({ step, loss }) => ({ step, value: loss })),
    format: loss,
    canBeLogarithmic: true,
  };
}

function metricCurve(job: JobView, history: Watching['history']) {
  return {
    steps: history.steps,
    values: history.metric,
    checks: history.evaluations.map(({ step, metric }) => ({ step, value: metric })),
    format: (value: number | null | undefined) => metric(job.metricName, value).figure,
    unit: job.metricName === 'accuracy' ? ' %' : '',
    scale: job.metricName === 'accuracy' ? 100 : 1,
  };
}
