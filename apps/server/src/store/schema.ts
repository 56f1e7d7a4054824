/** The tables of the data folder. `user_version` counts the migrations that were applied; a newer one than we know is refused. */

export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE run (
    id           TEXT PRIMARY KEY,
    content_hash TEXT NOT NULL,
    program      TEXT NOT NULL,
    created_at   INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE checkpoint (
    run_id        TEXT NOT NULL REFERENCES run (id),
    incarnation   INTEGER NOT NULL,
    step          INTEGER NOT NULL,
    params        BLOB NOT NULL,
    state         BLOB NOT NULL,
    params_sha256 TEXT NOT NULL,
    slots         BLOB NOT NULL,
    slot_count    INTEGER NOT NULL,
    slots_sha256  TEXT NOT NULL,
    progress      TEXT NOT NULL,
    credit        TEXT NOT NULL,
    saved_at      INTEGER NOT NULL,
    PRIMARY KEY (run_id, incarnation, step)
  ) STRICT;

  CREATE TABLE history (
    run_id TEXT NOT NULL REFERENCES run (id),
    point  INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    entry  TEXT NOT NULL,
    PRIMARY KEY (run_id, point)
  ) STRICT, WITHOUT ROWID;
  `,
  // Covers what the hashes of the vectors leave out; null in what was written before.
  'ALTER TABLE checkpoint ADD COLUMN seal TEXT',
];
