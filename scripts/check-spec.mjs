/** SPEC.md and the tests hold each other: every rule is cited by a test, and every rule that a test cites is in SPEC.md. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const files = execFileSync(
  'git',
  [
    'ls-files',
    '-co',
    '--exclude-standard',
    '*.test.ts',
    '*.test.tsx',
    '*.spec.ts',
    'packages/simulator/src/*.ts',
    '*/testing/*.ts',
  ],
  {
    cwd: root,
    encoding: 'utf8',
  },
).split('\n');

const cited = new Map();
for (const file of files.filter(Boolean)) {
  for (const [, rules] of readFileSync(join(root, file), 'utf8').matchAll(/\[((?:[A-Z]{2}\d+[, ]*)+)\]/g)) {
    for (const rule of rules.match(/[A-Z]{2}\d+/g)) cited.set(rule, file);
  }
}
const rows = [...readFileSync(join(root, 'SPEC.md'), 'utf8').matchAll(/^\| ([A-Z]{2}\d+) \|/gm)].map(
  ([, rule]) => rule,
);
const stated = new Set(rows);

const wrong = [
  ...rows
    .filter((rule, i) => rows.indexOf(rule) !== i)
    .map((rule) => `SPEC.md gives the name ${rule} to two rules.`),
  ...[...stated]
    .filter((rule) => !cited.has(rule))
    .map((rule) => `SPEC.md states ${rule}, and no test cites it.`),
  ...[...cited]
    .filter(([rule]) => !stated.has(rule))
    .map(([rule, file]) => `${file} cites ${rule}, and SPEC.md does not state it.`),
];
for (const sentence of wrong) console.error(sentence);
console.log(`${stated.size} rules, ${wrong.length} of them without a test or a statement`);
process.exitCode = wrong.length === 0 ? 0 : 1;
