-- Every change of a user's choice. Never updated, never deleted.
CREATE TABLE switches (
    -- AUTOINCREMENT: a number is not given twice, whatever is deleted.
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL,
    -- NULL where there was no choice.
    from_model TEXT,
    -- NULL after a reset.
    to_model TEXT,
    -- Microseconds since 1970-01-01 00:00:00 UTC; never less than with the next smaller sequence.
    switched_at INTEGER NOT NULL CHECK (switched_at >= 0),
    CHECK (from_model IS NOT NULL OR to_model IS NOT NULL)
) STRICT;

-- An index ends in the row id, which is the sequence.
CREATE INDEX switches_by_user ON switches (user_id);

-- Which switch made the choice that holds; no row where there is none.
-- The model stands in the switch alone, so that choice and history cannot disagree.
CREATE TABLE choices (
    user_id TEXT NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL UNIQUE REFERENCES switches (sequence)
) STRICT, WITHOUT ROWID;
