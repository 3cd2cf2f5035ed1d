"""The model store of a planned run: a private copy, and what the run changed in it, record by record.

The files are copied through SQLite, so that what another process has written is in the copy as well and the original
is only read. Namespaces are files beside the store; they are copied with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from horus_runtime.errors import HostFailure

_SIDES: Final = ("-wal", "-shm", "-journal")
_DEFINITIONS: Final = ("osiris_models", "osiris_indexes", "osiris_relations")


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One record that a run creates, updates or deletes, or a model whose definition it changes (`define`)."""

    operation: str
    model: str
    id: str
    """Empty for `define`."""
    space: str = "default"

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        data = {"operation": self.operation, "namespace": self.space, "model": self.model, "id": self.id}
        return {name: value for name, value in data.items() if value}


class StoreCopy:
    """Two private copies of a model store with its namespaces: one to work on, one to compare it with."""

    def __init__(self, path: str, folder: Path) -> None:
        self.original = Path(path)
        self.is_new = not self.original.exists()
        self._before, self._after = folder / "before", folder / "after"
        for place in (self._before, self._after):
            place.mkdir(mode=0o700)
        for file in self._files(self.original.parent):
            copy_database(file, self._before / file.name)
            shutil.copyfile(self._before / file.name, self._after / file.name)

    @property
    def path(self) -> Path:
        """The file to work on."""
        return self._after / self.original.name

    def changes(self) -> list[RecordChange]:
        """What the work changed, by namespace, model and id. Close the store first."""
        found: list[RecordChange] = []
        for file in self._files(self._after):
            space = file.name[len(self.original.stem) + 1 : -len(self.original.suffix) or None] or "default"
            if file.name == self.original.name:
                space = "default"
            found += _compared(self._before / file.name, file, space)
        return sorted(found, key=lambda item: (item.space, item.model, item.id))

    def _files(self, folder: Path) -> list[Path]:
        """The store's file and those of its namespaces."""
        stem, suffix = self.original.stem, self.original.suffix
        names = {self.original.name, *(path.name for path in folder.glob(f"{_escaped(stem)}.*{_escaped(suffix)}"))}
        return sorted(folder / name for name in names if (folder / name).is_file() and not name.endswith(_SIDES))


@contextlib.contextmanager
def copied_store(path: str | os.PathLike[str]) -> Iterator[StoreCopy]:
    """A copy of a store in a private directory (mode 0700), which is removed afterwards.

    Raises:
        HostFailure: `StorageError`, the file is no database.
    """
    folder = Path(tempfile.mkdtemp(prefix="horus-plan-"))
    try:
        yield StoreCopy(os.fspath(path), folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as it is now, without leaving a trace beside it."""
    # A database that nobody has open has no journal beside it: then SQLite must not make one only to read.
    mode = "mode=ro" if any(Path(f"{source}{side}").exists() for side in _SIDES) else "immutable=1"
    try:
        with contextlib.closing(sqlite3.connect(f"{source.absolute().as_uri()}?{mode}", uri=True)) as old:
            handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            os.close(handle)
            with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as new:
                old.backup(new)
                new.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise HostFailure(
            "StorageError", f"the store cannot be copied: '{source}': {error}", path=str(source)
        ) from None


def _compared(before: Path, after: Path, space: str) -> Iterator[RecordChange]:
    new = _read(after)
    old = _read(before) if before.exists() else {}
    for name in sorted({*old, *new}):
        first, second = old.get(name, {}), new.get(name, {})
        if name in _DEFINITIONS:
            models = {model for model in {*first, *second} if first.get(model) != second.get(model)}
            yield from (RecordChange("define", model, "", space) for model in models)
            continue
        for key in {*first, *second}:
            if key not in second:
                yield RecordChange("delete", name, key, space)
            elif first.get(key) != second[key]:
                yield RecordChange("update" if key in first else "create", name, key, space)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Every record of a store: model to id to a hash of what it says; and the definitions of models."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found: dict[str, dict[str, Any]] = {}
        for name in names:
            if name.startswith("m_"):
                quoted = name.replace('"', '""')
                rows = connection.execute(f'SELECT id, doc, version FROM "{quoted}"')  # noqa: S608 - quoted
                found[name[2:]] = {key: hash((doc, version)) for key, doc, version in rows}
            elif name in _DEFINITIONS:
                kept: dict[str, list[Any]] = {}
                columns = "model, schema, search" if name == "osiris_models" else "*"
                for row in connection.execute(f"SELECT {columns} FROM {name} ORDER BY 1, 2"):  # noqa: S608 - fixed names
                    kept.setdefault(row[0], []).append(row)
                found[name] = dict(kept)
        return found


def _escaped(text: str) -> str:
    import glob

    return glob.escape(text)
