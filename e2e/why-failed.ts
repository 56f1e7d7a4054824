/** Says last, in few lines, why each test failed, in every try: the end of a log is what is left of a run on a machine far away. */

import { stripVTControlCharacters } from 'node:util';
import type { FullConfig, Reporter, Suite, TestCase } from '@playwright/test/reporter';

/** Of an error, what was expected and what came instead. */
const ERROR_LINES = 8;

export default class WhyFailed implements Reporter {
  private tests: readonly TestCase[] = [];

  onBegin(_config: FullConfig, suite: Suite): void {
    this.tests = suite.allTests();
  }

  onEnd(): void {
    for (const test of this.tests) {
      if (test.outcome() !== 'unexpected' && test.outcome() !== 'flaky') continue;
      console.log(`\n— ${test.title} (${test.outcome()}) —`);
      for (const { status, retry, errors, duration } of test.results) {
        if (status === 'passed') continue;
        console.log(`try ${retry + 1}, ${status} after ${(duration / 1_000).toFixed(1)} s:`);
        for (const { message, location } of errors) {
          const said = stripVTControlCharacters(message ?? '')
            .split('\n')
            .filter((line) => line.trim() !== '');
          console.log(said.slice(0, ERROR_LINES).join('\n'));
          if (location !== undefined) console.log(`    at ${location.file}:${location.line}`);
        }
      }
    }
  }
}
