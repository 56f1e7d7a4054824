/**
 * The browser of the tests: any installed Chrome or Chromium. On Debian as root it is installed when there is none;
 * elsewhere one sentence says what to install. Playwright's own download is never used.
 */

import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Starts Chromium with WebGPU on a software adapter, and keeps it from calling home. */
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  // Left to the adapter, the zeros that a workgroup's memory begins with are one store for each element in every shader, and compiling
  // those is most of what the processor does; without, the browser writes a loop.
  '--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The path of a browser; `CHROMIUM_PATH` names one that is elsewhere. Undefined when there is none. */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) return named;
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...onPath, ...PLACES].find(isExecutable);
}

/** The path of a browser, installed first where that can be done; throws an Error of one sentence where it cannot. */
export function requireChromium() {
  const found = findChromium();
  if (found) return found;
  if (existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    const apt = (...words) =>
      execFileSync('apt-get', ['-q', '-y', ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
    apt('update');
    apt('install', '--no-install-recommends', 'chromium');
    const installed = findChromium();
    if (installed) return installed;
  }
  throw new Error('No Chrome or Chromium was found: install one, or name it in the variable CHROMIUM_PATH.');
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
