/**
 * `npm start`: says which Node it needs, and leaves the rest to launch.mjs. Old versions of Node must understand every word
 * of this file, so it has no import at the top and awaits nothing.
 */

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Manyhands needs Node 20.19 or newer, and this is ${process.versions.node}: install a newer one.`,
  );
  process.exitCode = 1;
} else {
  import('./launch.mjs');
}
