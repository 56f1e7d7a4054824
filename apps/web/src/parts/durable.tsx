import type { JobView } from '@manyhands/protocol';
import { count } from '../look/figures.ts';

interface DurableProps {
  readonly job: JobView;
  /** Where there is little room: the beginning of the name, all of it on hover. */
  readonly short?: boolean;
}

/** The newest version that survives a crash, by the name of its bytes: two pages that show the same name show the same model. */
export function Durable({ job, short = false }: DurableProps) {
  if (job.durable === null) return <span className="muted">Nothing is durable yet.</span>;
  const { step, version, paramsSha256 } = job.durable;
  return (
    <>
      <span className="muted">
        Durable at step {count(step)}, version {version}, SHA-256
      </span>{' '}
      <span className="hash" title={paramsSha256}>
        {short ? `${paramsSha256.slice(0, 12)}…` : paramsSha256}
      </span>
    </>
  );
}
