"""What is done with a store or a model as a whole: copied, measured, dropped."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from horus_runtime.errors import HostFailure
from horus_runtime.modules.osiris.connection import MEMORY
from horus_runtime.modules.osiris.faults import fault, storage_fault
from horus_runtime.modules.osiris.names import table
from horus_runtime.modules.osiris.references import referring

if TYPE_CHECKING:
    from collections.abc import Callable

    from horus_runtime.modules.osiris.store import Store


def backup(store: Store, path: str | os.PathLike[str], tell: Callable[[int, int], None] | None = None) -> int:
    """Copy the store as it is now into a file that only its owner can read. Gives the bytes. `tell` hears how many
    pages are copied, of how many.

    Others may read and write meanwhile. The file appears under its name when it is complete, in the place of an older.
    """
    target = Path(path)
    if store.path != MEMORY and target.exists() and target.samefile(store.path):
        raise fault("InvalidArgument", f"a store cannot be copied onto itself: '{target}'", path=str(target))
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        try:
            _copy(store, temporary, tell)
            size = temporary.stat().st_size
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        message = f"the copy cannot be written: '{target}': {error.strerror}"
        raise fault("StorageError", message, path=str(target)) from None
    return size


def _copy(store: Store, path: Path, tell: Callable[[int, int], None] | None) -> None:
    def look(_: int, remaining: int, total: int) -> None:
        store.look_at_clock()
        if tell is not None:
            tell(total - remaining, total)

    copy = sqlite3.connect(path, isolation_level=None)
    try:
        with store.unrestricted():
            store.guarded(lambda connection: connection.backup(copy, pages=1024, progress=look))
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, not three
    except sqlite3.Error as error:
        raise storage_fault(error, str(path)) from None
    finally:
        copy.close()


def stats(store: Store) -> dict[str, Any]:
    """Rows, bytes and indexes of every model, the size of the file, and what it may grow to."""
    models = {}
    for name in store.models():
        rows, size = store.rows(f"SELECT count(*), coalesce(sum(length(CAST(doc AS BLOB))), 0) FROM {table(name)}")[0]
        info = store.model(name).info()
        models[name] = {
            "rows": rows,
            "bytes": size,
            "indexes": [index.name for index in store.model(name).indexes()],
            "searchable": list(info.search),
            "history": info.history is not None,
        }
    with store.unrestricted():
        pages, free, page = (
            store.rows(f"PRAGMA {item}")[0][0] for item in ("page_count", "freelist_count", "page_size")
        )
    return {
        "models": models,
        "bytes": pages * page,
        "free_bytes": free * page,
        "quota": store.quota_bytes or None,
        "history_rows": store.rows("SELECT count(*) FROM osiris_history")[0][0],
        "path": store.path,
    }


def drop_model(store: Store, name: str, *, confirm: str | None) -> bool:
    """Forget a model with its records, schema, indexes, search and history; false when there is none."""
    model = store.model(name)
    if confirm != name:
        message = f"drop_model would delete '{name}' and all its records"
        raise fault("InvalidArgument", message, hint=f'use #{{confirm: "{name}"}}', model=name)
    with store.transaction():
        users = [f"{owner}.{field.name}" for owner, field in referring(store, name) if owner != name]
        if users:
            message = f"'{name}' is referred to by {', '.join(users)}"
            raise fault("ReferenceViolation", message, model=name, fields=users)
        found = store.has_table(f"m_{name}")
        store.change(f"DROP TABLE IF EXISTS {table(name)}")
        from horus_runtime.modules.osiris.search import drop

        drop(model)
        for kind in ("models", "indexes", "relations", "history", "expiry"):
            store.change(f"DELETE FROM osiris_{kind} WHERE model = ?", (name,))
        store.known.clear()
    return found


def check(store: Store) -> list[str]:
    """What is wrong with the file; empty when it is whole."""
    try:
        with store.unrestricted():
            found = [row[0] for row in store.rows("PRAGMA integrity_check")]
            found += [f"foreign key: {row}" for row in store.rows("PRAGMA foreign_key_check")]
    except HostFailure as failure:
        return [failure.message]
    return [] if found == ["ok"] else found
