"""One SQLite file: its connection, its transactions, its limits. Nothing else in the package opens the file.

Writers take the lock at the beginning of their transaction, so that nobody fails at its end; nested transactions are
savepoints. Every statement runs under the deadline of the script that asked for it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from horus_runtime.modules.osiris.faults import fault, storage_fault
from horus_runtime.modules.osiris.ids import IdMaker, utc_now

if TYPE_CHECKING:
    from sqlite_utils import Database

    from horus_runtime.modules.osiris.catalog import ModelInfo
    from horus_runtime.modules.osiris.model import Model

T = TypeVar("T")

FORMAT: Final = 1
"""Number of the file layout; a file with a higher one was made by a newer version and is refused."""
APPLICATION_ID: Final = 0x4F534952  # "OSIR"
BUSY_SECONDS: Final = 5.0
DEFAULT_QUOTA: Final = 512 * 1024 * 1024
_PAGE: Final = 4096
_STEPS: Final = 20_000
"""Virtual machine steps of SQLite between two looks at the deadline: about a millisecond."""
_REFUSED_ACTIONS: Final = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA})
_REFUSED_FUNCTIONS: Final = frozenset({"load_extension", "readfile", "writefile", "fts3_tokenizer"})


class NoTableError(Exception):
    """A model's table is not there: nothing was ever written to the model."""


class _Running(threading.local):
    """What the script in this thread wants: called before each operation and while long statements run."""

    check: Callable[[], None] | None = None
    """What it raises (a deadline, a stop) ends the operation."""


class Store:
    """A model store in one file (or in memory), usable from several threads."""

    def __init__(
        self,
        path: str | os.PathLike[str] = ":memory:",
        *,
        quota_bytes: int = DEFAULT_QUOTA,
        max_rows: int = 10_000,
        clock: Callable[[], str] = utc_now,
        new_id: Callable[[], str] | None = None,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self.path = os.fspath(path)
        self.max_rows = max_rows
        self.clock = clock
        self.new_id = new_id or IdMaker()
        self.busy_seconds = busy_seconds
        self.lock = threading.RLock()
        self.running = _Running()
        self.known: dict[str, tuple[int, ModelInfo]] = {}
        """What was read about models, each with the data version at which it was read."""
        self._stopped_by: BaseException | None = None
        self._depth = 0
        self._utils: Database | None = None
        self._connection = self._open(quota_bytes)

    # --- life ---------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the file; every later use is a `StorageError`."""
        with self.lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({self.path!r})"

    def _open(self, quota_bytes: int) -> sqlite3.Connection:
        if self.path != ":memory:":
            _create_private(self.path)
        try:
            connection = sqlite3.connect(
                self.path, timeout=self.busy_seconds, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise storage_fault(error, self.path) from None
        try:
            self._set_up(connection, quota_bytes)
        except sqlite3.Error as error:
            connection.close()
            raise storage_fault(error, self.path) from None
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection, quota_bytes: int) -> None:
        from horus_runtime.modules.osiris.functions import register_functions

        number = connection.execute("PRAGMA user_version").fetchone()[0]
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if owner == APPLICATION_ID and number > FORMAT:
            raise fault("StorageError", f"the store was made by a newer version: '{self.path}'", path=self.path)
        if tables and owner != APPLICATION_ID:
            raise fault("StorageError", f"the file is a database, but not a store: '{self.path}'", path=self.path)
        # SAFETY: triggers and views of a prepared file would run with our rights; a store never has any.
        if connection.execute("SELECT 1 FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchone():
            raise fault(
                "StorageError", f"the store has triggers or views, which it must not: '{self.path}'", path=self.path
            )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        if _json_in_indexes_is_trusted():
            connection.execute("PRAGMA trusted_schema = OFF")
        if quota_bytes:
            connection.execute(f"PRAGMA max_page_count = {max(1, int(quota_bytes) // _PAGE)}")
        if not tables:
            _make_layout(connection, self.clock())
        register_functions(connection)
        connection.set_progress_handler(self._still_wanted, _STEPS)
        connection.set_authorizer(_authorize)

    @property
    def utils(self) -> Database:
        """The same connection as an sqlite-utils database, for making tables and looking at them."""
        if self._utils is None:
            from sqlite_utils import Database

            with self.unrestricted():
                self._utils = Database(self._connection, recursive_triggers=False, execute_plugins=False)
        return self._utils

    @contextmanager
    def unrestricted(self) -> Iterator[None]:
        """Lift the authorizer for statements that are fixed in this package."""
        self._connection.set_authorizer(None)
        try:
            yield
        finally:
            self._connection.set_authorizer(_authorize)

    # --- models -------------------------------------------------------------------------------------------------------

    def model(self, name: str) -> Model:
        """The model of a name; nothing is made before the first write."""
        from horus_runtime.modules.osiris.model import Model

        return Model(self, name)

    def models(self) -> list[str]:
        """The names of all models that have been written to, sorted."""
        rows = self.rows(
            r"SELECT substr(name, 3) FROM sqlite_master WHERE type = 'table' AND name LIKE 'm\_%' ESCAPE '\'"
        )
        return sorted(name for (name,) in rows)

    def data_version(self) -> int:
        """A number that changes when another connection has written to the file."""
        return int(self.rows("PRAGMA data_version")[0][0])

    def has_table(self, name: str) -> bool:
        """True when there is a table of this name."""
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)))

    # --- statements ---------------------------------------------------------------------------------------------------

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a statement."""
        return self.guarded(lambda connection: connection.execute(sql, values).fetchall())

    def change(self, sql: str, values: Sequence[Any] = ()) -> int:
        """The number of rows that a statement changed."""
        return self.guarded(lambda connection: connection.execute(sql, values).rowcount)

    def guarded(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Work with the connection alone, with SQLite's errors in the store's own words.

        Violations of a uniqueness rule pass as `sqlite3.IntegrityError`: only the caller knows the rule's name.
        """
        with self._alone():
            self._stopped_by = None
            try:
                return work(self._connection)
            except sqlite3.IntegrityError:
                raise
            except sqlite3.Error as error:
                if self._stopped_by is not None:
                    raise self._stopped_by from None
                if str(error).startswith("no such table: m_"):
                    raise NoTableError from None
                raise storage_fault(error, self.path) from None
            except OverflowError:
                raise fault("InvalidArgument", "an integer beyond 64 bits cannot be stored") from None
            except UnicodeEncodeError:
                raise fault("InvalidArgument", "a text with lone surrogates cannot be stored") from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self.running.check is not None:
            self.running.check()
        if not self.lock.acquire(timeout=self.busy_seconds):
            raise fault("Conflict", "another job is writing to the store", hint="try again", path=self.path)
        try:
            yield
        finally:
            self.lock.release()

    def _still_wanted(self) -> int:
        """Called by SQLite during long statements; a non-zero answer interrupts the statement."""
        if self.running.check is None:
            return 0
        try:
            self.running.check()
        except BaseException as error:  # noqa: BLE001 - carried out of SQLite and raised by `guarded`
            self._stopped_by = error
            return 1
        return 0

    # --- transactions -------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. An inner transaction is a savepoint: its failure undoes only its own part."""
        with self._alone():
            depth = self._depth
            begin, commit, undo = _FRAMES[min(depth, 1)]
            self._execute(begin.format(depth))
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth = depth
                self._undo(undo.format(depth, depth))
                raise
            self._depth = depth
            try:
                self._execute(commit.format(depth))
            except BaseException:
                self._undo(undo.format(depth, depth))
                raise

    @property
    def in_transaction(self) -> bool:
        """True inside of `transaction`."""
        return self._depth > 0

    def _execute(self, sql: str) -> None:
        end = time.monotonic() + self.busy_seconds
        while True:
            try:
                self._connection.execute(sql)
            except sqlite3.OperationalError as error:
                # SQLite does not wait when waiting could be a deadlock; trying again within our time is safe here.
                if "locked" not in str(error) or time.monotonic() >= end or not sql.startswith("BEGIN"):
                    raise storage_fault(error, self.path) from None
                time.sleep(0.01)
            except sqlite3.Error as error:
                raise storage_fault(error, self.path) from None
            else:
                return

    def _undo(self, statements: str) -> None:
        """Roll back; some errors (a full disk) have done it already, which is fine."""
        check, self.running.check = self.running.check, None  # a script out of time must still be rolled back
        try:
            for sql in statements.split(";"):
                if self._connection.in_transaction:
                    self._connection.execute(sql)
        except sqlite3.Error as error:
            raise storage_fault(error, self.path) from None
        finally:
            self.running.check = check
            self.known.clear()


