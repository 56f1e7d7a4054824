/**
 * Where what a volunteer has not sent lies while it does not work: in IndexedDB. A residual is either here or with one
 * volunteer, never both. A copy that stayed behind could be sent by two tabs; and after some dozens of answers most of it has been
 * sent, so that to use it is wrong by about as much as to lose it. So whoever begins to work takes out all there is, in one
 * transaction, and puts in what it has when it rests. Residuals add up, so it does not matter how many lie here.
 *
 * What a tab had with it when it died is lost. Who takes leaves a note with the Web Lock that it holds for as long as it lives, and
 * a note whose lock nobody holds is a residual that was lost. Without locks there are no notes, and nobody knows.
 */

export interface ResidualStore {
  /** Takes out all that lies here of this run. What is of an earlier run of its server goes. Never rejects. */
  take(run: ResidualRun): Promise<TakenResidual>;
  /**
   * Puts in what take gave and what came to it; undefined where there is nothing more to send. The writing has begun when this
   * returns, so that it outlives a worker that ends at once. False where the browser does not keep it. Never rejects.
   */
  put(run: ResidualRun, residual: Float32Array | undefined): Promise<boolean>;
}

/** What a residual belongs to: elsewhere it means nothing. */
export interface ResidualRun {
  /** Origin of the server. */
  readonly server: string;
  /** Run, layout and codec. */
  readonly name: string;
  /** Numbers of a residual. */
  readonly length: number;
}

export interface TakenResidual {
  /** The caller's own; undefined where none lay here. */
  readonly residual: Float32Array | undefined;
  /** Residuals of this browser that are lost, each told once. */
  readonly lost: number;
}

export interface ResidualStoreOptions {
  /** Reading it may throw where storage is denied. */
  readonly databases: () => IDBFactory;
  /** Undefined on insecure origins. */
  readonly locks: Pick<LockManager, 'query'> | undefined;
  /** The lock that this worker holds for as long as it lives. */
  readonly lifeline: string;
}

/** A browser that keeps nothing. */
export const NO_RESIDUALS: ResidualStore = {
  take: async () => ({ residual: undefined, lost: 0 }),
  put: async () => false,
};

const DATABASE = 'manyhands';
const STORE = 'residuals';

interface Entry {
  readonly server: string;
  readonly run: string;
  readonly what: Float32Array | Note;
}

interface Note {
  /** The lock of who has taken it. */
  readonly takenBy: string;
}

export function residualStore({ databases, locks, lifeline }: ResidualStoreOptions): ResidualStore {
  let opening: Promise<IDBDatabase> | undefined;
  let database: IDBDatabase | undefined;
  let note: IDBValidKey | undefined;

  async function open(): Promise<IDBDatabase> {
    opening ??= openDatabase(databases());
    database = await opening;
    return database;
  }

  async function take({ server, name, length }: ResidualRun): Promise<TakenResidual> {
    let residual: Float32Array | undefined;
    const notes = new Map<IDBValidKey, string>();
    await written(await open(), (entries) => {
      eachOf(
        entries,
        (cursor) => {
          const { server: of, run, what } = cursor.value as Entry;
          if (of !== server) return;
          const isNote = !(what instanceof Float32Array);
          if (run === name && isNote && what.takenBy !== lifeline) {
            notes.set(cursor.primaryKey, what.takenBy);
            return;
          }
          cursor.delete();
          if (run === name && !isNote && what.length === length) residual = sum(residual, what);
        },
        () => {
          if (locks === undefined) return;
          const own: Entry = { server, run: name, what: { takenBy: lifeline } };
          entries.add(own).onsuccess = ({ target }) => {
            note = (target as IDBRequest<IDBValidKey>).result;
          };
        },
      );
    });
    return { residual, lost: await countDead(notes) };
  }

  /** Notes of the dead are taken away, so that each is counted by one. */
  async function countDead(notes: ReadonlyMap<IDBValidKey, string>): Promise<number> {
    if (locks === undefined || notes.size === 0) return 0;
    // Asked after the notes were read: who has left one by then holds its lock already.
    const living = new Set((await locks.query()).held?.map(({ name }) => name));
    let dead = 0;
    await written(await open(), (entries) => {
      for (const [key, takenBy] of notes) {
        if (living.has(takenBy)) continue;
        entries.getKey(key).onsuccess = ({ target }) => {
          if ((target as IDBRequest<IDBValidKey | undefined>).result === undefined) return;
          dead++;
          entries.delete(key);
        };
      }
    });
    return dead;
  }

  function put({ server, name }: ResidualRun, residual: Float32Array | undefined): Promise<void> {
    const own = note;
    note = undefined;
    // The database was opened by `take`, so that nothing is awaited before the requests are made, nor their answers before they hold.
    return written(database, (entries) => {
      if (own !== undefined) entries.delete(own);
      if (residual?.some((x) => x !== 0)) entries.add({ server, run: name, what: residual } satisfies Entry);
      entries.transaction.commit();
    });
  }

  return {
    take: (run) => take(run).catch(() => ({ residual: undefined, lost: 0 })),
    put: (run, residual) =>
      put(run, residual).then(
        () => true,
        () => false,
      ),
  };
}

function openDatabase(databases: IDBFactory): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = databases.open(DATABASE, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(STORE, { autoIncrement: true });
    request.onsuccess = () => {
      // Who clears the data of this site, or has a newer page, need not wait for this one.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
}

/** One transaction: resolves when all of it is written, rejects when none is. */
async function written(
  database: IDBDatabase | undefined,
  ask: (entries: IDBObjectStore) => void,
): Promise<void> {
  if (database === undefined) throw new Error('Nothing was taken out before.');
  const transaction = database.transaction(STORE, 'readwrite');
  ask(transaction.objectStore(STORE));
  await new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function eachOf(
  entries: IDBObjectStore,
  look: (cursor: IDBCursorWithValue) => void,
  afterwards: () => void,
): void {
  entries.openCursor().onsuccess = ({ target }) => {
    const cursor = (target as IDBRequest<IDBCursorWithValue | null>).result;
    if (cursor === null) return afterwards();
    look(cursor);
    cursor.continue();
  };
}

function sum(a: Float32Array | undefined, b: Float32Array): Float32Array {
  return a === undefined ? b : a.map((x, i) => x + b[i]!);
}
