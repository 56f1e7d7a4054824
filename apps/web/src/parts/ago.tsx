import { useEffect, useState } from 'react';
import { ago, moment } from '../look/figures.ts';

/** What `ago` tells in seconds, it tells for a minute and a half. */
const AGAIN_MS = 5_000;

/** How long ago something was, by the clock of whoever looks; the exact time on hover. */
export function Ago({ atMs }: { readonly atMs: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={new Date(atMs).toISOString()} title={moment(atMs)}>
      {ago(atMs, now)}
    </time>
  );
}
