"""One SQLite file: its connection, its transactions, its limits. Nothing else in the package runs statements.

Writers take the lock at the beginning of their transaction, so that nobody fails at its end; nested transactions are
savepoints. Every statement runs under the deadline of the script that asked for it, waiting for others included.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from horus_runtime.modules.osiris.connection import MEMORY, authorize, connect
from horus_runtime.modules.osiris.faults import busy, fault, is_busy, storage_fault
from horus_runtime.modules.osiris.ids import IdMaker, utc_now

if TYPE_CHECKING:
    from pydantic import BaseModel
    from sqlite_utils import Database

    from horus_runtime.modules.osiris.catalog import ModelInfo
    from horus_runtime.modules.osiris.migrations import Migration, Outcome
    from horus_runtime.modules.osiris.model import Model
    from horus_runtime.modules.osiris.typed import Collection

T = TypeVar("T")
M = TypeVar("M", bound="BaseModel")

BUSY_SECONDS: Final = 5.0
DEFAULT_QUOTA: Final = 512 * 1024 * 1024
_STEPS: Final = 20_000
"""Virtual machine steps of SQLite between two looks at the deadline: about a millisecond."""
_RETRY_SECONDS: Final = 0.002
_LOOK: Final = 7
"""Every eighth statement looks at the deadline first: scripts look at each of their calls anyway."""


class NoTableError(Exception):
    """A model's table is not there: nothing was ever written to the model."""


class _Running(threading.local):
    """What is true of the caller in this thread."""

    caller: tuple[Callable[[], None] | None, str] = (None, "")
    """Both together, because scripts set them at each of their calls."""

    @property
    def check(self) -> Callable[[], None] | None:
        """Called before each operation, while it waits and while long statements run; what it raises ends it."""
        return self.caller[0]

    @check.setter
    def check(self, check: Callable[[], None] | None) -> None:
        self.caller = (check, self.caller[1])

    @property
    def actor(self) -> str:
        """Who is working, for histories."""
        return self.caller[1]

    @actor.setter
    def actor(self, actor: str) -> None:
        self.caller = (self.caller[0], actor)


