import type { HistoryPoint, JobView } from '@manyhands/protocol';
import { memo, useState } from 'react';
import { clock, moment } from '../../look/figures.ts';
import { eventWords, TOPICS, type Topic, topicOf } from './event-words.ts';

const LINES_MAX = 120;

interface EventLogProps {
  readonly points: readonly HistoryPoint[];
  readonly metricName: JobView['metricName'];
}

/** What happened, newest first. Checkpoints come every second and are left out until asked for. */
export const EventLog = memo(function EventLog({ points, metricName }: EventLogProps) {
  const [wanted, setWanted] = useState<ReadonlySet<Topic>>(() => new Set(TOPICS.slice(0, 4)));
  const toggle = (topic: Topic) =>
    setWanted((was) => new Set(TOPICS.filter((other) => (other === topic) !== was.has(other))));
  const lines = points.filter(({ entry }) => wanted.has(topicOf(entry))).slice(-LINES_MAX);
  return (
    <section className="events" aria-labelledby="events-title">
      <div className="events-head">
        <h2 id="events-title">Events</h2>
        <fieldset className="topics">
          <legend className="unseen">Show</legend>
          {TOPICS.map((topic) => (
            <label key={topic}>
              <input type="checkbox" checked={wanted.has(topic)} onChange={() => toggle(topic)} />
              {topic}
            </label>
          ))}
        </fieldset>
      </div>
      {lines.length === 0 ? (
        <p className="muted">
          {points.length === 0 ? 'Nothing has happened yet.' : 'Nothing of this kind yet.'}
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the log scrolls, by keyboard too.
        <ol tabIndex={0} aria-label="Events, newest first">
          {lines.toReversed().map((point) => (
            <Line key={point.index} point={point} metricName={metricName} />
          ))}
        </ol>
      )}
    </section>
  );
});

interface LineProps {
  readonly point: HistoryPoint;
  readonly metricName: JobView['metricName'];
}

function Line({ point, metricName }: LineProps) {
  const { words, tone } = eventWords(point.entry, metricName);
  return (
    <li className={tone}>
      <time dateTime={new Date(point.at).toISOString()} title={moment(point.at)}>
        {clock(point.at)}
      </time>
      <span>{words}</span>
    </li>
  );
}
