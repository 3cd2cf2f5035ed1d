"""How start, length and range arguments select a part of a sequence.

Three rules explain the library. *Clamping* counts a negative start from the end and cuts everything to what is there.
A *range* counts nothing from the end: a negative start is the front. An inclusive range that runs backwards still
selects the one element at its start, except in the functions that use `exact_span`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from horus_runtime.runtime.values import Range


def start_of(start: int, length: int) -> int:
    """A start index, negative ones counted from the end, cut to 0..length."""
    if start < 0:
        return max(start + length, 0)
    return min(start, length)


def clamped(start: int, count: int, length: int) -> tuple[int, int]:
    """First and past-the-last index of `count` elements from `start`."""
    first = start_of(start, length)
    return first, min(first + max(count, 0), length)


def range_span(selection: Range, length: int) -> tuple[int, int]:
    """First and past-the-last index that a range selects."""
    return clamped(*range_start_and_count(selection), length)


def range_start_and_count(selection: Range) -> tuple[int, int]:
    """A range as start and count, not yet cut to a length."""
    start = max(selection.start, 0)
    return start, max(selection.end, start) - start + selection.inclusive


def exact_span(selection: Range) -> tuple[int, int]:
    """Start and count of a range that may be empty also when it is inclusive."""
    start = max(selection.start, 0)
    return start, max(selection.stop - start, 0)


def strict_index(index: int, length: int) -> int | None:
    """An index with negative ones counted from the end, or `None` when nothing is there."""
    if index < 0:
        index += length
    return index if 0 <= index < length else None


def lenient_index(index: int, length: int) -> int | None:
    """As `strict_index`, but before the front means the first element, as Rhai's `get` and `set` have it."""
    if index < 0:
        index = max(index + length, 0)
    return index if index < length else None
