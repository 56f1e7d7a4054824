/** Why an engine said no; the message is one sentence for a person. */
export type EngineErrorKind =
  /** The model cannot be trained here at all: its topology, a layer, or a layout that does not fit it. */
  | 'model'
  /** No backend of this browser, or not the one that was asked for, can run the model. */
  | 'backend'
  /** The samples or parameters handed over do not fit the model. */
  | 'batch'
  /** A pass does not fit into the device's memory: open a new engine that takes a unit in more of them. */
  | 'memory'
  /** The device is gone: open a new engine. */
  | 'lost'
  /** The engine was disposed, or a second one was opened beside a living one. */
  | 'closed';

/** The one error that this package throws; the volunteer runtime turns it into a value. */
export class EngineError extends Error {
  readonly kind: EngineErrorKind;

  constructor(kind: EngineErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineError';
    this.kind = kind;
  }
}

/** The error of kind 'memory'; what the device said, often many lines, is its cause. */
export function doesNotFit(cause: unknown): EngineError {
  return new EngineError('memory', 'This device has too little memory for a unit of the model.', { cause });
}

/** What a caught value says, whoever threw it. */
export function messageOf(thrown: unknown): string {
  // A GPUError is no Error, and has a message all the same.
  const { message } = (thrown ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' ? message : String(thrown);
}

/**
 * True for what devices and browsers say when memory is short: WebGPU by error scopes and limits, WebGL by textures, WASM
 * by its heap, JavaScript by a RangeError. There is no code for it that they share.
 */
export function isOutOfMemory(thrown: unknown): boolean {
  if (thrown instanceof EngineError) return thrown.kind === 'memory';
  if (thrown instanceof RangeError) return !/call stack/i.test(thrown.message);
  return /out[ -]of[ -]memory|\bOOM\b|allocat\w+ fail|fail\w* to allocate|memory access out of bounds|enlarge memory|(larger|greater) than( the)?( webgl)? max|exceeds? the max/i.test(
    messageOf(thrown),
  );
}
