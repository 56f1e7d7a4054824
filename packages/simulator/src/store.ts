/**
 * The store of a world: keeps the promise of the server's store on a disk that is worse than a real one. A checkpoint is one
 * file under the name of its version, sealed by a hash over all its bytes. Durable is what a sync has ended for, and nothing before.
 *
 * What of it is production code are the rules of recovery (`core/recovery`): which checkpoint is read, under which name it goes on,
 * whose credit counts, and which ones go. SQLite is not on this disk: that a transaction is there whole or not at all, its file's format and its log are
 * proven on real files, cut and garbled at every place (`server/store/durability.test.ts`).
 */

import {
  addAll,
  type Checkpoint,
  fingerprint,
  isPassedOver,
  newestIntact,
  type Progress,
  type RecoveredCheckpoint,
  sameVersion,
  superfluous,
  type Units,
} from '@manyhands/core';
import type { Disk, DiskFile } from './disk.ts';

export class Store {
  readonly #disk: Disk;
  readonly #kept: number;

  /** Keeps the newest `kept` versions. */
  constructor(disk: Disk, kept: number) {
    this.#disk = disk;
    this.#kept = kept;
  }

  /** Calls back once, unless the power goes before. Only reads its arguments. */
  saveCheckpoint(checkpoint: Checkpoint, done: (durable: boolean) => void): void {
    const file = fileOf(checkpoint);
    this.#disk.write(file);
    this.#disk.sync(file, (durable) => {
      if (durable) this.#tidy(file);
      done(durable);
    });
  }

  /** As `saveCheckpoint`, at once. */
  saveCheckpointNow(checkpoint: Checkpoint): void {
    const file = fileOf(checkpoint);
    this.#disk.write(file);
    this.#disk.syncNow();
    this.#tidy(file);
  }

  /** The newest checkpoint whose bytes are those that were written; undefined when there is none. */
  newestCheckpoint(): RecoveredCheckpoint | undefined {
    // Of two files of one name the later is read first: a command saves a version again under another status.
    return newestIntact(this.#disk.files.toReversed(), unsealed);
  }

  /** Of every account, in all versions. */
  credit(): Units {
    return unitsIn(this.#disk.settled, this.#disk.files);
  }

  /**
   * A version that is saved again replaces itself, what a recovery passed over earns nothing, only the newest are kept, and what was
   * earned with others is settled. All of it is one commit with the file.
   */
  #tidy(saved: DiskFile): void {
    const disk = this.#disk;
    const replaced = disk.files.filter((file) => file !== saved && sameVersion(file.version, saved.version));
    disk.rewrite(saved, unitsIn(saved.earned, replaced));
    disk.remove(replaced);
    for (const file of disk.files) {
      if (isPassedOver(file.version, saved.version)) disk.rewrite(file, new Map());
    }
    const gone = superfluous(disk.files, this.#kept);
    disk.settled = unitsIn(disk.settled, gone);
    disk.remove(gone);
  }
}

function fileOf(checkpoint: Checkpoint): DiskFile {
  const { version, earned } = checkpoint;
  return { version, bytes: sealed(checkpoint), earned: new Map(earned) };
}

function unitsIn(before: Units, files: readonly DiskFile[]): Units {
  const units = new Map(before);
  for (const { earned } of files) addAll(units, earned);
  return units;
}

/** What is written as text, before the numbers. */
interface Header {
  readonly incarnation: number;
  readonly step: number;
  readonly lengths: readonly number[];
  readonly progress: Progress;
}

/** Bytes of the seal: 16 hexadecimal digits. */
const SEAL_BYTES = 16;

/** [ seal | bytes of the header : 4 | header, filled up to 4 bytes | parameters | state | slots ] */
function sealed({ version, params, state, slots, progress }: Checkpoint): Uint8Array {
  const vectors = [params, state, ...slots];
  const header: Header = {
    ...version,
    lengths: vectors.map(({ length }) => length),
    progress,
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
function unsealed({ bytes, earned }: DiskFile): { readonly checkpoint: Checkpoint } | undefined {
  if (new TextDecoder().decode(bytes.subarray(0, SEAL_BYTES)) !== sealOf(bytes)) return undefined;
  const length = new DataView(bytes.buffer).getUint32(SEAL_BYTES, true);
  let at = SEAL_BYTES + 4 + length;
  const text = new TextDecoder().decode(bytes.subarray(SEAL_BYTES + 4, at));
  const { incarnation, step, lengths, progress } = JSON.parse(text) as Header;
  const [params, state, ...slots] = lengths.map((elements) => {
    const vector = new Float32Array(bytes.slice(at, at + 4 * elements).buffer);
    at += vector.byteLength;
    return vector;
  });
  return {
    checkpoint: {
      version: { incarnation, step },
      params: params!,
      state: state!,
      slots,
      progress,
      earned,
    },
  };
}

function sealOf(bytes: Uint8Array): string {
  return fingerprint(new Float32Array(bytes.buffer, SEAL_BYTES));
}
