/**
 * Who watches the checkers: the production core, and the shell of these worlds, are broken on purpose, one way after another, in
 * a copy of what was built, and the worlds are run on each copy. A mutant that no rule notices is a hole in the rules.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS, type Mutant } from './mutants.ts';

/** Where the mutants have to show themselves: two worlds full of trouble, one slow volunteer alone, classes that stall, two that take long, a codec that leaves something out, and the other strategies. */
const SWEEPS = [
  ['--volunteers', '3', '--many', '60'],
  ['--volunteers', '12', '--many', '60'],
  ['--volunteers', '1', '--many', '20', '--faults', 'stragglers'],
  ['--volunteers', '4', '--many', '60', '--faults', 'stragglers,exact'],
  ['--volunteers', '2', '--many', '10', '--faults', 'exact', '--rounds', '300'],
  ['--volunteers', '6', '--many', '60', '--lossy'],
  ['--volunteers', '6', '--many', '40', '--strategy', 'local'],
  ['--volunteers', '6', '--many', '40', '--strategy', 'async'],
];
const TIME_LIMIT_MS = 120_000;

/** Tells of each mutant how it was noticed; 0 when all were. */
export function hunt(tell: (line: string) => void): number {
  let survivors = 0;
  for (const mutant of MUTANTS) {
    const noticed = withMutant(mutant, run);
    if (noticed === undefined) survivors++;
    tell(noticed === undefined ? `NOT NOTICED  ${mutant.what}` : `noticed      ${mutant.what}: ${noticed}`);
  }
  tell(`${MUTANTS.length - survivors} of ${MUTANTS.length} mutants were noticed`);
  return survivors === 0 ? 0 : 1;
}

/** The last line of a run that failed; undefined when nothing was noticed. */
function run(main: string): string | undefined {
  for (const sweep of SWEEPS) {
    const { status, stderr } = spawnSync(process.execPath, [main, '--as-found', ...sweep], {
      encoding: 'utf8',
      timeout: TIME_LIMIT_MS,
    });
    if (status !== 0) return stderr.trim().split('\n').at(-1)?.slice(0, 160) ?? 'it hung';
  }
  return undefined;
}

/** A copy of the built packages in which one thing is wrong. */
function withMutant<Result>(mutant: Mutant, use: (main: string) => Result): Result {
  const packages = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  const place = join(packages, '..', 'node_modules', '.cache', 'mutant');
  rmSync(place, { recursive: true, force: true });
  for (const name of ['core', 'simulator']) {
    const to = join(place, 'packages', name);
    mkdirSync(to, { recursive: true });
    cpSync(join(packages, name, 'dist'), join(to, 'dist'), { recursive: true });
    cpSync(join(packages, name, 'package.json'), join(to, 'package.json'));
  }
  const scope = join(place, 'node_modules', '@manyhands');
  mkdirSync(scope, { recursive: true });
  symlinkSync(join(place, 'packages', 'core'), join(scope, 'core'));
  try {
    const file = join(place, 'packages', mutant.package ?? 'core', 'dist', mutant.file);
    const source = readFileSync(file, 'utf8');
    if (source.split(mutant.find).length !== 2) {
      throw new Error(
        `The mutant “${mutant.what}” no longer fits ${mutant.file}: its text must be there once.`,
      );
    }
    writeFileSync(file, source.replace(mutant.find, mutant.replace));
    return use(join(place, 'packages', 'simulator', 'dist', 'main.js'));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
