/**
 * How long the thread of a volunteer's page stands still at the longest: while it loads, from the yes to the first gradient, and at work. A task lasts
 * as long as the clock says, which is what a person feels; how much of that the processor was at it is told beside it, for here the
 * volunteer, the server and the graphics adapter that the processor plays want the same two cores.
 */

import { chromium } from '@playwright/test';
import { OUTLASTING, startServer } from '../e2e/running-server.ts';
import { CHROMIUM_ARGUMENTS, requireChromium } from '../scripts/chromium.mjs';
import { type Measurement, median } from './measurement.ts';

const WORK_MS = 15_000;
const VISITS = 5;
const PHASES = ['loading', 'joining', 'working'] as const;

/** Of Chromium's trace format: times in microseconds, `tdur` of the processor. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
}

interface Longest {
  readonly wallMs: number;
  readonly processorMs: number;
}

export async function measurePageThread(): Promise<readonly Measurement[]> {
  const visits: (readonly Longest[])[] = [];
  for (let visit = 0; visit < VISITS; visit++) visits.push(longestTasks(await visitOnce()));
  return PHASES.map((phase, at) => {
    const tasks = visits.map((visit) => visit[at]!);
    const told = (ms: (task: Longest) => number) => tasks.map((task) => ms(task).toFixed(0)).join(', ');
    return {
      name: `page.longest_task_ms.${phase}`,
      value: median(tasks.map(({ wallMs }) => wallMs)),
      unit: 'ms',
      higherIsBetter: false,
      note: `the median of ${VISITS} visits (${told(({ wallMs }) => wallMs)}), of the processor at most ${told(({ processorMs }) => processorMs)}; reach ≤ 50`,
    };
  });
}

/** Somebody opens the join link, says yes, and lends what the page asks for. */
async function visitOnce(): Promise<readonly TraceEvent[]> {
  const server = await startServer({ job: 'examples/mnist/mlp', flags: OUTLASTING });
  const browser = await chromium.launch({ executablePath: requireChromium(), args: [...CHROMIUM_ARGUMENTS] });
  try {
    const page = await browser.newPage();
    await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing'] });
    await page.goto(server.joinUrl);
    const yes = page.getByRole('button', { name: 'Yes, help with this device' });
    await yes.waitFor();
    await page.evaluate((name) => performance.mark(name), PHASES[1]);
    await yes.click();
    await page.getByText(/samples in [1-9]/).waitFor({ timeout: 120_000 });
    await page.evaluate((name) => performance.mark(name), PHASES[2]);
    await new Promise((resolve) => setTimeout(resolve, WORK_MS));
    const trace = await browser.stopTracing();
    return (JSON.parse(trace.toString()) as { readonly traceEvents: readonly TraceEvent[] }).traceEvents;
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Of each phase. The thread is the one on which the page marked where a phase begins. */
function longestTasks(events: readonly TraceEvent[]): readonly Longest[] {
  const marks = PHASES.map((phase) => events.find(({ name }) => name === phase));
  const { pid, tid } = marks[1]!;
  const tasks = events.filter(
    (event) => event.name === 'ThreadControllerImpl::RunTask' && event.pid === pid && event.tid === tid,
  );
  return PHASES.map((_, at) => {
    const from = marks[at]?.ts ?? Number.NEGATIVE_INFINITY;
    const to = marks[at + 1]?.ts ?? Number.POSITIVE_INFINITY;
    const own = tasks.filter(({ ts }) => ts >= from && ts < to);
    const longest = (microseconds: (task: TraceEvent) => number | undefined) =>
      Math.max(0, ...own.map((task) => microseconds(task) ?? 0)) / 1_000;
    return { wallMs: longest(({ dur }) => dur), processorMs: longest(({ tdur }) => tdur) };
  });
}
