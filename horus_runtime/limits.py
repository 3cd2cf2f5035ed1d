"""Limits: how much a script may use. The running account lives in `runtime.budget`.

Zero means unlimited, except where Rhai reads it as "none allowed" (`max_variables`, `max_functions`, `max_modules`,
`max_call_levels`); `None` means unlimited for those.
"""

from __future__ import annotations

import math

from horus_runtime.typing_names import Any

DEFAULT_DURATION = 60.0


class Limits:
    """The limits of one engine. Defaults are finite so that a bare engine cannot be hung or blown up."""

    # Written out: the module `dataclasses` would take a tenth of the time that a cached script needs to start.
    __slots__ = (
        "max_array_size",
        "max_call_levels",
        "max_data_size",
        "max_duration",
        "max_expr_depth",
        "max_function_expr_depth",
        "max_functions",
        "max_map_size",
        "max_modules",
        "max_operations",
        "max_script_size",
        "max_string_size",
        "max_variables",
    )

    max_operations: int
    max_duration: float
    max_call_levels: int
    max_expr_depth: int
    max_function_expr_depth: int
    max_string_size: int
    max_array_size: int
    max_map_size: int
    max_data_size: int
    max_script_size: int
    """No deadline ends parsing."""
    max_variables: int | None
    max_functions: int | None
    max_modules: int | None

    def __init__(  # noqa: PLR0913 - one parameter per limit
        self,
        *,
        max_operations: int = 100_000_000_000,
        max_duration: float = DEFAULT_DURATION,
        max_call_levels: int = 64,
        max_expr_depth: int = 64,
        max_function_expr_depth: int = 32,
        max_string_size: int = 64 * 1024 * 1024,
        max_array_size: int = 16 * 1024 * 1024,
        max_map_size: int = 4 * 1024 * 1024,
        max_data_size: int = 256 * 1024 * 1024,
        max_script_size: int = 1024 * 1024,
        max_variables: int | None = None,
        max_functions: int | None = None,
        max_modules: int | None = None,
    ) -> None:
        values = locals()
        for name in LIMIT_NAMES:
            value = values[name]
            check_limit(name, value)
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"cannot assign to '{name}': limits never change, use with_({name}=...)")

    def as_dict(self) -> dict[str, Any]:
        """Every limit by name."""
        return {name: getattr(self, name) for name in LIMIT_NAMES}

    def with_(self, **changes: Any) -> Limits:
        """A copy with some limits changed; an unknown name or a negative value raises."""
        for name in changes:
            if name not in LIMIT_NAMES:
                raise TypeError(f"unknown limit '{name}'; limits are {', '.join(LIMIT_NAMES)}")
        return Limits(**(self.as_dict() | changes))

    @classmethod
    def unlimited(cls) -> Limits:
        """No limits but the call depth and expression depth that protect the native stack."""
        return cls(
            max_operations=0,
            max_duration=0,
            max_string_size=0,
            max_array_size=0,
            max_map_size=0,
            max_data_size=0,
            max_script_size=0,
        )

    def __eq__(self, other: object) -> bool:
        return self.as_dict() == other.as_dict() if isinstance(other, Limits) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self.as_dict().values()))

    def __repr__(self) -> str:
        return f"Limits({', '.join(f'{name}={value!r}' for name, value in self.as_dict().items())})"

    def __reduce__(self) -> Any:
        return _restored, (self.as_dict(),)


def _restored(values: dict[str, Any]) -> Limits:
    return Limits(**values)


LIMITS = {
    "max_operations": "Operations one run may spend: a compile-time weight per basic block.",
    "max_duration": "Wall-clock seconds one run may take.",
    "max_call_levels": "Calls of script functions inside each other.",
    "max_expr_depth": "Expressions and statements inside each other, outside of functions.",
    "max_function_expr_depth": "Expressions and statements inside each other in one function.",
    "max_string_size": "UTF-8 bytes of a string, nested strings of a container added up.",
    "max_array_size": "Elements of an array and bytes of a blob, nested ones added up.",
    "max_map_size": "Properties of an object map, nested ones added up.",
    "max_data_size": "Bytes that all values of one run may take together in this process.",
    "max_script_size": "UTF-8 bytes of a text that is compiled: a script, a module, the text of an `eval`.",
    "max_variables": "Variables in a scope.",
    "max_functions": "Functions that one script defines.",
    "max_modules": "Modules that one run imports.",
}
"""Every limit, and what it limits."""
LIMIT_NAMES = tuple(LIMITS)
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
