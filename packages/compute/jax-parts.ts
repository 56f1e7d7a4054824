/**
 * jax-js in parts, for the bundler and for tests (decision 23). The library comes as one bundle that a browser would download whole:
 *
 * - a namespace (`numpy`, `lax`, `nn`, …) is an object there, of which nothing can be left out. Here it is a module again;
 * - many of its functions are made by `jit` while the module is loaded, which a bundler takes for something done. It is not;
 * - its WASM backend is made while the module is loaded, by whoever computes on WebGPU, too. Here it is a module that is
 *   loaded when `init('wasm')` asks for it, as the library does it with its other backends;
 * - what it compiles a function into is its own affair. Here whoever issues that himself (`gpu-program`) may ask for it, as
 *   `virtual:jax-programs`.
 *
 * What is computed stays what it was; only who computes before any `init` does so in plain JavaScript. Another version may be
 * bundled in another way: what is not found here as expected is an error.
 */

import type { Plugin, Rollup } from 'vite';

type Parse = (code: string) => ReturnType<Rollup.PluginContext['parse']>;

/** What a file of the library becomes: itself, and the modules that are taken out of it, by name. */
interface Parted {
  readonly code: string;
  readonly parts: ReadonlyMap<string, string>;
}

export function jaxParts(): Plugin {
  const parts = new Map<string, string>();
  return {
    name: 'manyhands:jax-parts',
    resolveId: (id) => (id === PROGRAMS || id.startsWith(PART) ? id : undefined),
    load: (id) => (id === PROGRAMS ? programs() : parts.get(id)),
    transform: {
      filter: { id: /@jax-js[\\/]jax[\\/]dist[\\/](index|backend-[\w-]+)\.js/ },
      handler(code, id) {
        const parted = /index\.js/.test(id)
          ? withNamespaces(code, id)
          : withLazyWasm(code, id, (text) => this.parse(text));
        for (const [name, part] of parted.parts) parts.set(PART + name, part);
        return { code: parted.code, map: null };
      },
    },
  };
}

/** With this the names of modules begin that are no files. */
const PART = '\0jax-';
const PROGRAMS = 'virtual:jax-programs';
/** What that module exports: functions which the library keeps to itself. */
const KEPT = ['getBackend', 'jitCompile'];

function programs(): string {
  return `export { ${KEPT.map((name) => `${lentAs(name)} as ${name}`).join(', ')} } from '@jax-js/jax';`;
}

/** `var numpy_exports = __exportAll({ abs: () => absolute, … })` becomes a module with `export { absolute as abs }`, and so on. */
function withNamespaces(code: string, file: string): Parted {
  const parts = new Map<string, string>();
  const missing = KEPT.find((name) => !new RegExp(`\\b${name}\\(`).test(code));
  if (missing !== undefined) unexpected(file, missing);
  const lent = new Set(KEPT);
  const withoutObjects = code.replace(NAMESPACE, (_, namespace: string, members: string) => {
    const lines = [...members.matchAll(MEMBER)].map(([, name, value, inner]) => {
      if (inner !== undefined) return `export * as ${name} from '${PART}${inner}';`;
      lent.add(value!);
      return `export { ${lentAs(value!)} as ${name} } from '${file}';`;
    });
    parts.set(namespace, lines.join('\n'));
    return '';
  });
  const namespaces: string[] = [];
  const withoutThem = withoutObjects.replace(EXPORTED, (_, namespace: string, name: string) => {
    namespaces.push(`export * as ${name} from '${PART}${namespace}';`);
    return '';
  });
  const left = /\w+_exports/.exec(withoutThem);
  if (parts.size === 0 || left !== null) unexpected(file, `the namespace ${left ?? 'numpy'}`);
  const harmless = withoutThem.replaceAll('= jit$1(', '= /* @__PURE__ */ jit$1(');
  return { code: [harmless, lend(lent), ...namespaces].join('\n'), parts };
}

const NAMESPACE = /^var (\w+)_exports = \/\* @__PURE__ \*\/ __exportAll\(\{([^}]*)\}\);$/gm;
const MEMBER = /(\w+): \(\) => ((\w+)_exports|[\w$]+)/g;
const EXPORTED = /(\w+)_exports as (\w+),?/g;

/** Takes the WASM backend out of the file that knows all backends. */
function withLazyWasm(code: string, file: string, parse: Parse): Parted {
  const [before, wasm, after] = code.split(
    /^(?=\/\/#region src\/backend\/wasm\/allocator|\/\/#region src\/backend\.ts)/m,
  );
  const loaded = after
    ?.replace(/^if .*initializedBackends\.set\("wasm", new WasmBackend\(\)\);$/m, '')
    .replace('new WasmBackend()', `new (await import('${PART}wasm')).WasmBackend()`);
  if (wasm === undefined || loaded === undefined || loaded.match(/WasmBackend/g)?.length !== 1)
    return unexpected(file, 'the WASM backend');
  const rest = before + loaded;
  // To borrow a name too many does no harm.
  const words = new Set(wasm.match(/[\w$]+/g));
  const needed = declared(parse(rest)).filter((name) => words.has(name));
  const part = [borrow(needed, file), wasm, 'export { WasmBackend };'].join('\n');
  return { code: [rest, lend(needed)].join('\n'), parts: new Map([['wasm', part]]) };
}

/** What a module names at its outermost level, imports aside. */
function declared({ body }: ReturnType<Parse>): string[] {
  return body.flatMap((statement) => {
    if (statement.type === 'VariableDeclaration')
      return statement.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []));
    const isNamed = statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration';
    return isNamed && statement.id !== null ? [statement.id.name] : [];
  });
}

/** A file and its parts know each other by these names, which the library's own exports do not have. */
function lentAs(name: string): string {
  return `part$${name}`;
}

function lend(names: Iterable<string>): string {
  return `export { ${[...names].map((name) => `${name} as ${lentAs(name)}`).join(', ')} };`;
}

function borrow(names: Iterable<string>, file: string): string {
  return `import { ${[...names].map((name) => `${lentAs(name)} as ${name}`).join(', ')} } from '${file}';`;
}

function unexpected(file: string, what: string): never {
  throw new Error(
    `jax-js is bundled in another way than expected: ${what} in ${file} is to be looked at (jax-parts.ts).`,
  );
}
