/** Reads an archive of stored files as readers do: from its end, by its directory. Believes nothing that it can check. */

import { crc32 } from 'node:zlib';

export function unzipped(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const count = archive.readUInt16LE(end + 10);
  const files = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    expectMark(archive, at, 'PK\x01\x02');
    const nameBytes = archive.readUInt16LE(at + 28);
    const name = archive.toString('ascii', at + 46, at + 46 + nameBytes);
    const file = fileAt(archive, archive.readUInt32LE(at + 42), name);
    if (file.byteLength !== archive.readUInt32LE(at + 24)) throw new Error(`${name} has two lengths.`);
    if (crc32(file) !== archive.readUInt32LE(at + 16)) throw new Error(`The checksum of ${name} is wrong.`);
    files.set(name, file);
    at += 46 + nameBytes;
  }
  if (at !== end) throw new Error('The directory is not as long as it says.');
  return files;
}

function fileAt(archive: Buffer, at: number, name: string): Buffer {
  expectMark(archive, at, 'PK\x03\x04');
  const nameBytes = archive.readUInt16LE(at + 26);
  if (archive.readUInt16LE(at + 8) !== 0) throw new Error(`${name} is not stored as it is.`);
  if (archive.toString('ascii', at + 30, at + 30 + nameBytes) !== name)
    throw new Error(`${name} has two names.`);
  const file = archive.subarray(at + 30 + nameBytes, at + 30 + nameBytes + archive.readUInt32LE(at + 18));
  if (crc32(file) !== archive.readUInt32LE(at + 14)) throw new Error(`${name} has two checksums.`);
  return file;
}

function expectMark(archive: Buffer, at: number, mark: string): void {
  if (archive.toString('latin1', at, at + 4) !== mark)
    throw new Error(`There is no ${mark.slice(0, 2)} at ${at}.`);
}
