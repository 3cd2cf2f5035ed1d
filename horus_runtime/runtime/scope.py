"""Scope: the variables a host gives to a run and gets back from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from horus_runtime.errors import EvalError
from horus_runtime.runtime.conversion import partly
from horus_runtime.runtime.faults import cannot_modify_constant
from horus_runtime.runtime.values import Cell, copy_value
from horus_runtime.typing_names import Any, Final


class _Missing:
    """Stands for a variable that does not exist (yet)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<missing>"


MISSING: Final = _Missing()


class Scope:
    """Named values, oldest first; a later entry shadows an earlier one of the same name.

    What a host puts in is converted: a list or dict is copied, so that script and host do not change each other's.
    Objects of classes are converted when a run begins, as the engine knows which of them it has registered.

        scope = hr.Scope({"x": 1}, LIMIT=10)     # variables, and constants by keyword
    """

    __slots__ = ("_constants", "_foreign", "_names", "_values", "aliases", "ranks")

    def __init__(self, variables: Mapping[str, Any] | None = None, /, **constants: Any) -> None:
        self._names: list[str] = []
        self._values: list[Any] = []
        self._constants: list[bool] = []
        self._foreign = False
        self.aliases: dict[str, list[str]] = {}
        self.ranks: dict[str, int] = {}
        """Of exports of a variable that is declared again: which of the entries of its name it has, by alias."""
        for name, value in (variables or {}).items():
            self.push(name, value)
        for name, value in constants.items():
            self.push_constant(name, value)

    # ---- writing ----------------------------------------------------------------------------------------------------

    def push(self, name: str, value: Any) -> Scope:
        """Add a variable; it shadows an older one of the same name.

        Raises:
            OverflowError: an int in the value does not fit into 64 bits.
            TypeError: a key of a map is no string.
        """
        return self.add(name, self._own(value), False)

    def push_constant(self, name: str, value: Any) -> Scope:
        """Add a constant."""
        return self.add(name, self._own(value), True)

    def _own(self, value: Any) -> Any:
        own, foreign = partly(value)
        self._foreign = self._foreign or foreign
        return own

    def settle(self, convert: Callable[[Any], Any]) -> None:
        """Convert what only an engine can: objects of classes, and what holds some."""
        if self._foreign:
            for at, value in enumerate(self._values):
                if type(value) is not Cell:
                    self._values[at] = convert(value)
            self._foreign = False

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
        return self.assign(name, self._own(value))

    __setitem__ = set_value
    set_or_push = set_value

    def update(self, variables: Mapping[str, Any]) -> Scope:
        """`set_value` for each of these."""
        for name, value in variables.items():
            self.set_value(name, value)
        return self

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
        if isinstance(old, Cell) and not isinstance(value, Cell):
            old.v = value
        else:
            self._values[at] = value

    def set_entry(self, at: int, value: Any, constant: bool) -> None:
        """Replace an entry, cell included."""
        self._values[at] = value
        self._constants[at] = constant

    def set_alias(self, name: str, alias: str = "") -> Scope:
        """Export a variable, as `export name as alias` does in a script that becomes a module.

        Raises:
            KeyError: there is no such variable.
        """
        if name not in self:
            raise KeyError(name)
        self.aliases.setdefault(name, []).append(alias or name)
        return self

    def remove(self, name: str) -> Any:
        """Take the latest entry of this name out and return its value, `None` when there is none."""
        at = self._find(name)
        if at < 0:
            return None
        value = self._values.pop(at)
        del self._names[at], self._constants[at]
        return value.v if isinstance(value, Cell) else value

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self.remove(name)

    def pop(self) -> Any:
        """Remove the latest entry and return its value.

        Raises:
            IndexError: the scope is empty.
        """
        self._names.pop()
        self._constants.pop()
        value = self._values.pop()
        return value.v if isinstance(value, Cell) else value

    def rewind(self, size: int) -> None:
        """Drop every entry after the first `size`."""
        del self._names[size:], self._values[size:], self._constants[size:]

    def insert(self, at: int, name: str, value: Any, constant: bool) -> None:
        """Add an entry before the one at index `at`."""
        self._names.insert(at, name)
        self._values.insert(at, value)
        self._constants.insert(at, constant)

    def clear(self) -> None:
        """Drop everything."""
        self.rewind(0)
        self.aliases.clear()
        self.ranks.clear()

    # ---- reading ----------------------------------------------------------------------------------------------------

    def places_from(self, base: int) -> dict[str, int]:
        """Where each name declared from entry `base` on stands last."""
        return {name: at for at, name in enumerate(self._names[base:], base)}

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
        return value.v if isinstance(value, Cell) else value

    def exported(self, name: str, alias: str, base: int = 0) -> Any:
        """The value that an export of a variable gives; `base` is where the entries of the script begin."""
        rank = self.ranks.get(alias, -1)
        if rank < 0:
            return self.get(name)
        found = [value for known, value in zip(self._names[base:], self._values[base:], strict=True) if known == name]
        value = found[min(rank, len(found) - 1)]
        return value.v if isinstance(value, Cell) else value

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
        return frozenset(name for name in self._names if isinstance(self.raw(name), Cell))

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[tuple[str, bool, Any]]:
        """Entries oldest first: (name, is constant, value)."""
        for name, constant, value in zip(self._names, self._constants, self._values, strict=True):
            yield name, constant, value.v if isinstance(value, Cell) else value

    def iter_raw(self) -> Iterator[tuple[str, bool, Any]]:
        """Entries latest first, as they are held: (name, is constant, value).

        A variable that a closure has captured comes as a `Ref`: what is assigned to its `value` the closure sees, and
        the other way round. Arrays, maps and blobs are the scope's own.
        """
        from horus_runtime.runtime.context import Ref

        for at in range(len(self._names) - 1, -1, -1):
            value = self._values[at]
            yield self._names[at], self._constants[at], Ref.of(value) if type(value) is Cell else value

    def weighed(self) -> list[Any]:
        """What the entries hold, cells included, for the account of the run's data."""
        return [*self._values, *self._names]

    def clone_visible(self) -> Scope:
        """A copy without shadowed entries."""
        last = {name: at for at, name in enumerate(self._names)}
        return self._copy(sorted(last.values()))

    visible = clone_visible

    def copy(self) -> Scope:
        """A scope of its own: what is assigned in one does not show in the other."""
        return self._copy(list(range(len(self._names))))

    def _copy(self, entries: list[int]) -> Scope:
        clone = Scope()
        for at in entries:
            clone.add(self._names[at], copy_value(self._values[at]), self._constants[at])
        clone._foreign = self._foreign
        clone.aliases = {name: list(aliases) for name, aliases in self.aliases.items()}
        clone.ranks = dict(self.ranks)
        return clone

    def to_list(self) -> list[dict[str, Any]]:
        """The entries, oldest first, as `{"name", "value", "is_constant"}`, with values of their own."""
        return [{"name": name, "value": copy_value(value), "is_constant": constant} for name, constant, value in self]

    @classmethod
    def from_list(cls, entries: Iterable[Mapping[str, Any]]) -> Scope:
        """A scope with the entries that `to_list` gave; `is_constant` may be missing.

        Raises:
            KeyError: an entry has no name or no value.
        """
        scope = cls()
        for entry in entries:
            add = scope.push_constant if entry.get("is_constant") else scope.push
            add(entry["name"], entry["value"])
        return scope

    def __repr__(self) -> str:
        """One line for each entry, as Rhai shows a scope: `[1] x = 5`, `[2] const B = "x"`."""
        from horus_runtime.runtime.text import host_debug

        return "\n".join(
            f"[{number}] {'const ' if constant else ''}{name} = {host_debug(value)}"
            for number, (name, constant, value) in enumerate(self, 1)
        )
