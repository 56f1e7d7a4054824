/**
 * Who watches the checkers: the production core is broken on purpose, one way after another, in a copy of what was
 * built, and the worlds are run on each copy. A mutant that no rule notices is a hole in the rules.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Mutant {
  readonly what: string;
  /** A file of the core, as it was built. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const MUTANTS: readonly Mutant[] = [
  {
    what: 'a lease never expires',
    file: 'coordinator.js',
    find: 'if (nowMs < lease.grantedAtMs + EXPIRY_FACTOR * spanMs)',
    replace: 'if (true)',
  },
  {
    what: 'leases of a volunteer who left are forgotten, units and all',
    file: 'coordinator.js',
    find: 'this.#round.drop(lease);\n            this.#forgetOverdue(lease);',
    replace: 'this.#forgetOverdue(lease);',
  },
  {
    what: 'an answer counts for whoever sends it',
    file: 'coordinator.js',
    find: 'const lease = this.#round.lease(id);\n        if (lease?.volunteer !== volunteer) {\n            this.#refuse(',
    replace:
      'const lease = this.#round.lease(id);\n        if (lease === undefined) {\n            this.#refuse(',
  },
  {
    what: 'copies of a block that is in stay live',
    file: 'round.js',
    find: 'for (const other of others)\n                forget(other);',
    replace: '',
  },
  {
    what: 'NaN is let in',
    file: 'validator.js',
    find: "return canonicalize(vector) ? undefined : 'not-finite';",
    replace: 'canonicalize(vector); return undefined;',
  },
  {
    what: 'the number of samples is believed',
    file: 'validator.js',
    find: 'if (samples !== lease.run.count * job.batch.unitSamples)',
    replace: 'if (false)',
  },
  {
    what: 'a sum replaces the one that waited for it',
    file: 'reduction.js',
    find: 'sibling.index < node.index ? merge(other.sum, sum) : merge(sum, other.sum)',
    replace: 'sum',
  },
  {
    what: 'memory has no bound',
    file: 'round.js',
    find: 'reduction.held + trainBlocksLeased < shape.heldVectorsMax',
    replace: 'true',
  },
  {
    what: 'at the bound of memory nothing goes out',
    file: 'round.js',
    find: 'free.train.takeThis(sibling)',
    replace: 'false',
  },
  {
    what: 'a recovered server uses the old incarnation',
    file: 'central-model.js',
    find: 'incarnation: incarnation + 1',
    replace: 'incarnation: incarnation',
  },
  {
    what: 'a checkpoint shares its parameters with the model',
    file: 'central-model.js',
    find: 'params: this.#params.slice()',
    replace: 'params: this.#params',
  },
  {
    what: 'a checkpoint forgets the optimizer',
    file: 'central-model.js',
    find: 'slots: this.#slots.map((slot) => slot.slice())',
    replace: 'slots: this.#slots.map((slot) => slot.slice().fill(0))',
  },
  {
    what: 'credit is counted when an answer comes, and not with its version',
    file: 'coordinator.js',
    find: 'addUnits(this.#earned, member.account',
    replace: 'addUnits(this.#credit, member.account',
  },
  {
    what: 'the job is called finished before that is durable',
    file: 'coordinator.js',
    find: 'this.#ending = as;',
    replace: 'this.#ending = as; this.#become(as);',
  },
  {
    what: 'a volunteer that became slow is believed to be fast',
    file: 'fleet.js',
    find: 'const slower = Math.min(member.speed,',
    replace: 'const slower = Math.max(member.speed,',
  },
  {
    what: 'any volunteer gets as many leases as it asks for',
    file: 'fleet.js',
    find: 'if (member.pulls + member.leases >= leasesMax)',
    replace: 'if (false)',
  },
  {
    what: 'units that come back are given to nobody',
    file: 'round.js',
    find: 'free[lease.kind].give(lease.block);',
    replace: ';',
  },
];

/** Where the mutants have to show themselves: two worlds full of trouble, and one slow volunteer alone. */
const SWEEPS = [
  ['--many', '60', '--volunteers', '3'],
  ['--many', '60', '--volunteers', '12'],
  ['--many', '20', '--volunteers', '1', '--faults', 'stragglers'],
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
    const { status, stderr } = spawnSync(process.execPath, [main, ...sweep], {
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
    const file = join(place, 'packages', 'core', 'dist', mutant.file);
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
