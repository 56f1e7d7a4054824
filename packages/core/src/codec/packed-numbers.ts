/** Numbers of a few bits each, one behind the other and each from its lowest bit on: the first begins at the lowest bit of the first byte. */

export function packedBytes(count: number, width: number): number {
  return Math.ceil((count * width) / 8);
}

/** The lowest `width` bits, 16 at most, of each number. */
export function writePacked(
  numbers: Uint16Array,
  count: number,
  width: number,
  bytes: Uint8Array,
  at: number,
): void {
  const mask = (1 << width) - 1;
  let waiting = 0;
  let filled = 0;
  for (let i = 0; i < count; i++) {
    waiting |= (numbers[i]! & mask) << filled;
    for (filled += width; filled >= 8; filled -= 8) {
      bytes[at++] = waiting;
      waiting >>>= 8;
    }
  }
  if (filled > 0) bytes[at] = waiting;
}

export function readPacked(
  bytes: Uint8Array,
  at: number,
  count: number,
  width: number,
  numbers: Uint16Array,
): void {
  const mask = (1 << width) - 1;
  let waiting = 0;
  let filled = 0;
  for (let i = 0; i < count; i++) {
    for (; filled < width; filled += 8) waiting |= bytes[at++]! << filled;
    numbers[i] = waiting & mask;
    waiting >>>= width;
    filled -= width;
  }
}
