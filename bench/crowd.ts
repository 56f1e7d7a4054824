/**
 * Thousands of volunteers that only join: lines of bare `ws` that speak as much of socket.io as that takes, in a process of
 * their own. They fetch neither page nor model and ask for no lease, so what is measured is the door. Who is told to come back later does. Each thousand comes from a loopback address of its own, because a server
 * has a ceiling for each address.
 */

import { fileURLToPath } from 'node:url';
import { type DismissedMessage, type JoinAnswer, PROTOCOL_VERSION, SOCKET_PATH } from '@manyhands/protocol';
import WebSocket from 'ws';
import { Companion } from './companion.ts';
import { LAYOUT_HASH } from './synthetic-job.ts';

export interface CrowdOptions {
  readonly url: string;
  readonly job: string;
  readonly volunteers: number;
  /** The last of them comes this long after the first. */
  readonly withinMs: number;
  /** The processor that the crowd may use, where the system knows how to say so. */
  readonly core?: number;
}

export interface CrowdCount {
  readonly joined: number;
  /** Came, and were told when to come back, at least once. */
  readonly told: number;
  /** Got no answer, or one that does not say what to do. */
  readonly lost: number;
  /** What became of those, and of how many each. */
  readonly losses: Readonly<Record<string, number>>;
}

export interface Crowd {
  count(): Promise<CrowdCount>;
  close(): Promise<void>;
}

/** Resolves when every volunteer has come once. */
export async function gather(options: CrowdOptions): Promise<Crowd> {
  const { core, ...asked } = options;
  const words = [JSON.stringify(asked)];
  const crowd = new Companion<CrowdCount>('The crowd', fileURLToPath(import.meta.url), words, {
    core,
  });
  await crowd.heard();
  return { count: () => crowd.ask('count'), close: () => crowd.close() };
}

type Fate = 'coming' | 'told' | 'joined' | 'lost';

type Answer =
  | { readonly fate: 'joined' }
  | { readonly fate: 'told'; readonly afterMs: number }
  | { readonly fate: 'lost'; readonly why: string };

async function come({ url, job, volunteers, withinMs }: CrowdOptions): Promise<void> {
  const fates: Fate[] = new Array(volunteers).fill('coming');
  const told = new Set<number>();
  const losses: Record<string, number> = {};
  const count = (): CrowdCount => ({
    joined: fates.filter((fate) => fate === 'joined').length,
    told: told.size,
    lost: fates.filter((fate) => fate === 'lost').length,
    losses,
  });
  const visit = (i: number): Promise<void> =>
    join(url, job, i).then((answer) => {
      fates[i] = answer.fate;
      if (answer.fate === 'lost') losses[answer.why] = (losses[answer.why] ?? 0) + 1;
      if (answer.fate !== 'told') return;
      told.add(i);
      // As a volunteer does: up to half as long on top.
      setTimeout(() => void visit(i), answer.afterMs * (1 + Math.random() / 2));
    });
  process.on('message', () => process.send!(count()));
  process.on('disconnect', () => process.exit(0));
  const startedAt = performance.now();
  const visits: Promise<void>[] = [];
  for (let i = 0; i < volunteers; i++) {
    const dueInMs = (i / volunteers) * withinMs - (performance.now() - startedAt);
    if (dueInMs > 1) await new Promise((resolve) => setTimeout(resolve, dueInMs));
    visits.push(visit(i));
  }
  await Promise.all(visits);
  process.send!(count());
}

/** One visit, up to its answer; a line that has joined stays open and answers the server's pings. */
function join(url: string, job: string, number: number): Promise<Answer> {
  const address = new URL(`${SOCKET_PATH}/`, url);
  address.protocol = 'ws:';
  address.search = 'EIO=4&transport=websocket';
  const line = new WebSocket(address, {
    perMessageDeflate: false,
    ...(process.platform === 'linux' ? { localAddress: `127.0.1.${1 + Math.floor(number / 1_000)}` } : {}),
  });
  return new Promise((resolve) => {
    line.on('unexpected-response', (_request, response) => {
      const afterMs = Number(response.headers['retry-after']) * 1_000;
      response.destroy();
      line.terminate();
      const why = `answered with ${response.statusCode}`;
      resolve(Number.isFinite(afterMs) ? { fate: 'told', afterMs } : { fate: 'lost', why });
    });
    line.on('error', ({ message }) => resolve({ fate: 'lost', why: message }));
    line.on('close', (code) => resolve({ fate: 'lost', why: `closed with ${code}` }));
    line.on('message', (data, isBinary) => {
      if (isBinary) return;
      const packet = String(data);
      if (packet === PING) line.send(PONG);
      else if (packet.startsWith(OPEN)) line.send(CONNECT);
      else if (packet.startsWith(CONNECT))
        line.send(`${EVENT_0}${JSON.stringify(['join', joinMessage(job, number)])}`);
      else if (packet.startsWith(ANSWER_0)) {
        const [answer] = JSON.parse(packet.slice(ANSWER_0.length)) as [JoinAnswer];
        if (answer.joined) return resolve({ fate: 'joined' });
        resolve(sentAway(answer));
        line.close();
      } else if (packet.startsWith(EVENT)) {
        const [name, message] = JSON.parse(packet.slice(EVENT.length)) as [string, DismissedMessage];
        if (name === 'dismissed') resolve(sentAway(message));
      }
    });
  });
}

function sentAway({ refusal, retryAfterMs }: Pick<DismissedMessage, 'refusal' | 'retryAfterMs'>): Answer {
  return retryAfterMs === undefined
    ? { fate: 'lost', why: refusal }
    : { fate: 'told', afterMs: retryAfterMs };
}

/** Packets of engine.io and socket.io, protocols 4 and 5; `EVENT_0` asks for answer 0. */
const [OPEN, PING, PONG, CONNECT, EVENT, EVENT_0, ANSWER_0] = [
  '0',
  '2',
  '3',
  '40',
  '42',
  '420',
  '430',
] as const;

function joinMessage(job: string, number: number) {
  return {
    protocol: PROTOCOL_VERSION,
    job,
    layoutHash: LAYOUT_HASH,
    device: { engine: 'clock', backend: 'cpu', vendor: '', architecture: '' },
    account: (0x10_0000 + number).toString(16).padStart(32, '0'),
  };
}

const [, script, asked] = process.argv;
if (script === fileURLToPath(import.meta.url) && asked !== undefined) void come(JSON.parse(asked));
