import { type JobView, ROUTES } from '@manyhands/protocol';
import { Link } from 'wouter';
import { count, METRIC_TITLE, metric } from '../../look/figures.ts';

/** Instead of the button, when there is nothing left to help with. */
export function Ended({ job }: { readonly job: JobView }) {
  const { figure, unit } = metric(job.metricName, job.evaluation?.metric);
  return (
    <section className="ended">
      <h2>{job.status === 'finished' ? 'This model is trained' : 'This run has ended'}</h2>
      <p>
        {count(job.step)} of {count(job.steps)} steps.
        {job.evaluation !== null && (
          <>
            {' '}
            {METRIC_TITLE[job.metricName]} on samples it never saw: {figure}
            {unit !== '' && ` ${unit}`}.
          </>
        )}
      </p>
      {job.trial !== 'none' && (
        <Link href={ROUTES.trialPage(job.id)} className="button primary">
          Try it
        </Link>
      )}
      <p className="muted small">
        Is this your server? Train again with <code>npm start -- --fresh</code>.
      </p>
    </section>
  );
}
