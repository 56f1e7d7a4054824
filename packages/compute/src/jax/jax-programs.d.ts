/** What jax-js compiles a function into, which it does not export: `jax-parts.ts` makes this module. */
declare module 'virtual:jax-programs' {
  import type { Device, Jaxpr } from '@jax-js/jax';

  /** Where programs are compiled and run. */
  export interface Backend {
    prepareKernel(source: Kernel): Promise<Executable>;
    prepareRoutine(source: Routine): Promise<Executable>;
  }

  /** An expression for each element of what it writes. */
  export interface Kernel {
    readonly exp: unknown;
  }

  /** What is written by hand in the library: scatter, sort, … */
  export interface Routine {
    readonly name: string;
  }

  /** Arrays are known by numbers, the inputs first. */
  export interface JitProgram {
    readonly steps: readonly Step[];
    readonly inputs: readonly number[];
    readonly outputs: readonly number[];
  }

  export type Step =
    | {
        readonly type: 'execute';
        readonly source: Kernel | Routine;
        readonly inputs: readonly number[];
        readonly outputs: readonly number[];
      }
    /** `size`: bytes. */
    | { readonly type: 'malloc'; readonly size: number; readonly output: number }
    /** After the last step that knows this array; of those that the program gives back there is none. */
    | { readonly type: 'free'; readonly input: number }
    /** An input is given back as it is. */
    | { readonly type: 'incref'; readonly input: number };

  /** On WebGPU. */
  export interface Executable {
    readonly data: readonly Shader[];
  }

  /** Its bindings are the inputs and then the outputs of its step. */
  export interface Shader {
    readonly pipeline: GPUComputePipeline;
    readonly hasUniform: boolean;
    /** What it writes has to be zeros before. */
    readonly clearOutputs?: boolean;
    readonly passes: readonly {
      readonly grid: readonly [x: number, y: number];
      readonly uniform?: Uint8Array;
    }[];
  }

  export function getBackend(device?: Device): Backend;
  export function jitCompile(backend: Backend, jaxpr: Jaxpr): JitProgram;
}
