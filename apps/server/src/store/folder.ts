/** Making the data folder. */

import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the folder and what is missing above it, from the top down. */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  // Not `recursive`: where a parent can hold no folder, as in /proc, Node's own search for one never ends.
  makeFolder(dirname(folder));
  mkdirSync(folder);
}
