import type { JobView } from '@manyhands/protocol';
import { ROUTES } from '@manyhands/protocol';
import type { VolunteerLink } from '@manyhands/volunteer';
import { count } from '../../look/figures.ts';

interface AskProps {
  readonly job: JobView;
  readonly link: VolunteerLink | undefined;
  readonly again: boolean;
}

/** Before the yes: one button, and under it what it means. */
export function Ask({ job, link, again }: AskProps) {
  return (
    <>
      <button
        type="button"
        className="primary"
        disabled={link === undefined}
        // Only a person can say yes: a click made by a script is not trusted.
        onClick={(event) => event.nativeEvent.isTrusted && link?.consent()}
      >
        {again ? 'Help again' : 'Yes, help with this device'}
      </button>
      <p className="muted small">You can turn it down or stop it at any moment. Closing this tab ends it.</p>
      <dl className="terms">
        <div>
          <dt>What runs</dt>
          <dd>
            Mathematics on your graphics processor, in the background of this tab: how this model should
            change to be right about {count(job.batchSamples)} samples, shared with everybody here. No program
            of the job runs, only ours on its numbers.
          </dd>
        </div>
        <div>
          <dt>What is sent</dt>
          <dd>
            The sums that it computes (gradients), a random pseudonym, and the class of this device, such as
            “webgpu, apple”. Nothing else about you.
          </dd>
        </div>
        <div>
          <dt>What is stored</dt>
          <dd>
            Here: the pseudonym and the samples, in this browser. There: how much was given under the
            pseudonym.
          </dd>
        </div>
      </dl>
      <details className="small">
        <summary>Details</summary>
        <ul>
          <li>{job.about.data}</li>
          <li>
            A model of {count(job.params)} numbers, trained for up to {count(job.steps)} steps of{' '}
            {count(job.batchSamples)} samples.
          </li>
          <li>
            Everything that is sent to your browser: <a href={ROUTES.program(job.id)}>the program</a> and{' '}
            <a href={ROUTES.model(job.id)}>the model</a>, as data. The server’s{' '}
            <a href={ROUTES.openapi}>interface</a>.
          </li>
          <li>To remove what is stored here, clear this site’s data in your browser.</li>
        </ul>
      </details>
    </>
  );
}
