/**
 * The store of a world: keeps the promise of the server's store on a disk that is worse than a real one. A checkpoint is one
 * file under the name of its version, sealed by a hash over all its bytes; whoever reads goes from the newest to the first
 * whose seal is whole. Durable is what a sync has ended for, and nothing before.
 */

import { type Checkpoint, fingerprint, type Progress, sameVersion } from '@manyhands/core';
import { LIMITS } from '@manyhands/protocol';
import type { Disk, DiskFile } from './disk.ts';
import { newestIntact, type RecoveredCheckpoint, superfluous } from './recovery.ts';

export class Store {
  readonly #disk: Disk;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Calls back once, unless the power goes before. Only reads its arguments. */
  saveCheckpoint(checkpoint: Checkpoint, done: (durable: boolean) => void): void {
    const file = { version: checkpoint.version, bytes: sealed(checkpoint) };
    this.#disk.write(file);
    this.#disk.sync((durable) => {
      if (durable) this.#tidy(file);
      done(durable);
    });
  }

  /** As `saveCheckpoint`, at once. */
  saveCheckpointNow(checkpoint: Checkpoint): void {
    const file = { version: checkpoint.version, bytes: sealed(checkpoint) };
    this.#disk.write(file);
    this.#disk.syncNow();
    this.#tidy(file);
  }

  /** The newest checkpoint whose bytes are those that were written; undefined when there is none. */
  newestCheckpoint(): RecoveredCheckpoint | undefined {
    // Of two files of one name the later is read first: a command saves a version again under another status.
    return newestIntact(this.#disk.files.toReversed(), unsealed);
  }

  /** A version that is saved again replaces itself, and only the newest are kept. */
  #tidy(saved: DiskFile): void {
    const { files } = this.#disk;
    this.#disk.remove(files.filter((file) => file !== saved && sameVersion(file.version, saved.version)));
    this.#disk.remove(superfluous(this.#disk.files, LIMITS.versionsKept));
  }
}

/** What is written as text, before the numbers. */
interface Header {
  readonly incarnation: number;
  readonly step: number;
  readonly lengths: readonly number[];
  readonly progress: Progress;
  readonly credit: readonly (readonly [string, number])[];
}

/** Bytes of the seal: 16 hexadecimal digits. */
const SEAL_BYTES = 16;

/** [ seal | bytes of the header : 4 | header, filled up to 4 bytes | parameters | state | slots ] */
function sealed({ version, params, state, slots, progress, credit }: Checkpoint): Uint8Array {
  const vectors = [params, state, ...slots];
  const header: Header = {
    ...version,
    lengths: vectors.map(({ length }) => length),
    progress,
    credit: [...credit],
  };
  const text = JSON.stringify(header);
  const words = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 4) * 4));
  const numbers = vectors.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const bytes = new Uint8Array(SEAL_BYTES + 4 + words.length + numbers);
  new DataView(bytes.buffer).setUint32(SEAL_BYTES, words.length, true);
  bytes.set(words, SEAL_BYTES + 4);
  let at = SEAL_BYTES + 4 + words.length;
  for (const vector of vectors) {
    bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), at);
    at += vector.byteLength;
  }
  bytes.set(new TextEncoder().encode(sealOf(bytes)));
  return bytes;
}

/** The checkpoint that was sealed, or undefined when the bytes are no longer those. */
function unsealed({ bytes }: DiskFile): Checkpoint | undefined {
  if (new TextDecoder().decode(bytes.subarray(0, SEAL_BYTES)) !== sealOf(bytes)) return undefined;
  const length = new DataView(bytes.buffer).getUint32(SEAL_BYTES, true);
  let at = SEAL_BYTES + 4 + length;
  const text = new TextDecoder().decode(bytes.subarray(SEAL_BYTES + 4, at));
  const { incarnation, step, lengths, progress, credit } = JSON.parse(text) as Header;
  const [params, state, ...slots] = lengths.map((elements) => {
    const vector = new Float32Array(bytes.slice(at, at + 4 * elements).buffer);
    at += vector.byteLength;
    return vector;
  });
  return {
    version: { incarnation, step },
    params: params!,
    state: state!,
    slots,
    progress,
    credit: new Map(credit),
  };
}

function sealOf(bytes: Uint8Array): string {
  return fingerprint(new Float32Array(bytes.buffer, SEAL_BYTES));
}
