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
  // Credit in tables of its own: what was earned with each checkpoint that is kept, and what was with those that are not. The rows of
  // before keep their column, which their seals cover and which held the whole of it; in what is written from now on it is empty.
  // What was earned with one of them is the difference to the one before, of those that no recovery has passed over.
  `
  CREATE TABLE earned (
    run_id      TEXT NOT NULL REFERENCES run (id),
    account     TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    units       INTEGER NOT NULL,
    PRIMARY KEY (run_id, account, incarnation, step)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX earned_with ON earned (run_id, incarnation, step);

  CREATE TABLE settled (
    run_id  TEXT NOT NULL REFERENCES run (id),
    account TEXT NOT NULL,
    units   INTEGER NOT NULL,
    PRIMARY KEY (run_id, account)
  ) STRICT, WITHOUT ROWID;

  INSERT INTO earned
  SELECT run_id, account, incarnation, step, more FROM (
    SELECT run_id, account, incarnation, step,
           units - lag(units, 1, 0) OVER (PARTITION BY run_id, account ORDER BY incarnation, step) AS more
    FROM (
      SELECT run_id, incarnation, step, row.value ->> 0 AS account, row.value ->> 1 AS units
      FROM checkpoint AS kept, json_each(iif(json_valid(credit), credit, '[]')) AS row
      WHERE NOT EXISTS (
        SELECT 1 FROM checkpoint AS later
        WHERE later.run_id = kept.run_id AND later.incarnation > kept.incarnation AND later.step < kept.step
      )
    )
  ) WHERE more <> 0;
  `,
  // One small text a run: it is read and written whole.
  `
  CREATE TABLE speeds (
    run_id TEXT PRIMARY KEY REFERENCES run (id),
    rows   TEXT NOT NULL
  ) STRICT;
  `,
];
