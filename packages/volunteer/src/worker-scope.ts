/** As much of a dedicated worker's scope as ours need; TypeScript's own library for it does not go with that of pages. */
export interface WorkerScope<In, Out> {
  onmessage: ((event: { readonly data: In }) => void) | null;
  onunhandledrejection: ((event: { readonly reason: unknown }) => void) | null;
  postMessage(message: Out, transfer?: Transferable[]): void;
  close(): void;
}

export function workerScope<In, Out>(): WorkerScope<In, Out> {
  return globalThis as unknown as WorkerScope<In, Out>;
}
