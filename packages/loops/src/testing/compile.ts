/** Compiles `assembly/loops.ts` as `src/compiled.ts` holds it. */

import { readFile } from 'node:fs/promises';
import asc from 'assemblyscript/asc';

const OPTIONS = [
  ...['--runtime', 'stub', '--importMemory', '--noExportMemory', '--noAssert', '--enable', 'simd', '-O3'],
];

/** The module that holds the compiled bytes. */
export async function compiledModule(): Promise<string> {
  const bytes = await compile('loops.ts', new URL('../../assembly/', import.meta.url));
  const base64 = Buffer.from(bytes).toString('base64');
  return [
    '/** `assembly/loops.ts` as WASM, in base64. Made by `npx vitest run packages/loops -u`, and checked by the same test without. */',
    `export const COMPILED = '${base64}';`,
    '',
  ].join('\n');
}

async function compile(name: string, folder: URL): Promise<Uint8Array> {
  let compiled: Uint8Array | undefined;
  const { error, stderr } = await asc.main([name, ...OPTIONS, '--outFile', 'loops.wasm'], {
    readFile: (file) => (file === name ? readFile(new URL(name, folder), 'utf8') : null),
    writeFile(_file, contents) {
      if (contents instanceof Uint8Array) compiled = contents;
    },
    listFiles: () => [],
  });
  if (compiled === undefined) throw new Error(`${stderr}`, { cause: error });
  return compiled;
}
