/**
 * What a contribution of 4 MB costs the server from the socket to the merged sum, against a bare `ws` server that receives the same
 * bytes and drops them: CPU seconds of that process ÷ CPU seconds of ours, per contribution, default durability.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { WebSocket, WebSocketServer } from 'ws';
import { type Measurement, ratio } from './measurement.ts';
import { startServerProcess } from './server-process.ts';
import { joinWaiting, type WaitingVolunteer } from './waiting-volunteer.ts';

const PARAMS = 1_000_000;
const FRAMES = 400;
const VOLUNTEERS = 4;

export async function measureIngest(): Promise<readonly Measurement[]> {
  const bare = await bareSeconds();
  const ours = await ourSeconds();
  const note = `${(bare * 1e3).toFixed(1)} ms ÷ ${(ours * 1e3).toFixed(1)} ms of CPU for 4 MB; reach ≥ 0.5`;
  return [ratio('ingest.vs_ws', bare / ours, note)];
}

/** CPU seconds of our server for each contribution it accepted. */
async function ourSeconds(): Promise<number> {
  const server = await startServerProcess({
    params: PARAMS,
    units: 256,
    steps: 1e6,
    heldVectorsMax: 64,
    targetMs: 1,
  });
  const volunteers: WaitingVolunteer[] = [];
  try {
    for (let i = 0; i < VOLUNTEERS; i++) {
      volunteers.push(
        await joinWaiting({ url: server.url, job: server.job, params: PARAMS, unitMs: 0, number: i + 1 }),
      );
    }
    const accepted = () => volunteers.reduce((sum, volunteer) => sum + volunteer.accepted(), 0);
    await until(() => accepted() >= 100);
    const startCpu = await server.cpuSeconds();
    const start = accepted();
    await until(() => accepted() >= start + FRAMES);
    return ((await server.cpuSeconds()) - startCpu) / (accepted() - start);
  } finally {
    for (const volunteer of volunteers) volunteer.close();
    await server.close();
  }
}

/** CPU seconds of a server that drops what it gets, for each frame. */
async function bareSeconds(): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), ['bare'], { stdio: 'inherit' });
  const url = await told<string>(child);
  const frame = new Uint8Array(PARAMS * 4 + 40).fill(7);
  const sockets = await Promise.all(
    Array.from({ length: VOLUNTEERS }, async () => {
      const socket = new WebSocket(url, { perMessageDeflate: false });
      await once(socket, 'open');
      return socket;
    }),
  );
  const send = async (frames: number) => {
    const echoed = sockets.map(async (socket) => {
      for (let i = 0; i < frames / VOLUNTEERS; i++) {
        socket.send(frame);
        await once(socket, 'message');
      }
    });
    await Promise.all(echoed);
  };
  await send(100);
  const before = await asked(child);
  await send(FRAMES);
  const seconds = ((await asked(child)) - before) / FRAMES;
  for (const socket of sockets) socket.close();
  child.kill();
  return seconds;
}

function serveBare(): void {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    perMessageDeflate: false,
    maxPayload: 2 ** 27,
  });
  server.on('connection', (socket) => {
    // A receipt, as ours sends one, so that both are driven at the pace of their answers.
    socket.on('message', () => socket.send('ok'));
  });
  server.on('listening', () => process.send!(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`));
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send!((user + system) / 1e6);
  });
}

function told<Answer>(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve) => child.once('message', (answer) => resolve(answer as Answer)));
}

function asked(child: ChildProcess): Promise<number> {
  const answer = told<number>(child);
  child.send('cpu');
  return answer;
}

async function until(holds: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 120_000;
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error('The contributions did not arrive within two minutes.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

if (process.argv[2] === 'bare') serveBare();
