"""Everything that can be seen of a run, as one value to compare."""

from __future__ import annotations

import re
from typing import Any

import horus_runtime as hr
from horus_runtime.errors import HorusError
from horus_runtime.runtime.budget import Budget

_ADDRESS = re.compile(" at 0x[0-9a-f]+")


def shown(value: Any) -> Any:
    """A value with its classes, so that 1, 1.0 and true differ, and NaN equals itself."""
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - NaN
        return "float nan"
    return f"{type(value).__name__} {_ADDRESS.sub('', repr(value))}"


def chain(error: Any) -> list[Any]:
    """An error and what it wraps."""
    found = []
    while isinstance(error, HorusError):
        found.append((error.kind, error.message, error.position))
        error = getattr(error, "inner", None)
    return found


def outcome(engine: hr.Engine, text: str, limit: int = 0) -> dict[str, Any]:
    """Run a script: its value or error with all places, what it printed, the scope, and the operations spent."""
    printed: list[str] = []
    budgets: list[Budget] = []
    engine.on_print(printed.append)
    engine._start = budgets.append
    if limit:
        engine.max_operations = limit
    scope = hr.Scope()
    seen: dict[str, Any] = {}
    try:
        seen["value"] = shown(engine.eval(text, scope=scope))
    except HorusError as error:
        seen["error"] = chain(error)
        seen["trace"] = error.script_traceback
        seen["usage"] = getattr(error, "usage", None)
    seen["printed"] = printed
    seen["scope"] = {name: shown(value) for name, value, _ in scope}
    seen["spent"] = budgets[0].spent if budgets else None
    return seen
