"""How the store's file is opened: private, checked, with its own tables, and locked down for every later statement."""

from __future__ import annotations

import os
import sqlite3
from functools import cache
from typing import Final

from horus_runtime.modules.osiris.faults import fault, storage_fault

FORMAT: Final = 2
"""Number of the file layout. Older files are brought up to it when they are opened, newer ones are refused."""
APPLICATION_ID: Final = 0x4F534952  # "OSIR"
MEMORY: Final = ":memory:"
WAIT_SLICE: Final = 0.05
"""Seconds that SQLite waits for another writer before we look at the deadline and let it wait again."""
_REFUSED_ACTIONS: Final = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA})
_REFUSED_FUNCTIONS: Final = frozenset({"load_extension", "readfile", "writefile", "fts3_tokenizer"})

_LAYOUT: Final = (
    "CREATE TABLE IF NOT EXISTS osiris_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    (
        "CREATE TABLE IF NOT EXISTS osiris_models (model TEXT PRIMARY KEY, version INTEGER NOT NULL, schema TEXT,"
        " search TEXT, changed_at TEXT NOT NULL) STRICT"
    ),
    (
        "CREATE TABLE IF NOT EXISTS osiris_indexes (model TEXT NOT NULL, name TEXT NOT NULL, fields TEXT NOT NULL,"
        " is_unique INTEGER NOT NULL, PRIMARY KEY (model, name)) STRICT"
    ),
    (
        "CREATE TABLE IF NOT EXISTS osiris_migrations (name TEXT PRIMARY KEY, hash TEXT NOT NULL,"
        " applied_at TEXT NOT NULL) STRICT"
    ),
    # Format 2: relations, history, expiry.
    (
        "CREATE TABLE IF NOT EXISTS osiris_relations (model TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,"
        " target TEXT NOT NULL, field TEXT NOT NULL, through TEXT NOT NULL, PRIMARY KEY (model, name)) STRICT"
    ),
    (
        "CREATE TABLE IF NOT EXISTS osiris_history (seq INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL,"
        " pk INTEGER NOT NULL, id TEXT NOT NULL, action TEXT NOT NULL, doc TEXT, version INTEGER NOT NULL,"
        " created_at TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL) STRICT"
    ),
    "CREATE INDEX IF NOT EXISTS osiris_history_of ON osiris_history (model, id, seq)",
    (
        "CREATE TABLE IF NOT EXISTS osiris_expiry (model TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL,"
        " PRIMARY KEY (model, id)) STRICT"
    ),
)


def connect(path: str, quota_bytes: int, now: str, *, read_only: bool, durable: bool) -> sqlite3.Connection:
    """An open connection to a store, made when it is not there; whatever is wrong is a `StorageError`."""
    if path != MEMORY:
        check_place(path) if read_only else create_private(path)
    try:
        connection = sqlite3.connect(
            _address(path, read_only=read_only),
            timeout=WAIT_SLICE,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
            uri=path != MEMORY,
        )
    except sqlite3.Error as error:
        raise storage_fault(error, path) from None
    try:
        _set_up(connection, path, quota_bytes, now, read_only=read_only, durable=durable)
    except UnicodeDecodeError:  # damaged names of tables, in SQLite's own message
        connection.close()
        raise fault("StorageError", f"the store is damaged: '{path}'", path=path) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _address(path: str, *, read_only: bool) -> str:
    if path == MEMORY:
        return path
    from urllib.parse import quote

    return f"file:{quote(os.path.abspath(path))}?mode={'ro' if read_only else 'rw'}"  # noqa: PTH100 - text to text


def _set_up(
    connection: sqlite3.Connection, path: str, quota_bytes: int, now: str, *, read_only: bool, durable: bool
) -> None:
    from horus_runtime.modules.osiris.functions import register_functions

    number = _checked_format(connection, path)
    writable = not read_only and _is_writable(path)
    if writable:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    elif number < FORMAT:
        raise fault("StorageError", f"the store is read-only and of an older format: '{path}'", path=path)
    connection.execute("PRAGMA foreign_keys = ON")
    if json_in_indexes_is_trusted():
        connection.execute("PRAGMA trusted_schema = OFF")
    if quota_bytes:
        page = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {max(1, int(quota_bytes) // page)}")
    if number < FORMAT:
        _make_layout(connection, now)
    register_functions(connection)


def _checked_format(connection: sqlite3.Connection, path: str) -> int:
    """The number of the file's layout, 0 for a new file."""
    number = connection.execute("PRAGMA user_version").fetchone()[0]
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if owner == APPLICATION_ID and number > FORMAT:
        raise fault(
            "StorageError",
            f"the store was made by a newer version (format {number}, known up to {FORMAT}): '{path}'",
            path=path,
        )
    if tables and owner != APPLICATION_ID:
        raise fault("StorageError", f"the file is a database, but not a store: '{path}'", path=path)
    # SAFETY: triggers and views of a prepared file would run with our rights; a store never has any.
    if connection.execute("SELECT 1 FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchone():
        raise fault("StorageError", f"the store has triggers or views, which it must not: '{path}'", path=path)
    return int(number) if tables else 0


def _is_writable(path: str) -> bool:
    return path == MEMORY or os.access(path, os.W_OK)


def _make_layout(connection: sqlite3.Connection, now: str) -> None:
    """The store's own tables; two processes that open a new file at once both find them complete."""
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] == FORMAT:
        connection.execute("COMMIT")
        return
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for statement in _LAYOUT:
        connection.execute(statement)
    if not connection.execute("SELECT 1 FROM pragma_table_info('osiris_models') WHERE name = 'history'").fetchone():
        connection.execute("ALTER TABLE osiris_models ADD COLUMN history TEXT")
    connection.execute("INSERT OR IGNORE INTO osiris_meta VALUES ('created_at', ?)", (now,))
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


def create_private(path: str) -> None:
    """Make the file before SQLite does, so that nobody else can ever read it; its journals get the same mode."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        check_place(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise fault("StorageError", f"the store cannot be made: '{path}': {reason}", path=path) from None


def check_place(path: str) -> None:
    """There must be a file."""
    if os.path.isdir(path):  # noqa: PTH112 - one question, no path object needed
        raise fault("StorageError", f"the store is a directory, not a file: '{path}'", path=path)
    if not os.path.exists(path):  # noqa: PTH110 - the same
        raise fault("StorageError", f"there is no store: '{path}'", path=path)


def authorize(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
    """Refuse what no statement of this package needs after set-up: other files, settings, extensions."""
    if action in _REFUSED_ACTIONS and first != "data_version":  # the full-text index asks for this one itself
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and second in _REFUSED_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


@cache
def json_in_indexes_is_trusted() -> bool:
    """Whether this SQLite lets indexes use JSON functions while `trusted_schema` is off; 3.40 does not."""
    connection = sqlite3.connect(MEMORY)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("CREATE TABLE probe (doc)")
        connection.execute("CREATE INDEX probe_index ON probe (json_extract(doc, '$.a'))")
    except sqlite3.Error:
        return False
    finally:
        connection.close()
    return True
