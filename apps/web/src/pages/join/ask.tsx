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
            The sums that it computes (gradients), a random pseudonym, the class of this device, such as
            “webgpu, apple”, and how fast it computes. Nothing else about you.
          </dd>
        </div>
        <div>
          <dt>What is stored</dt>
          <dd>
            Here, in this browser: the pseudonym, your choice of colours, whether this device has time to draw
            motion, how fast it computes this model,{' '}
            {job.codec.name !== 'float32' && 'what it has not sent yet of its sums, '}
            and in its cache the samples and the model. There: how much was given under the pseudonym, and how
            fast.
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
