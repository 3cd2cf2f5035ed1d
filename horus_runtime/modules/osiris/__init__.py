"""Osiris: the model store on SQLite. `Store` is the host's way in, `osiris_module` the script's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from horus_runtime.runtime.module import Module

if TYPE_CHECKING:
    from horus_runtime.modules.osiris.history import Change as Change
    from horus_runtime.modules.osiris.migrations import Migration as Migration
    from horus_runtime.modules.osiris.model import Model as Model
    from horus_runtime.modules.osiris.query import Query as Query
    from horus_runtime.modules.osiris.store import Store as Store
    from horus_runtime.modules.osiris.typed import Collection as Collection

__all__ = ["Change", "Collection", "Migration", "Model", "Query", "Store", "open_store", "osiris_module"]

_HOMES = {
    "Change": "history",
    "Collection": "typed",
    "Migration": "migrations",
    "Model": "model",
    "Query": "query",
    "Store": "store",
}


def __getattr__(name: str) -> object:
    """Load the store's classes when they are first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def osiris_module() -> Module:
    """The static module `osiris`; it finds the open store among the run's services."""
    from horus_runtime.modules.osiris.script import OSIRIS

    return OSIRIS.module


def open_store(path_or_store: str | os.PathLike[str] | Store) -> Store:
    """An open store as it is, or the store in a file, which is made when it is not there."""
    from horus_runtime.modules.osiris.store import Store

    if isinstance(path_or_store, Store):
        return path_or_store
    store = Store(path_or_store)
    store.sweep()
    return store
