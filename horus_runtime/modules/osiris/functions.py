"""SQL functions of our own: comparisons that SQLite's JSON functions do not have."""

from __future__ import annotations

import json
import sqlite3
from functools import lru_cache
from typing import Any


def register_functions(connection: sqlite3.Connection) -> None:
    """Offer the functions on a connection; all are deterministic and touch nothing."""
    for name, count, function in (
        ("osiris_same", 2, _same),
        ("osiris_fold", 1, _fold),
        ("osiris_matches", 2, _matches),
    ):
        connection.create_function(name, count, function, deterministic=True)


def canonical(value: Any) -> str:
    """One JSON text for all equal values: keys sorted, whole floats as integers, types kept apart."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if type(value) is float and value.is_integer() and abs(value) < 2**63:
        return int(value)
    if type(value) is dict:
        return {key: _plain(item) for key, item in value.items()}
    if type(value) is list:
        return [_plain(item) for item in value]
    return value


def _same(stored: Any, wanted: str) -> int:
    """Deep equality of a stored JSON text with a canonical one."""
    return int(stored is not None and canonical(json.loads(stored)) == wanted)


def _fold(text: Any) -> Any:
    """Text without case, for all of Unicode."""
    return text.casefold() if isinstance(text, str) else None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    import re

    return re.compile(pattern)


def _matches(pattern: str, text: Any) -> int:
    """Search a text with a regular expression whose shape was checked before."""
    return int(isinstance(text, str) and len(text) <= 1_000_000 and _compiled(pattern).search(text) is not None)