_FRAMES: Final = (
    ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"),
    ("SAVEPOINT level_{}", "RELEASE level_{}", "ROLLBACK TO level_{};RELEASE level_{}"),
)


@cache
def _json_in_indexes_is_trusted() -> bool:
    """Whether this SQLite lets indexes use JSON functions while `trusted_schema` is off; 3.40 does not."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("CREATE TABLE probe (doc)")
        connection.execute("CREATE INDEX probe_index ON probe (json_extract(doc, '$.a'))")
    except sqlite3.Error:
        return False
    finally:
        connection.close()
    return True


def _create_private(path: str) -> None:
    """Make the file before SQLite does, so that nobody else can ever read it; its journals get the same mode."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if os.path.isdir(path):  # noqa: PTH112 - one question, no path object needed
            raise fault("StorageError", f"the store is a directory, not a file: '{path}'", path=path) from None
    except OSError as error:
        raise fault("StorageError", f"the store cannot be made: '{path}': {error.strerror}", path=path) from None


def _make_layout(connection: sqlite3.Connection, now: str) -> None:
    """The store's own tables; two processes that open a new file at once both find them complete."""
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
        connection.execute("COMMIT")
        return
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("CREATE TABLE osiris_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT")
    connection.execute(
        "CREATE TABLE osiris_models (model TEXT PRIMARY KEY, version INTEGER NOT NULL, schema TEXT, search TEXT,"
        " changed_at TEXT NOT NULL) STRICT"
    )
    connection.execute(
        "CREATE TABLE osiris_indexes (model TEXT NOT NULL, name TEXT NOT NULL, fields TEXT NOT NULL,"
        " is_unique INTEGER NOT NULL, PRIMARY KEY (model, name)) STRICT"
    )
    connection.execute(
        "CREATE TABLE osiris_migrations (name TEXT PRIMARY KEY, hash TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT"
    )
    connection.execute("INSERT INTO osiris_meta VALUES ('created_at', ?)", (now,))
    connection.execute("COMMIT")


def _authorize(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
    """Refuse what no statement of this package needs after set-up: other files, settings, extensions."""
    if action in _REFUSED_ACTIONS and first != "data_version":  # the full-text index asks for this one itself
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and second in _REFUSED_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK
