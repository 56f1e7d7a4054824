/**
 * The dedicated worker in which a volunteer lives: socket, session and samples. The page only mirrors it, since a page's
 * timers and frames slow down in a hidden tab and a worker's do not. The mathematics has a worker of its own below this one,
 * which ends with it.
 */

import { ENGINE_NAMES, startEngine } from '@manyhands/compute';
import { holdLifeline } from '@manyhands/compute/lifeline';
import { ROUTES } from '@manyhands/protocol';
import { download } from './download.ts';
import { Hand } from './hand.ts';
import { residualStore } from './residual-store.ts';
import { socketConnection } from './socket-connection.ts';
import type { RememberedSpeed } from './speed-memory.ts';
import type { FromWorker, ToWorker } from './worker-message.ts';
import { workerScope } from './worker-scope.ts';
import type { EngineSearch } from './workshop.ts';

/** Mirrors are posted no faster than people see, and once a second in any case: a rate falls while nothing happens. */
const MIRROR_MS_MIN = 40;
const MIRROR_MS_MAX = 1_000;
/** How long an ended visit waits for its goodbye to be sent and its device to be idle. */
const GOODBYE_MS_MAX = 1_000;

const scope = workerScope<ToWorker, FromWorker>();
let hand: Hand | undefined;
let lifeline = '';
let mirrorDue: ReturnType<typeof setTimeout> | undefined;

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case 'live':
      lifeline = data.lifeline;
      return holdLifeline(data.lifeline, () => scope.postMessage({ type: 'alive' }));
    case 'begin':
      hand = begin(data);
      hand.tell({ type: 'consented' });
      return;
    case 'conditions':
      return hand?.tell({ type: 'conditions-changed', conditions: data.conditions });
    case 'rest':
      return hand?.rest();
    case 'stop':
      return hand?.tell({ type: 'stop-asked' });
  }
};

scope.onunhandledrejection = ({ reason }) => {
  const what = reason instanceof Error ? reason.message : String(reason);
  scope.postMessage({
    type: 'crashed',
    sentence: `The worker of this page stopped: ${what}.`,
  });
  scope.close();
};

function begin(options: Extract<ToWorker, { type: 'begin' }>): Hand {
  const { server } = options;
  const only = ENGINE_NAMES.find((name) => name === options.engine);
  const begun = new Hand(options, {
    download,
    openConnection: socketConnection(server),
    openEngine: (program, onPreparation, wishes) =>
      startEngine(program, {
        ...wishes,
        onPreparation,
        wasmBase: new URL(ROUTES.wasmFolder, server).href,
        ...(only === undefined ? {} : { only }),
      }),
    residuals: residualStore({
      databases: () => indexedDB,
      locks: (navigator as Partial<Navigator>).locks,
      lifeline,
    }),
    search: only === undefined ? searchFor(options.remembered) : { search: 'none' },
    now: () => Date.now(),
    random: () => Math.random(),
    setAlarm(delayMs, ring) {
      const alarm = setTimeout(ring, delayMs);
      return () => clearTimeout(alarm);
    },
    onChange() {
      mirrorDue ??= setTimeout(postMirror, MIRROR_MS_MIN);
    },
  });
  setInterval(postMirror, MIRROR_MS_MAX);
  void begun.over.then(async () => {
    await Promise.race([begun.retired, new Promise((resolve) => setTimeout(resolve, GOODBYE_MS_MAX))]);
    postMirror();
    scope.postMessage({ type: 'ended' });
    scope.close();
  });
  return begun;
}

function searchFor(remembered: readonly RememberedSpeed[]): EngineSearch {
  return {
    search: 'fastest',
    remembered,
    remember: (speed) => scope.postMessage({ type: 'measured', speed }),
  };
}

function postMirror(): void {
  clearTimeout(mirrorDue);
  mirrorDue = undefined;
  if (hand !== undefined) scope.postMessage({ type: 'mirror', mirror: hand.mirror() });
}
