import { type DeviceClass, sameDevice } from '@manyhands/core';
import { ROUTES, type VolunteerRow } from '@manyhands/protocol';
import { memo, useState } from 'react';
import { Link } from 'wouter';
import { ago, count, moment, percent, rate } from '../../look/figures.ts';
import { hueOf } from '../../look/hue.ts';

interface Column {
  readonly name: string;
  readonly unit?: string;
  readonly by: (row: VolunteerRow) => number | string;
  readonly figures: boolean;
}

const COLUMNS = {
  volunteer: { name: 'Volunteer', by: (row) => row.volunteer, figures: false },
  state: { name: 'Now', by: (row) => (row.working ? 0 : 1), figures: false },
  device: { name: 'Device', by: (row) => `${row.backend} ${row.vendor} ${row.architecture}`, figures: false },
  speed: { name: 'Speed', unit: 'samples/s', by: (row) => row.samplesPerSecond ?? -1, figures: true },
  share: { name: 'Share', unit: '%', by: (row) => row.share, figures: true },
  units: { name: 'Units', by: (row) => row.units, figures: true },
  refused: { name: 'Refused', by: (row) => row.refused, figures: true },
  // Ordered by those that differ: they are what one looks for.
  agreed: { name: 'Agreed', by: (row) => row.disagreed, figures: true },
  joined: { name: 'Joined', by: (row) => row.joinedAt, figures: true },
} as const satisfies Readonly<Record<string, Column>>;

const AGREED_TITLE = 'Of the pieces that somebody else computed too, so many had the same answer.';

type ColumnName = keyof typeof COLUMNS;

interface Sorting {
  readonly column: ColumnName;
  readonly direction: 'ascending' | 'descending';
}

interface VolunteersProps {
  readonly job: string;
  readonly connected: number;
  /** The job has work for more. */
  readonly wanted: boolean;
  /** The one class of device that is given work now; undefined where all are. */
  readonly serving: DeviceClass | undefined;
  /** Undefined for everybody but the admin. */
  readonly rows: readonly VolunteerRow[] | undefined;
}

/** Every volunteer that is connected, for the person who runs the job; a count for everybody else. */
export const Volunteers = memo(function Volunteers(props: VolunteersProps) {
  const { job, connected, wanted, serving, rows } = props;
  return (
    <section className="volunteers" aria-labelledby="volunteers-title">
      <h2 id="volunteers-title">Volunteers</h2>
      {connected === 0 ? (
        <p className="muted">
          Nobody is here.{' '}
          {wanted && (
            <>
              Open <Link href={ROUTES.joinPage(job)}>the join page</Link> in a tab, or send its address to
              somebody.
            </>
          )}
        </p>
      ) : rows === undefined ? (
        <p className="muted">
          {connected === 1 ? 'One is' : `${count(connected)} are`} connected. Who they are is shown to the
          person who runs the job, on the dashboard link that the server printed.
        </p>
      ) : (
        <Table rows={rows} serving={serving} />
      )}
    </section>
  );
});

interface TableProps {
  readonly rows: readonly VolunteerRow[];
  readonly serving: DeviceClass | undefined;
}

function Table({ rows, serving }: TableProps) {
  const [sorting, setSorting] = useState<Sorting>({ column: 'share', direction: 'descending' });
  const sorted = [...rows].sort(inOrder(sorting));
  const sortBy = (column: ColumnName) =>
    setSorting((was) => ({
      column,
      direction:
        was.column === column
          ? opposite(was.direction)
          : COLUMNS[column].figures
            ? 'descending'
            : 'ascending',
    }));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone the table scrolls sideways, by keyboard too.
    <section className="table-box" tabIndex={0} aria-label="Table of volunteers">
      <table>
        <thead>
          <tr>
            {(Object.entries(COLUMNS) as [ColumnName, Column][]).map(([column, { name, unit, figures }]) => (
              <th
                key={column}
                scope="col"
                className={figures ? 'right' : undefined}
                aria-sort={sorting.column === column ? sorting.direction : undefined}
              >
                <button type="button" className="quiet" onClick={() => sortBy(column)}>
                  {figures && arrow(sorting, column)}
                  {name}
                  {unit !== undefined && <span className="unit">{unit}</span>}
                  {!figures && arrow(sorting, column)}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <Row key={row.volunteer} row={row} state={stateOf(row, serving)} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Outside of the heading's text, so that text and figures share an edge. */
function arrow(sorting: Sorting, column: ColumnName) {
  if (sorting.column !== column) return null;
  return (
    <span className="arrow" aria-hidden="true">
      {sorting.direction === 'ascending' ? '↑' : '↓'}
    </span>
  );
}

function stateOf(row: VolunteerRow, serving: DeviceClass | undefined): string {
  if (row.working) return 'working';
  return serving === undefined || sameDevice(row, serving) ? 'waiting' : 'waiting for its turn';
}

function Row({ row, state }: { readonly row: VolunteerRow; readonly state: string }) {
  return (
    <tr>
      <th scope="row">
        <span className={`swatch hue-${hueOf(row.volunteer)}`} aria-hidden="true" />
        {row.volunteer}
      </th>
      <td className={row.working ? undefined : 'muted'}>{state}</td>
      <td>
        {row.backend}{' '}
        <span className="muted">
          {[row.vendor, row.architecture].filter((part) => part !== '').join(' ') || 'unknown'}
        </span>
      </td>
      <td className="right">{rate(row.samplesPerSecond)}</td>
      <td className="right">
        <span className="share" aria-hidden="true">
          <span className={`hue-${hueOf(row.volunteer)}`} style={{ width: `${row.share * 100}%` }} />
        </span>
        {percent(row.share)}
      </td>
      <td className="right">{count(row.units)}</td>
      <td className={row.refused > 0 ? 'right warn' : 'right muted'}>{count(row.refused)}</td>
      <td className={row.disagreed > 0 ? 'right warn' : 'right muted'} title={AGREED_TITLE}>
        {row.agreed + row.disagreed === 0
          ? count(undefined)
          : `${count(row.agreed)} of ${count(row.agreed + row.disagreed)}`}
      </td>
      <td className="right muted">
        <time dateTime={new Date(row.joinedAt).toISOString()} title={moment(row.joinedAt)}>
          {ago(row.joinedAt, Date.now())}
        </time>
      </td>
    </tr>
  );
}

function inOrder({ column, direction }: Sorting): (a: VolunteerRow, b: VolunteerRow) => number {
  const { by } = COLUMNS[column];
  const sign = direction === 'ascending' ? 1 : -1;
  return (a, b) => {
    const [left, right] = [by(a), by(b)];
    if (left === right) return a.volunteer - b.volunteer;
    return left < right ? -sign : sign;
  };
}

function opposite(direction: Sorting['direction']): Sorting['direction'] {
  return direction === 'ascending' ? 'descending' : 'ascending';
}
