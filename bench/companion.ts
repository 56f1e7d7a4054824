/**
 * A file of this folder in a process of its own, so that its processor time and memory can be told from those of others. It is asked over a
 * channel, says one thing at a time, and ends when the channel does.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { setPriority } from 'node:os';

export interface CompanionOptions {
  /** The processor that it may use, and no other, where the system knows how to say so. */
  readonly core?: number | undefined;
  /** Of Node.js, beside our own. */
  readonly flags?: readonly string[];
  /** Above 0, up to 19, it gives way to whatever else wants a processor. */
  readonly niceness?: number;
}

export class Companion<Answer> {
  readonly #child: ChildProcess;
  readonly #what: string;

  /** Runs this file with these words; `what` it is called when it ends too soon. */
  constructor(what: string, file: string, words: readonly string[], options: CompanionOptions = {}) {
    const { core, flags = [], niceness = 0 } = options;
    const pinned = core !== undefined && process.platform === 'linux';
    const command = pinned ? ['taskset', '-c', String(core), process.execPath] : [process.execPath];
    const [program, ...rest] = [...command, ...process.execArgv, ...flags, file, ...words];
    this.#what = what;
    this.#child = spawn(program!, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    if (niceness > 0) setPriority(this.#child.pid!, niceness);
  }

  /** The next thing that it says. */
  heard(): Promise<Answer> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const hear = (answer: unknown) => {
        child.off('exit', fail);
        resolve(answer as Answer);
      };
      const fail = (code: number | null) => {
        child.off('message', hear);
        reject(new Error(`${this.#what} ended with code ${code}.`));
      };
      child.once('message', hear);
      child.once('exit', fail);
    });
  }

  ask(question: object | string): Promise<Answer> {
    this.#child.send(question);
    return this.heard();
  }

  async close(): Promise<void> {
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await exited;
  }
}
