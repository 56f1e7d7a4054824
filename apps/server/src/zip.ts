/**
 * A ZIP archive whose files lie in it as they are: floats do not deflate. Every file stands twice, with its bytes and in the
 * directory at the end, and an archive is opened by its end (APPNOTE.TXT of PKWARE, 4.3). Lengths and checksums stand before the
 * bytes too, which a streamed archive cannot offer and some readers ask for.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';

export interface ZipEntry {
  /** In ASCII, with `/` between folders. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** At most 4 GiB in all. The same entries give the same bytes. */
export async function zip(entries: readonly ZipEntry[]): Promise<Buffer<ArrayBuffer>> {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { path, bytes } of entries) {
    const name = Buffer.from(path, 'ascii');
    const facts = factsOf(await checksumOf(bytes), bytes.byteLength, name.byteLength);
    const header = Buffer.concat([littleEndian([FILE, 4], [VERSION, 2]), facts, littleEndian([0, 2]), name]);
    const rest = littleEndian([0, 2], [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]);
    directory.push(littleEndian([LISTED, 4], [VERSION, 2], [VERSION, 2]), facts, rest, name);
    files.push(header, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    at += header.byteLength + bytes.byteLength;
  }
  const list = Buffer.concat(directory);
  const count = entries.length;
  const end = littleEndian(
    [END, 4],
    [0, 2],
    [0, 2],
    [count, 2],
    [count, 2],
    [list.byteLength, 4],
    [at, 4],
    [0, 2],
  );
  return Buffer.concat([...files, list, end]);
}

const FILE = 0x04034b50;
const LISTED = 0x02014b50;
const END = 0x06054b50;
/** Of the format that a reader must know: 2.0. */
const VERSION = 20;
/** Midnight of the first day that the format can tell: when it was packed is nobody's business. */
const FIRST_DAY = (1 << 5) | 1;

/** What stands in both places: no flags, stored as it is, when, checksum, lengths. */
function factsOf(checksum: number, bytes: number, nameBytes: number): Buffer {
  return littleEndian(
    [0, 2],
    [0, 2],
    [0, 2],
    [FIRST_DAY, 2],
    [checksum, 4],
    [bytes, 4],
    [bytes, 4],
    [nameBytes, 2],
  );
}

/** A piece a turn: this thread serves others meanwhile. */
async function checksumOf(bytes: Uint8Array): Promise<number> {
  let checksum = 0;
  for (let from = 0; from < bytes.byteLength; from += PIECE_BYTES) {
    checksum = crc32(bytes.subarray(from, from + PIECE_BYTES), checksum);
    await nextTurn();
  }
  return checksum;
}

const PIECE_BYTES = 1024 * 1024;

function littleEndian(...fields: readonly (readonly [value: number, bytes: 2 | 4])[]): Buffer {
  return Buffer.concat(
    fields.map(([value, bytes]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );
}
