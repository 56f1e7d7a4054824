/** Getting bytes from the server over HTTP, bounded, with every way to fail as a value. */

import type { Failure } from './failure.ts';

/** `bytesMax` is the most that is taken; `fresh` asks past the browser's cache. */
export type Download = (
  url: string,
  options: { readonly bytesMax: number; readonly fresh?: boolean },
) => Promise<Uint8Array<ArrayBuffer> | Failure>;

export const download: Download = async (url, { bytesMax, fresh = false }) => {
  try {
    const response = await fetch(url, {
      cache: fresh ? 'no-cache' : 'default',
      signal: AbortSignal.timeout(WAIT_MS_MAX),
    });
    if (response.ok && response.body !== null) return await readBody(response.body, bytesMax, url);
    return refused(url, response.status);
  } catch {
    return { failure: 'unreachable', sentence: `${nameOf(url)} could not be fetched from the server.` };
  }
};

const WAIT_MS_MAX = 120_000;

async function readBody(
  body: ReadableStream<Uint8Array>,
  bytesMax: number,
  url: string,
): Promise<Uint8Array<ArrayBuffer> | Failure> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    length += chunk.value.byteLength;
    if (length > bytesMax) {
      await reader.cancel();
      const sentence = `${nameOf(url)} is longer than the ${bytesMax} bytes that it may have.`;
      return { failure: 'malformed', sentence };
    }
    chunks.push(chunk.value);
  }
  return joined(chunks, length);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function refused(url: string, status: number): Failure {
  const sentence = `The server answered ${status} for ${nameOf(url)}.`;
  return { failure: status === 404 || status === 410 ? 'gone' : 'unreachable', sentence };
}

function nameOf(url: string): string {
  return new URL(url).pathname;
}
