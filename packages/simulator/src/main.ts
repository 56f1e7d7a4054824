/**
 *     npm run simulate -- --seed 7 --volunteers 40 --rounds 12 --faults churn,crash --trace
 *     npm run simulate -- --many 5000
 *     npm run simulate -- --mutants
 *
 * Exits with 1 when a rule is broken (or, with --mutants, when a broken core goes unnoticed).
 */

import { parseArgs } from 'node:util';
import { ALL_FAULTS, FAULTS, parseFaults } from './fault.ts';
import { hunt } from './hunt.ts';
import { commandOf, type Shrunk, shrink } from './shrink.ts';
import { sweep } from './sweep.ts';
import { Trace } from './trace.ts';
import { createWorld, type Outcome, runWorld, type WorldRequest } from './world.ts';

const STRATEGIES = ['sync', 'local', 'async'] as const;

const USAGE = `npm run simulate -- [options]

  --seed S          the world's seed; default 1
  --volunteers N    default 40
  --rounds R        steps of the job; default 12
  --units U         work units of a batch; default 24, and 1000 from 1000 volunteers on
  --faults A,B      any of ${FAULTS.join(', ')}; default all
  --lossy           gradients travel in a codec that leaves most of them out; then no message is lost on a line that lives
  --strategy S      ${STRATEGIES.join(', ')}; default sync
  --many N          N worlds, from --seed on; of one in which a rule is broken the smallest that shows it, and its trace
  --as-found        do not look for the smallest world
  --trace           print what the coordinator was told and what it answered
  --json            print the outcome as JSON
  --mutants         break the core on purpose, one way after another, and see that each is noticed`;

const TRACE_TAIL_LINES = 60;
const SHRINKING_MAX_MS = 30_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      volunteers: { type: 'string', default: '40' },
      rounds: { type: 'string', default: '12' },
      units: { type: 'string' },
      faults: { type: 'string' },
      lossy: { type: 'boolean', default: false },
      strategy: { type: 'string', default: 'sync' },
      many: { type: 'string', default: '1' },
      'as-found': { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      mutants: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(USAGE, 0);
  if (values.mutants) return hunt(console.log);

  const faults = values.faults === undefined ? ALL_FAULTS : parseFaults(values.faults);
  if ('unknown' in faults)
    return say(`There is no fault “${faults.unknown}”; there are ${FAULTS.join(', ')}.`, 2);
  const volunteers = Number(values.volunteers);
  const units = values.units === undefined ? (volunteers < 1_000 ? 24 : 1_000) : Number(values.units);
  const { lossy } = values;
  const strategy = STRATEGIES.find((kind) => kind === values.strategy);
  if (strategy === undefined) return say(`--strategy must be one of ${STRATEGIES.join(', ')}.`, 2);
  const sizes = { seed: Number(values.seed), volunteers, rounds: Number(values.rounds), units };
  const request = { ...sizes, faults, lossy, strategy };
  const many = Number(values.many);
  for (const [name, value] of Object.entries({ ...sizes, many })) {
    const least = name === 'seed' ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < least) {
      return say(`--${name} must be a whole number from ${least} on.`, 2);
    }
  }
  return many > 1 ? sweepAll(request, many, values) : once(request, values);
}

function once(request: WorldRequest, print: { readonly trace: boolean; readonly json: boolean }): number {
  const startedAt = performance.now();
  const trace = new Trace();
  const world = createWorld(request);
  const outcome = runWorld(print.trace ? { ...world, observe: trace.observe } : world);
  const wallMs = Math.round(performance.now() - startedAt);
  if (print.trace) console.log(trace.text());
  console.log(print.json ? JSON.stringify({ ...outcome, wallMs }) : story(outcome, wallMs));
  return outcome.broken === undefined ? 0 : 1;
}

async function sweepAll(
  request: WorldRequest,
  worlds: number,
  { json, 'as-found': asFound }: { readonly json: boolean; readonly 'as-found': boolean },
): Promise<number> {
  const startedAt = performance.now();
  const failure = await sweep(request, worlds, (done) => tellProgress(done, worlds));
  if (failure !== undefined) {
    const untilMs = performance.now() + (asFound ? 0 : SHRINKING_MAX_MS);
    const run = (smaller: WorldRequest) => runWorld(createWorld(smaller));
    return tellFailure(
      failure,
      shrink(failure, run, () => performance.now() < untilMs),
      json,
    );
  }
  const wallMs = Math.round(performance.now() - startedAt);
  return say(
    json ? JSON.stringify({ worlds, wallMs }) : `${worlds} worlds, no rule broken (${wallMs} ms)`,
    0,
  );
}

function tellProgress(done: number, worlds: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(done < worlds ? `\r${done} of ${worlds} worlds` : '\r\x1b[K');
}

/** The seed that failed, then the smallest world that fails in the same way, with its trace. */
function tellFailure(failure: Shrunk, { request, outcome }: Shrunk, json: boolean): number {
  const trace = new Trace();
  runWorld({ ...createWorld(request), observe: trace.observe });
  if (json) return say(JSON.stringify({ ...outcome, command: commandOf(request) }), 1);
  console.log(trace.text(TRACE_TAIL_LINES));
  return say(
    [
      `seed ${failure.request.seed} of the sweep breaks [${failure.outcome.broken?.rule}]; the smallest world that does:`,
      commandOf(request),
      story(outcome, 0),
    ].join('\n'),
    1,
  );
}

function story({ seed, broken, virtualMs, fingerprint, tally }: Outcome, wallMs: number): string {
  const numbers = Object.entries(tally).map(([name, count]) => `${name} ${Math.round(count)}`);
  return [
    `seed ${seed}: ${(virtualMs / 1_000).toFixed(1)} s in ${wallMs} ms; ${numbers.join(', ')}`,
    broken === undefined
      ? `every rule held; the parameters are ${fingerprint}`
      : `[${broken.rule}] broken after ${(broken.atMs / 1_000).toFixed(3)} s: ${broken.sentence}`,
  ].join('\n');
}

function say(text: string, code: number): number {
  (code === 0 ? console.log : console.error)(text);
  return code;
}

try {
  process.exitCode = await main();
} catch (error) {
  // What parseArgs has against the command line is the reader's to mend.
  const { code, message } = error as NodeJS.ErrnoException;
  if (code?.startsWith('ERR_PARSE_ARGS') !== true) throw error;
  process.exitCode = say(`${message}\n\n${USAGE}`, 2);
}
