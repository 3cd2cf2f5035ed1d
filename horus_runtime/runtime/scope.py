"""Scope: the variables a host gives to a run and gets back from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from horus_runtime.errors import EvalError
from horus_runtime.runtime.faults import cannot_modify_constant
from horus_runtime.runtime.values import Cell, to_script


class _Missing:
    """Stands for a variable that does not exist (yet)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<missing>"


MISSING: Final = _Missing()


class Scope:
    """Named values, oldest first; a later entry shadows an earlier one of the same name.

    What a host puts in is converted: a list or dict is copied, so that script and host do not change each other's.
    """

    __slots__ = ("_constants", "_names", "_values", "aliases")

    def __init__(self, variables: dict[str, Any] | None = None) -> None:
        self._names: list[str] = []
        self._values: list[Any] = []
        self._constants: list[bool] = []
        self.aliases: dict[str, list[str]] = {}
        for name, value in (variables or {}).items():
            self.push(name, value)

    # ---- writing ----------------------------------------------------------------------------------------------------

    def push(self, name: str, value: Any) -> Scope:
        """Add a variable; it shadows an older one of the same name.

        Raises:
            OverflowError: an int in the value does not fit into 64 bits.
        """
        return self.add(name, to_script(value), False)

    def push_constant(self, name: str, value: Any) -> Scope:
        """Add a constant."""
        return self.add(name, to_script(value), True)

    def add(self, name: str, value: Any, constant: bool) -> Scope:
        """Add an entry as it is: a script value or a shared cell."""
        self._names.append(name)
        self._values.append(value)
        self._constants.append(constant)
        return self

    def set_value(self, name: str, value: Any) -> Scope:
        """Assign to the latest entry of this name, or push a new variable.

        Raises:
            EvalError: the entry is a constant (`ErrorAssignmentToConstant`).
        """
        return self.assign(name, to_script(value))

    __setitem__ = set_value

    def assign(self, name: str, value: Any) -> Scope:
        """As `set_value`, for what is a script value already."""
        at = self._find(name)
        if at < 0:
            return self.add(name, value, False)
        if self._constants[at]:
            error: EvalError = cannot_modify_constant(name)
            error.position = None
            raise error
        self.store(at, value)
        return self

    def store(self, at: int, value: Any) -> None:
        """Put a value into the entry at index `at`; a shared cell keeps its identity."""
        old = self._values[at]
        if type(old) is Cell and type(value) is not Cell:
            old.v = value
        else:
            self._values[at] = value

    def set_entry(self, at: int, value: Any, constant: bool) -> None:
        """Replace an entry, cell included."""
        self._values[at] = value
        self._constants[at] = constant

    def remove(self, name: str) -> Any:
        """Take the latest entry of this name out and return its value, `None` when there is none."""
        at = self._find(name)
        if at < 0:
            return None
        value = self._values.pop(at)
        del self._names[at], self._constants[at]
        return value.v if type(value) is Cell else value

    def pop(self) -> Any:
        """Remove the latest entry and return its value."""
        self._names.pop()
        self._constants.pop()
        value = self._values.pop()
        return value.v if type(value) is Cell else value

    def rewind(self, size: int) -> None:
        """Drop every entry after the first `size`."""
        del self._names[size:], self._values[size:], self._constants[size:]

    def clear(self) -> None:
        """Drop everything."""
        self.rewind(0)

    # ---- reading ----------------------------------------------------------------------------------------------------

    def _find(self, name: str) -> int:
        for at in range(len(self._names) - 1, -1, -1):
            if self._names[at] == name:
                return at
        return -1

    find = _find

    def find_before(self, name: str, end: int) -> int:
        """Index of the latest entry of this name among the first `end`, or -1."""
        for at in range(min(end, len(self._names)) - 1, -1, -1):
            if self._names[at] == name:
                return at
        return -1

    def get(self, name: str, default: Any = None) -> Any:
        """The value of the latest entry of this name."""
        at = self._find(name)
        if at < 0:
            return default
        value = self._values[at]
        return value.v if type(value) is Cell else value

    def raw(self, name: str) -> Any:
        """The value or the shared cell; `MISSING` when there is no such entry."""
        at = self._find(name)
        return self._values[at] if at >= 0 else MISSING

    def __getitem__(self, name: str) -> Any:
        value = self.get(name, MISSING)
        if value is MISSING:
            raise KeyError(name)
        return value

    def contains(self, name: str) -> bool:
        """Is there an entry of this name?"""
        return name in self._names

    __contains__ = contains

    def is_constant(self, name: str) -> bool | None:
        """Is the latest entry of this name a constant? `None` when there is none."""
        at = self._find(name)
        return self._constants[at] if at >= 0 else None

    def constants(self) -> dict[str, Any]:
        """The visible constants by name, for the optimizer."""
        return {name: self.get(name) for name in dict.fromkeys(self._names) if self.is_constant(name)}

    def shared_names(self) -> frozenset[str]:
        """Names whose visible entry is a cell captured by a closure."""
        if Cell not in map(type, self._values):
            return frozenset()
        return frozenset(name for name in self._names if type(self.raw(name)) is Cell)

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[tuple[str, bool, Any]]:
        """Entries oldest first: (name, is constant, value)."""
        for name, constant, value in zip(self._names, self._constants, self._values, strict=True):
            yield name, constant, value.v if type(value) is Cell else value

    def clone_visible(self) -> Scope:
        """A copy without shadowed entries."""
        clone = Scope()
        last = {name: at for at, name in enumerate(self._names)}
        for at in sorted(last.values()):
            clone.add(self._names[at], self._values[at], self._constants[at])
        return clone

    def __repr__(self) -> str:
        items = ", ".join(f"{'const ' if constant else ''}{name}={value!r}" for name, constant, value in self)
        return f"Scope({items})"
