"""What `for` can walk."""

from __future__ import annotations

from collections.abc import Iterator

from horus_runtime.runtime.values import U8, Range, Stream, chars, copy_value, register_type_name
from horus_runtime.typing_names import Any, Final


class _NoIterator:
    """Says that a value cannot be iterated over."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NO_ITERATOR"


NO_ITERATOR: Final = _NoIterator()


class HostIterator:
    """A Python iterator as scripts see it: a `for` loop takes its items one by one, once, and nothing else can."""

    __slots__ = ("items",)

    def __init__(self, items: Iterator[Any]) -> None:
        self.items = items

    def __repr__(self) -> str:
        return "<iterator>"


register_type_name(HostIterator, "iterator")


def iterate(value: Any, *, owned: bool = False) -> Any:
    """A Python iterator over a value's items, or `NO_ITERATOR` for a type that has none.

    Rhai walks a copy of an array, made before the first round: changes inside the loop do not show. The items of that
    copy belong to the caller. `owned` says that nobody else can reach the array, so that no copy is needed.
    """
    cls = type(value)
    if cls is list:
        return iter(value if owned else copy_value(value))
    if cls is Range:
        return iter(range(value.start, value.stop))
    if cls is str:
        return chars(value)
    if cls is bytearray:
        return map(U8, bytes(value))
    if cls is HostIterator:
        return value.items
    return value.make() if cls is Stream else NO_ITERATOR
