/** Whether what was built is what the sources say: a stamp over the path, size and time of every one of them. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['packages', 'apps', 'vite.config.ts', 'tsconfig.base.json', 'package-lock.json'];
const NOT_SOURCES = new Set(['node_modules', 'dist']);

export function isBuilt(root) {
  const stamp = stampFile(root);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === stampOf(root);
}

export function markBuilt(root) {
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stampFile(root), stampOf(root));
}

function stampFile(root) {
  return join(root, 'dist', '.built');
}

function stampOf(root) {
  const hash = createHash('sha256');
  const add = (path) => {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path} ${mtimeMs} ${size}\n`);
  };
  const walk = (path) => {
    if (!statSync(path).isDirectory()) return add(path);
    for (const { name } of readdirSync(path, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      if (!NOT_SOURCES.has(name)) walk(join(path, name));
    }
  };
  for (const source of SOURCES) walk(join(root, source));
  return hash.digest('hex');
}
