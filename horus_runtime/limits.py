"""Limits: how much a script may use. The running account lives in `runtime.budget`.

Zero means unlimited, except where Rhai reads it as "none allowed" (`max_variables`, `max_functions`, `max_modules`,
`max_call_levels`); `None` means unlimited for those.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

MAX_JOB_SECONDS = 86_400
DEFAULT_DURATION = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one engine. Defaults are finite so that a bare engine cannot be hung or blown up."""

    max_operations: int = 100_000_000_000
    """Operations one run may spend (a compile-time weight per basic block; see docs)."""
    max_duration: float = DEFAULT_DURATION
    """Wall-clock seconds one run may take."""
    max_call_levels: int = 64
    max_expr_depth: int = 64
    max_function_expr_depth: int = 32
    max_string_size: int = 64 * 1024 * 1024
    """UTF-8 bytes, nested strings of a container added up."""
    max_array_size: int = 16 * 1024 * 1024
    max_map_size: int = 4 * 1024 * 1024
    max_variables: int | None = None
    max_functions: int | None = None
    max_modules: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            check_limit(field.name, getattr(self, field.name))

    def with_(self, **changes: Any) -> Limits:
        """A copy with some limits changed; an unknown name or a negative value raises."""
        for name in changes:
            if name not in type(self).__dataclass_fields__:
                raise TypeError(f"unknown limit '{name}'; limits are {', '.join(type(self).__dataclass_fields__)}")
        return replace(self, **changes)

    @classmethod
    def unlimited(cls) -> Limits:
        """No limits but the call depth and expression depth that protect the native stack."""
        return cls(max_operations=0, max_duration=0, max_string_size=0, max_array_size=0, max_map_size=0)


NULLABLE = frozenset({"max_variables", "max_functions", "max_modules"})


def check_limit(name: str, value: Any) -> None:
    """Raise `ValueError` or `TypeError` unless `value` is a legal setting for the limit `name`."""
    if value is None and name in NULLABLE:
        return
    wanted: tuple[type, ...] = (int, float) if name == "max_duration" else (int,)
    legal = isinstance(value, wanted) and not isinstance(value, bool)
    if not legal:
        raise TypeError(f"{name} must be a number, not {type(value).__name__}")
    if value < 0 or math.isnan(value):
        raise ValueError(f"{name} must not be negative, got {value}")
