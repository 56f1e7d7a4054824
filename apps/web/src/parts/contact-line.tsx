import type { Contact } from '../live/watch.ts';
import { clock, moment } from '../look/figures.ts';

/** Says when the server went silent; the page keeps its last data under it. */
export function ContactLine({ contact }: { readonly contact: Contact }) {
  return (
    <div role="status" className="contact">
      {contact.at === 'offline' && (
        <p>
          The server does not answer. What you see is from{' '}
          <time dateTime={new Date(contact.sinceMs).toISOString()} title={moment(contact.sinceMs)}>
            {clock(contact.sinceMs)}
          </time>
          ; it is asked again by itself.
        </p>
      )}
    </div>
  );
}
