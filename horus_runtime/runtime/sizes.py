"""How large a value is for the limits on data: elements, properties and string bytes, nested values included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

from horus_runtime.runtime.values import COPY_TERMS, SCALARS, TAGGED


class Size(NamedTuple):
    """The sizes of one value, nested containers added up."""

    elements: int
    """Array elements and blob bytes."""
    properties: int
    string_bytes: int


NOTHING = Size(0, 0, 0)


def size_of(value: Any) -> Size:
    """The three sizes of a value. Map keys do not count as strings."""
    cls = TAGGED.get(type(value), type(value))
    if cls is str:
        return Size(0, 0, byte_length(value))
    if cls is bytearray:
        return Size(len(value), 0, 0)
    if cls is list or cls is dict:
        return _size_of_container(value)
    return NOTHING


def byte_length(text: str) -> int:
    """The UTF-8 length of a string."""
    if text.isascii():
        return len(text)
    if len(text) <= LONG:
        return len(text.encode(errors="surrogatepass"))
    total = 0
    for start in range(0, len(text), LONG):
        COPY_TERMS.run.making(0)
        total += len(text[start : start + LONG].encode(errors="surrogatepass"))
    return total


def _size_of_container(value: Any) -> Size:
    """The sizes of an array or map; an explicit stack, as nesting has no bound."""
    elements = properties = string_bytes = unasked = 0
    pending = [value]
    while pending:
        container = pending.pop()
        if isinstance(container, list):
            elements += len(container)
            items = container
        else:
            properties += len(container)
            items = container.values()
        unasked += len(items) + 1
        if unasked > SLICE:
            COPY_TERMS.run.making(0)
            unasked = 0
        for item in items if len(items) <= SLICE else _weighty(items):
            cls = TAGGED.get(type(item), type(item))
            if cls is str:
                string_bytes += len(item) if item.isascii() else byte_length(item)
            elif cls is list or cls is dict:
                pending.append(item)
            elif cls is bytearray:
                elements += len(item) + 1  # Rhai counts a nested blob as an element of its own
    return Size(elements, properties, string_bytes)


SLICE: Final = 16_384
"""Items between two looks at the clock: less than a millisecond."""
LONG: Final = 1 << 20
"""The same for characters."""
_WEIGHTLESS: Final = SCALARS - {str, *TAGGED}


def _weighty(items: Iterable[Any]) -> Iterator[Any]:
    """The items that have a size of their own, of very many; the run is asked in between whether it may go on."""
    left = iter(items)
    while batch := list(islice(left, SLICE)):
        COPY_TERMS.run.making(0)
        if not _WEIGHTLESS.issuperset(map(type, batch)):
            yield from batch