class Store:
    """A model store in one file (or in memory), usable from several threads.

    Args:
        path: the SQLite file, made when it is not there; `":memory:"` for none.
        quota_bytes: how large the file may become, 0 for no limit.
        max_rows: how many records `all` gives at most.
        clock: gives the present time in RFC 3339.
        new_id: gives ids that were never given before.
        busy_seconds: how long to wait for other writers before it is a `Conflict`.
        read_only: refuse every write; the file must be there.
        durable: let every commit reach the disk, so that also a power failure loses none (slower).

    Raises:
        HostFailure: `StorageError`, when the file cannot be opened or is no store.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] = MEMORY,
        *,
        quota_bytes: int = DEFAULT_QUOTA,
        max_rows: int = 10_000,
        clock: Callable[[], str] = utc_now,
        new_id: Callable[[], str] | None = None,
        busy_seconds: float = BUSY_SECONDS,
        read_only: bool = False,
        durable: bool = False,
    ) -> None:
        self.path = os.fspath(path)
        self.quota_bytes = quota_bytes
        self.max_rows = max_rows
        self.clock = clock
        self.new_id = new_id or IdMaker()
        self.busy_seconds = busy_seconds
        self.space = "default"
        """The name of the namespace."""
        self.read_only = read_only
        self.durable = durable
        self.alone = False
        """Refuse to open namespaces: they are files of their own, and this work must be one transaction."""
        self.lock = threading.RLock()
        self.running = _Running()
        self.known: dict[str, tuple[int, ModelInfo]] = {}
        """What was read about models, each with the data version at which it was read."""
        self._stopped_by: BaseException | None = None
        self._depth = 0
        self._uses = 0
        self._utils: Database | None = None
        self._spaces: dict[str, Store] = {}
        self._connection = self._open()

    # --- life ---------------------------------------------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        connection = self._connected()
        connection.set_progress_handler(self._still_wanted, _STEPS)
        connection.set_authorizer(authorize)
        return connection

    def _connected(self) -> sqlite3.Connection:
        end = time.monotonic() + self.busy_seconds
        while True:
            try:
                return connect(
                    self.path, self.quota_bytes, self.clock(), read_only=self.read_only, durable=self.durable
                )
            except sqlite3.Error as error:
                # Another process may be making the file right now.
                if not is_busy(error) or time.monotonic() >= end:
                    raise storage_fault(error, self.path) from None
                time.sleep(_RETRY_SECONDS)

    def close(self) -> None:
        """Close the file (and those of opened namespaces); every later use is a `StorageError`."""
        with self.lock:
            for space in self._spaces.values():
                space.close()
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({self.path!r})"

    def namespace(self, name: str) -> Store:
        """The store of a namespace: a file of its own beside this one, with the same settings."""
        from horus_runtime.modules.osiris.names import check_namespace

        return self._space(check_namespace(name))

    def context(self, keys: Sequence[str]) -> Store:
        """The store that a group of public keys shares, whatever their order. Who may open it, the caller decides."""
        from hashlib import sha256

        from horus_runtime.modules.osiris.names import CONTEXT

        text = "\n".join(sorted(set(keys)))
        return self._space(CONTEXT + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32])

    def _space(self, name: str) -> Store:
        if self.alone:
            raise fault("Unavailable", f"namespace '{name}' is another file: an atomic run works with one")
        with self.lock:
            if name not in self._spaces:
                stem, extension = os.path.splitext(self.path)  # noqa: PTH122 - text to text
                self._spaces[name] = Store(
                    self.path if self.path == MEMORY else f"{stem}.{name}{extension}",
                    quota_bytes=self.quota_bytes,
                    max_rows=self.max_rows,
                    clock=self.clock,
                    new_id=self.new_id,
                    busy_seconds=self.busy_seconds,
                    read_only=self.read_only,
                    durable=self.durable,
                )
                self._spaces[name].space = name
                self._spaces[name].running = self.running
            return self._spaces[name]

    @contextmanager
    def acting_as(self, actor: str) -> Iterator[None]:
        """Let histories say who made the changes of this thread."""
        before, self.running.actor = self.running.actor, actor
        try:
            yield
        finally:
            self.running.actor = before

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
            self._connection.set_authorizer(authorize)

    # --- models -------------------------------------------------------------------------------------------------------

    def model(self, name: str) -> Model:
        """The model of a name; nothing is made before the first write."""
        from horus_runtime.modules.osiris.model import Model

        return Model(self, name)

    def collection(self, cls: type[M], name: str | None = None, *, declare: bool = True) -> Collection[M]:
        """The records of a model as instances of a pydantic class, whose fields are declared as its schema.

        The model's name is the class variable `osiris_model`, or the class's name in snake case.
        """
        from horus_runtime.modules.osiris.typed import Collection

        return Collection(self, cls, name, declare=declare)

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

    @property
    def total_changes(self) -> int:
        """How many rows were written through this store since it was opened."""
        return self._connection.total_changes

    def look_at_clock(self, *_: object) -> None:
        """Raise what the caller's deadline raises, if it is over."""
        check = self.running.check
        if check is not None:
            check()

    # --- the whole store ----------------------------------------------------------------------------------------------

    def drop_model(self, name: str, *, confirm: str | None = None) -> bool:
        """Delete a model with everything that belongs to it; `confirm` repeats its name."""
        from horus_runtime.modules.osiris.admin import drop_model

        return drop_model(self, name, confirm=confirm)

    def backup(self, path: str | os.PathLike[str], tell: Callable[[int, int], None] | None = None) -> int:
        """Copy the store as it is now to a file, while others may use it. Gives the bytes; `tell` hears of pages."""
        from horus_runtime.modules.osiris.admin import backup

        return backup(self, path, tell)

    def stats(self) -> dict[str, Any]:
        """Rows, bytes and indexes of the models, the file's size and quota."""
        from horus_runtime.modules.osiris.admin import stats

        return stats(self)

    def check(self) -> list[str]:
        """What is wrong with the file; empty when it is whole."""
        from horus_runtime.modules.osiris.admin import check

        return check(self)

    def sweep(self) -> int:
        """Delete the records whose time has come (`Model.expire`). Gives how many."""
        from horus_runtime.modules.osiris.expiry import sweep

        return sweep(self)

    def migrate(self, steps: Sequence[Migration], *, dry_run: bool = False, strict: bool = False) -> Outcome:
        """Apply the migrations that were not applied before, in order."""
        from horus_runtime.modules.osiris.migrations import migrate

        return migrate(self, steps, dry_run=dry_run, strict=strict)

    def migrations(self) -> list[dict[str, Any]]:
        """The migrations that were applied."""
        from horus_runtime.modules.osiris.migrations import applied

        return applied(self)

    def export_file(self, path: str | os.PathLike[str], *, include_secret: bool = False) -> int:
        """Write the whole store as JSON lines. Gives the bytes."""
        from pathlib import Path

        from horus_runtime.modules.osiris.exporting import export_store, write_file

        return write_file(Path(path), export_store(self, include_secret=include_secret))

    def import_file(
        self,
        path: str | os.PathLike[str],
        *,
        on_conflict: str = "error",
        watch: Callable[[Iterable[str]], Iterable[str]] = iter,
    ) -> dict[str, Any]:
        """Take in what `export_file` wrote; `watch` sees its lines pass. Gives what `Model.import_` gives, by model."""
        from pathlib import Path

        from horus_runtime.modules.osiris.importing import import_store

        try:
            with Path(path).open(encoding="utf-8") as stream:
                return import_store(self, watch(stream), on_conflict=on_conflict)
        except OSError as error:
            raise fault("NotFound", f"the file cannot be read: '{path}': {error.strerror}", path=str(path)) from None
        except UnicodeDecodeError:
            raise fault("InvalidEncoding", f"the file is not UTF-8 text: '{path}'", path=str(path)) from None

    # --- statements ---------------------------------------------------------------------------------------------------

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a statement."""
        return self.guarded(lambda connection: connection.execute(sql, values).fetchall())

    def change(self, sql: str, values: Sequence[Any] = ()) -> int:
        """The number of rows that a statement changed."""
        return self.guarded(lambda connection: connection.execute(sql, values).rowcount)

    def guarded(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Work with the connection alone, with SQLite's errors in the store's own words.

        Outside of a transaction the work is one statement, which is tried again while another process is writing.
        Violations of a uniqueness rule pass as `sqlite3.IntegrityError`: only the caller knows the rule's name.
        """
        self._acquire()
        end = 0.0
        try:
            if self._depth:
                self._check_transaction()
            while True:
                self._stopped_by = None
                try:
                    return work(self._connection)
                except sqlite3.OperationalError as error:
                    if self._depth or not is_busy(error):
                        raise
                    end = end or time.monotonic() + self.busy_seconds
                    self._wait_until(end)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise self._explained(error) from None
        except UnicodeDecodeError:
            raise fault("StorageError", f"the store is damaged: '{self.path}'", path=self.path) from None
        except OverflowError:
            raise fault("InvalidArgument", "an integer beyond 64 bits cannot be stored") from None
        except UnicodeEncodeError:
            raise fault("InvalidArgument", "a text with lone surrogates cannot be stored") from None
        finally:
            self.lock.release()

    def _check_transaction(self) -> None:
        """SAFETY: where SQLite gave up a transaction by itself, what follows must not be committed one by one."""
        if not self._connection.in_transaction:
            raise fault("StorageError", f"the transaction failed and was undone: '{self.path}'", path=self.path)

    def _explained(self, error: sqlite3.Error) -> BaseException:
        if self._stopped_by is not None:
            return self._stopped_by
        if str(error).startswith("no such table: m_"):
            return NoTableError()
        return storage_fault(error, self.path)

    def _acquire(self) -> None:
        """Wait for the other threads of this process; the caller's deadline ends the waiting."""
        self._uses += 1
        if not self._uses & _LOOK:
            self.look_at_clock()
        if self.lock.acquire(blocking=False):
            return
        check = self.running.check
        end = time.monotonic() + self.busy_seconds
        while not self.lock.acquire(timeout=0.05):
            if check is not None:
                check()
            if time.monotonic() >= end:
                raise busy(self.path)

    def _wait_until(self, end: float) -> None:
        """Called when SQLite has waited a little for another process's lock in vain."""
        if self.running.check is not None:
            self.running.check()
        if time.monotonic() >= end:
            raise busy(self.path)
        time.sleep(_RETRY_SECONDS)  # SQLite does not wait at all where waiting could be a deadlock

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

    def transaction(self) -> Transaction:
        """All or nothing, for a `with` block. An inner transaction is a savepoint: its failure undoes its own part."""
        return Transaction(self)

    @property
    def in_transaction(self) -> bool:
        """True inside of `transaction`."""
        return self._depth > 0

    def _enter(self) -> int:
        self._acquire()
        depth = self._depth
        try:
            if depth:
                self._check_transaction()
            self._execute(f"SAVEPOINT level_{depth}" if depth else _BEGIN)
        except BaseException:
            self.lock.release()
            raise
        self._depth = depth + 1
        return depth

    def _leave(self, depth: int, *, failed: bool) -> None:
        self._depth = depth
        undo = f"ROLLBACK TO level_{depth};RELEASE level_{depth}" if depth else "ROLLBACK"
        try:
            if failed:
                self._undo(undo)
                return
            try:
                self._check_transaction()
                self._execute(f"RELEASE level_{depth}" if depth else "COMMIT")
            except BaseException:
                self._undo(undo)
                raise
        finally:
            self.lock.release()

    def _execute(self, sql: str) -> None:
        end = 0.0
        while True:
            try:
                self._connection.execute(sql)
            except sqlite3.Error as error:
                if not is_busy(error):
                    raise storage_fault(error, self.path) from None
                end = end or time.monotonic() + self.busy_seconds
                self._wait_until(end)
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


_BEGIN: Final = "BEGIN IMMEDIATE"


class Transaction:
    """One level of a store's transactions. A class of its own: generators cost twice as much, and writes are many."""

    __slots__ = ("_depth", "_store")

    def __init__(self, store: Store) -> None:
        self._store = store
        self._depth = 0

    def __enter__(self) -> None:
        self._depth = self._store._enter()  # noqa: SLF001 - two halves of one thing

    def __exit__(
        self, cls: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._store._leave(self._depth, failed=cls is not None)  # noqa: SLF001 - two halves of one thing
