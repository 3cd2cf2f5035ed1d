"""How the store fails: `HostFailure`s of the module `osiris`, also for hosts that use the store from Python."""

from __future__ import annotations

import sqlite3
from typing import Any

from horus_runtime.errors import HostFailure


def fault(kind: str, message: str, **extra: Any) -> HostFailure:
    """The error for the caller to raise; the function's name is added where a script called one."""
    return HostFailure(kind, message, module="osiris", **extra)


def shown(value: Any, limit: int = 60) -> str:
    """A value in a message: quoted when it is text, and shortened."""
    text = f"'{value}'" if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"


def busy(path: str) -> HostFailure:
    """Others kept the store for longer than one waits."""
    return fault("Conflict", "another job is writing to the store", hint="try again", path=path)


def is_busy(error: sqlite3.Error) -> bool:
    """Is it only that somebody else is writing?"""
    name = getattr(error, "sqlite_errorname", "") or ""
    return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def storage_fault(error: sqlite3.Error, path: str) -> HostFailure:
    """What SQLite reports, in the error map's kinds; its own text never reaches a script unexplained."""
    name = getattr(error, "sqlite_errorname", "") or ""
    text = str(error)
    if is_busy(error):
        return busy(path)
    reasons = {
        "SQLITE_FULL": "no space is left, or the store has reached its quota",
        "SQLITE_READONLY": "the store is read-only",
        "SQLITE_CANTOPEN": "the store cannot be opened",
        "SQLITE_NOTADB": "the file is not a store",
        "SQLITE_CORRUPT": "the store is damaged",
        "SQLITE_IOERR": "the store cannot be read or written",
        "SQLITE_PERM": "the operating system does not permit access to the store",
        "SQLITE_TOOBIG": "a value is too large",
        "SQLITE_AUTH": "the store does not permit this operation",
        "SQLITE_MISUSE": "the store is closed",
    }
    for prefix, reason in reasons.items():
        if name.startswith(prefix):
            return fault("StorageError", f"{reason}: '{path}'", path=path)
    if isinstance(error, sqlite3.ProgrammingError) and "closed" in text:
        return fault("StorageError", f"the store is closed: '{path}'", path=path)
    return fault("StorageError", f"the store failed ({text}): '{path}'", path=path)
