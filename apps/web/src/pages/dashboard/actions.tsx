import { type JobView, ROUTES } from '@manyhands/protocol';
import { memo, useState } from 'react';
import { command } from '../../live/api.ts';

interface ActionsProps {
  readonly job: string;
  readonly status: JobView['status'];
  /** True while this server trains it. */
  readonly hosted: boolean;
  /** The admin token, once the server has accepted it. */
  readonly token: string | undefined;
  readonly wrong: boolean;
}

type Order = 'pause' | 'resume' | 'stop';

const ORDERS: Readonly<Record<Order, { readonly name: string; readonly does: string }>> = {
  pause: { name: 'Pause', does: 'Volunteers rest; nothing is lost.' },
  resume: { name: 'Resume', does: 'The running step goes on where it was.' },
  stop: { name: 'Stop', does: 'Ends this run for good. The model stays.' },
};

/** What can be done with a job, all in one place, each with what it will do. */
export const Actions = memo(function Actions({ job, status, hosted, token, wrong }: ActionsProps) {
  const [asked, setAsked] = useState<'stop'>();
  const [trouble, setTrouble] = useState<string>();
  const [hint, setHint] = useState<Order>();
  const open = hosted && (status === 'running' || status === 'paused');
  const orders: readonly Order[] = open ? [status === 'paused' ? 'resume' : 'pause', 'stop'] : [];

  const give = async (order: Order) => {
    if (order === 'stop' && asked !== 'stop') {
      setAsked('stop');
      return;
    }
    setAsked(undefined);
    setTrouble(undefined);
    try {
      await command(job, order, token!);
    } catch (error) {
      setTrouble((error as Error).message);
    }
  };

  return (
    <section className="actions" aria-label="Actions">
      <div className="actions-row">
        {token !== undefined &&
          orders.map((order) => (
            <button
              key={order}
              type="button"
              aria-describedby={`does-${order}`}
              onClick={() => give(order)}
              onPointerEnter={() => setHint(order)}
              onPointerLeave={() => setHint(undefined)}
              onFocus={() => setHint(order)}
              onBlur={() => {
                setHint(undefined);
                setAsked(undefined);
              }}
            >
              {order === 'stop' && asked === 'stop' ? 'Stop for good' : ORDERS[order].name}
            </button>
          ))}
        <a className="button" href={ROUTES.params(job, 'latest')} download={`${job}.safetensors`}>
          Safetensors
        </a>
        <a className="button" href={ROUTES.archive(job, 'latest')} download>
          model.json and weights
        </a>
      </div>
      {orders.map((order) => (
        <span key={order} id={`does-${order}`} hidden>
          {ORDERS[order].does}
        </span>
      ))}
      <p className="muted small" aria-live="polite">
        {trouble ?? (hint === undefined ? explained(open, token, wrong) : ORDERS[hint].does)}
      </p>
    </section>
  );
});

function explained(open: boolean, token: string | undefined, wrong: boolean) {
  if (!open) {
    return (
      <>
        This run has ended. Train again with <code>npm start -- --fresh</code>.
      </>
    );
  }
  if (wrong) return 'The admin token is wrong: copy the dashboard link that the server printed.';
  if (token === undefined) return 'To pause or stop, open the dashboard link that the server printed.';
  return 'The downloads are the newest version of the model.';
}
