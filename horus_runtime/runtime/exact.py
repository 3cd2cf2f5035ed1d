"""A run under size limits that the host set itself: Rhai's checks, at Rhai's places.

With the default limits, which only keep a script from exhausting the machine, a value's own length is looked at when it
is built. Here everything nested in it counts, and a native function's result and receiver are looked at when it has
run: what it did stays visible, as in Rhai. Natives still say beforehand what they are going to build, and are stopped
when that is far beyond the limit, so that the memory of a run is bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from horus_runtime.errors import LimitError
from horus_runtime.runtime.module import NativeFn
from horus_runtime.runtime.run import Run
from horus_runtime.runtime.sizes import Size, size_of
from horus_runtime.runtime.state import ENTRY_BYTES, SHORT_ARRAY, SHORT_TEXT, SLOT_BYTES, Linked
from horus_runtime.runtime.values import Cell, Temporary
from horus_runtime.source import Position

SLACK: Final = 1 << 20
"""How far beyond a limit a value may get before the check that follows finds it: elements, properties or bytes."""

CONTAINERS: Final = frozenset({list, dict, bytearray})


class ExactRun(Run):
    """Checks sizes as Rhai does."""

    # What natives ask before they build something.

    slack = SLACK

    def check_string(self, length: int, more: int | None = None) -> None:
        if length > SHORT_TEXT and more != 1:
            self.budget.grew(length)
        if length > self.string_limit + self.slack:
            super().check_string(length, 1)

    def check_array(self, length: int, more: int | None = None) -> None:
        if length > SHORT_ARRAY and more != 1:
            self.budget.grew((length if more is None else more) * SLOT_BYTES)
        if length > self.array_limit + self.slack:
            super().check_array(length, 1)

    def check_map(self, length: int, more: int | None = None) -> None:
        if length > SHORT_ARRAY and more != 1:
            self.budget.grew((length if more is None else more) * ENTRY_BYTES)
        if length > self.map_limit + self.slack:
            super().check_map(length, 1)

    # What is checked when it is there.

    def check_size(self, size: Size) -> None:
        super().check_array(size.elements, 1)
        super().check_map(size.properties, 1)
        super().check_string(size.string_bytes, 1)

    def check_sizes(self, value: Any) -> None:
        self.check_size(size_of(value))

    def sized(self, value: Any) -> Any:
        self.check_size(size_of(value))
        return value

    def check_owner(self, target: Any) -> None:
        """A property of a map was set: the whole map counts."""
        if type(target) is dict:
            self.check_sizes(target)

    def sized_items(self, value: Any, places: tuple[tuple[int, int], ...]) -> Any:
        """An array or map literal: the item at which it becomes too large is to blame."""
        total = Size(0, 0, 0)
        own = Size(0, 1, 0) if type(value) is dict else Size(1, 0, 0)
        for at, item in enumerate(value.values() if type(value) is dict else value):
            size = size_of(item)
            total = Size(
                total.elements + size.elements + own.elements,
                total.properties + size.properties + own.properties,
                total.string_bytes + size.string_bytes,
            )
            try:
                self.check_size(total)
            except LimitError as error:
                if places:
                    error.position = Position(*places[at])
                raise
        return value

    def grow(self, text: str, part: str) -> str:
        """A template's text so far and its next part."""
        made = text + part
        super().check_string(size_of(made).string_bytes)
        return made

    def display(self, value: Any) -> str:
        return str(self.sized(super().display(value)))

    def print(self, value: Any = "") -> None:
        self.check_sizes(value)
        super().print(value if type(value) is str else self.display(value))

    def debug(self, source: str | None, position: tuple[int, int], *value: Any) -> None:
        for shown in value:
            self.check_sizes(shown)
            self.sized(self.to_debug(shown))
        super().debug(source, position, *value)

    def get_property(self, target: Any, name: str) -> Any:
        if type(target) is not dict:
            self.check_sizes(target)
        return super().get_property(target, name)

    # ---- natives ----------------------------------------------------------------------------------------------------

    def native(self, depth: int, name: str, *args: Any) -> Any:
        return self.checked(self.careful(name, super().native, depth, name, *args), args)

    def run_native(self, fn: NativeFn, depth: int, args: tuple[Any, ...]) -> Any:
        return self.checked(super().run_native(fn, depth, args), args)

    def native_ref(self, depth: int, name: str, cell: Cell, *args: Any) -> Any:
        result = self.careful(name, super().native_ref, depth, name, cell, *args)
        return self.checked(result, () if type(cell) is Temporary else (cell.v,))

    def native_site(self, name: str, count: int) -> Callable[..., Any]:
        """Every call of a native looks at sizes: nothing is remembered that would go past that."""
        return lambda depth, *args: self.native(depth, name, *args)

    def method_site(self, home: Linked, name: str, count: int) -> Callable[..., Any]:
        return lambda depth, receiver, *args: self.method(home, depth, name, receiver, *args)

    def careful(self, name: str, call: Callable[..., Any], *args: Any) -> Any:
        """Rhai asks `pad` itself how much it is going to add."""
        if name != "pad":
            return call(*args)
        self.slack = 0
        try:
            return call(*args)
        finally:
            self.slack = SLACK

    def bind(self, name: str, types: tuple[str, ...]) -> Callable[..., Any]:
        function = super().bind(name, types)
        return lambda *args: self.checked(function(*args), args)

    def checked(self, result: Any, args: tuple[Any, ...]) -> Any:
        """What a native gave back, and its receiver."""
        self.check_sizes(result)
        if args:
            self.check_sizes(args[0])
        return result

    def sized_assigned(self, value: Any) -> Any:
        """Rhai lets arrays grow by other arrays; `check_array` has seen to it that they stay in bounds."""
        return value if type(value) is list else self.sized(value)

    def assign(self, op: str) -> Callable[[Any, Any], Any]:
        apply = super().assign(op)

        def changed(a: Any, b: Any) -> Any:
            if type(a) is bytearray:
                a = bytearray(a)  # the variable keeps its value when the new one is refused
            result = apply(a, b)
            if type(a) is list and type(b) is not list:
                self.check_sizes(result)
            return result

        return changed
