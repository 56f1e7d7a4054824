/**
 * The dedicated worker in which a volunteer lives: socket, session and mathematics. The page only mirrors it, since a
 * page's timers and frames slow down in a hidden tab and a worker's do not.
 */

import { openEngine } from '@manyhands/compute';
import { ROUTES } from '@manyhands/protocol';
import { download } from './download.ts';
import { Hand } from './hand.ts';
import { socketConnection } from './socket-connection.ts';
import type { FromWorker, ToWorker } from './worker-message.ts';
import { workerScope } from './worker-scope.ts';

/** Mirrors are posted no faster than people see, and once a second in any case: a rate falls while nothing happens. */
const MIRROR_MS_MIN = 40;
const MIRROR_MS_MAX = 1_000;
/** How long an ended visit waits for its goodbye to be sent and its device to be idle. */
const GOODBYE_MS_MAX = 1_000;

const scope = workerScope<ToWorker, FromWorker>();
let hand: Hand | undefined;
let mirrorDue: ReturnType<typeof setTimeout> | undefined;

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case 'live':
      return holdLifeline(data.lifeline);
    case 'begin':
      hand = begin(data);
      hand.tell({ type: 'consented' });
      return;
    case 'conditions':
      return hand?.tell({ type: 'conditions-changed', conditions: data.conditions });
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

/** A lock is let go of when the worker dies, whatever it dies of: no other sign of life is as sure, or costs as little. */
function holdLifeline(lifeline: string): void {
  scope.navigator.locks
    ?.request(lifeline, () => {
      scope.postMessage({ type: 'alive' });
      return new Promise(() => {});
    })
    // A frame on another site may be denied locks as it is denied storage: it works on without this sign.
    .catch(() => {});
}

function begin(options: Extract<ToWorker, { type: 'begin' }>): Hand {
  const { server, backend } = options;
  const begun = new Hand(options, {
    download,
    openConnection: socketConnection(server),
    openEngine: (program, onPreparation, experience) =>
      openEngine(program, {
        onPreparation,
        experience,
        wasmBase: new URL(ROUTES.wasmFolder, server).href,
        ...(backend === undefined ? {} : { backend }),
      }),
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

function postMirror(): void {
  clearTimeout(mirrorDue);
  mirrorDue = undefined;
  if (hand !== undefined) scope.postMessage({ type: 'mirror', mirror: hand.mirror() });
}
