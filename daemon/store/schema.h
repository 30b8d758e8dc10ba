// The tables, version by version: entry n changes version n to n + 1, in one transaction. An entry is never
// edited once it was in a release; tests/data keeps a store of each version. Small columns that are searched and
// counted are in other tables than the long texts, which are written once.
#pragma once

namespace aside {

inline constexpr int store_application_id = 0x41736964;  // "Asid", in the header of the file

inline constexpr const char* store_migrations[] = {
    R"sql(
CREATE TABLE threads(
  number INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice, since it is also a place in the lock file
  id TEXT NOT NULL UNIQUE,
  uri TEXT NOT NULL,  -- of the document it belongs to
  title TEXT NOT NULL,
  model TEXT NOT NULL,
  effort TEXT NOT NULL,
  head INTEGER REFERENCES turns(number),
  visited INTEGER REFERENCES turns(number),  -- the root reply last visited
  writing INTEGER REFERENCES turns(number),  -- the reply begun last; the lock file tells whether it is still written
  owner TEXT NOT NULL DEFAULT '',            -- the process that began this reply
  since INTEGER NOT NULL DEFAULT 0,          -- the time when it began
  revision INTEGER NOT NULL DEFAULT 0,
  updated INTEGER NOT NULL,
  system TEXT NOT NULL DEFAULT ''
);
CREATE INDEX threads_by_uri ON threads(uri);
CREATE INDEX threads_by_updated ON threads(updated, number);

CREATE TABLE documents(
  uri TEXT PRIMARY KEY,
  path TEXT NOT NULL,
  identity TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  thread INTEGER NOT NULL REFERENCES threads(number)  -- the thread that the document shows
) WITHOUT ROWID;
CREATE INDEX documents_by_identity ON documents(identity) WHERE identity <> '';
CREATE INDEX documents_by_fingerprint ON documents(fingerprint) WHERE fingerprint <> '';

CREATE TABLE links(  -- all threads that a document has shown
  uri TEXT NOT NULL,
  thread INTEGER NOT NULL REFERENCES threads(number),
  PRIMARY KEY(uri, thread)
) WITHOUT ROWID;

CREATE TABLE turns(
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  thread INTEGER NOT NULL REFERENCES threads(number),
  parent INTEGER REFERENCES turns(number),  -- NULL: a question at the root
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  visited INTEGER REFERENCES turns(number),  -- only for a reply: the next reply on the branch last visited
  stop_requested INTEGER NOT NULL DEFAULT 0,
  bare INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL,
  model TEXT NOT NULL DEFAULT '',
  server TEXT NOT NULL DEFAULT '',
  stop_reason TEXT NOT NULL DEFAULT '',
  cost REAL,
  input INTEGER,  -- NULL: no usage is known
  cache_read INTEGER,
  cache_write INTEGER,
  cache_write_1h INTEGER,
  output INTEGER,
  thinking INTEGER,
  error_code INTEGER,  -- NULL: no error
  error_message TEXT,
  error_hint TEXT,
  error_retryable INTEGER,
  error_retry_after REAL,
  error_request_id TEXT
);
CREATE INDEX turns_by_parent ON turns(thread, parent, number);

CREATE TABLE texts(
  turn INTEGER PRIMARY KEY REFERENCES turns(number),
  text TEXT NOT NULL,
  thinking TEXT NOT NULL,
  content TEXT NOT NULL,
  blocks TEXT NOT NULL
);

CREATE TABLE attachments(
  turn INTEGER NOT NULL REFERENCES turns(number),
  place INTEGER NOT NULL,
  uri TEXT NOT NULL,
  name TEXT NOT NULL,
  start_line INTEGER,  -- NULL: the whole document
  start_character INTEGER,
  end_line INTEGER,
  end_character INTEGER,
  language TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY(turn, place)
);

CREATE TABLE pieces(  -- of running replies
  reply INTEGER NOT NULL REFERENCES turns(number),
  sequence INTEGER NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY(reply, sequence)
) WITHOUT ROWID;
)sql",
    R"sql(
ALTER TABLE threads ADD COLUMN deleted INTEGER;  -- the time of deletion; NULL: not deleted

-- What can be searched: questions, and replies that have ended. It reads its text from the other table.
CREATE VIRTUAL TABLE search USING fts5(
  text, content = 'texts', content_rowid = 'turn', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO search(rowid, text) SELECT turn, text FROM texts JOIN turns ON number = turn WHERE status <> 'streaming';
)sql",
    R"sql(
ALTER TABLE threads ADD COLUMN instructions TEXT NOT NULL DEFAULT '';  -- the part of `system` that is instructions
ALTER TABLE turns ADD COLUMN kind TEXT NOT NULL DEFAULT '';     -- 'compaction': a request for a summary, or its reply
ALTER TABLE turns ADD COLUMN system TEXT NOT NULL DEFAULT '';   -- instructions that are sent after this question
ALTER TABLE turns ADD COLUMN message TEXT NOT NULL DEFAULT '';  -- the API's id of a reply
CREATE INDEX turns_by_created ON turns(created);
CREATE INDEX compactions ON turns(thread, number) WHERE kind = 'compaction';

ALTER TABLE attachments ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE attachments ADD COLUMN media TEXT NOT NULL DEFAULT '';
ALTER TABLE attachments ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attachments ADD COLUMN seen TEXT;  -- for an update: the text that the model knows after it; NULL: it is gone
ALTER TABLE attachments ADD COLUMN piece INTEGER NOT NULL DEFAULT 0;

CREATE TABLE allowed(  -- folders whose instructions may be used, or not
  folder TEXT PRIMARY KEY,
  allow INTEGER NOT NULL
) WITHOUT ROWID;

-- The same table with `prefix`, so that the beginning of a word is found at once, however many words begin so. A
-- beginning of one letter is found by those of two letters, and one of three letters by those of four.
-- From now on `visited` of a question is the reply to it that was last visited.
DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5(
  text, content = 'texts', content_rowid = 'turn', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 4 5'
);
INSERT INTO search(rowid, text) SELECT turn, text FROM texts JOIN turns ON number = turn WHERE status <> 'streaming';
)sql",
    R"sql(
-- The file that the user agreed to share, and in the following lines the warnings in spite of which the user agreed.
-- NULL: the user hasn't agreed, since the attachment was imported, or it was shared before this column existed.
ALTER TABLE attachments ADD COLUMN agreed TEXT;
ALTER TABLE turns ADD COLUMN error_offer TEXT;
)sql",
};

// Without this, SQLite reads nothing of a file with a damaged schema.
inline constexpr const char* read_damaged_schema = "PRAGMA writable_schema=ON";

}  // namespace aside
