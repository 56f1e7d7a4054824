/** The word that lets somebody command the job: kept in the data folder, so that a dashboard link works after a restart. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The token of this data folder; made when there is none. */
export function adminTokenOf(folder: string): string {
  const file = join(folder, 'admin-token');
  try {
    const kept = readFileSync(file, 'utf8').trim();
    if (kept.length >= TOKEN_CHARACTERS_MIN) return kept;
  } catch {
    // There is none yet.
  }
  const token = randomBytes(24).toString('base64url');
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
}

/** Compares in a time that says nothing of where the two differ. */
export function sameToken(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

const TOKEN_CHARACTERS_MIN = 16;

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
