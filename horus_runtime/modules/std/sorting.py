"""Sorts large arrays in steps of bounded time, so that a cancellation and the deadline are seen in between.

Parts of one stride are sorted, values that divide the whole evenly are chosen from them, and the pieces between two
such values are merged by sorting them together, which finds the order they are in already. The order is stable.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import ne
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from horus_runtime.runtime.context import NativeCallContext

STRIDE: Final = 1 << 14
"""Elements that are sorted between two looks at the clock: some milliseconds."""
SAMPLE: Final = 256
"""One of so many elements is looked at to find values that divide the whole."""


def ordered(ctx: NativeCallContext, array: list[Any], *, descending: bool) -> list[Any]:
    """As `sorted(array, reverse=descending)`, of values that have a total order."""
    if len(array) <= STRIDE:
        return sorted(array, reverse=descending)
    ctx.making(16 * len(array))
    if not descending:
        return _ascending(ctx, array)
    # As `sorted` does it: equal elements keep their order when both the array and the outcome are turned round.
    found = _ascending(ctx, array[::-1])
    found.reverse()
    return found


def kinds_of(ctx: NativeCallContext, array: list[Any]) -> set[type]:
    """The types of the elements."""
    kinds: set[type] = set()
    for part in _parts(ctx, array):
        kinds.update(map(type, part))
    return kinds


def has_nan(ctx: NativeCallContext, array: list[float]) -> bool:
    """Is there a float that is not equal to itself?"""
    return any(any(map(ne, part, part)) for part in _parts(ctx, array))


def polling(ctx: NativeCallContext, compare: Callable[[Any, Any], int]) -> Callable[[Any, Any], int]:
    """A comparison that looks at the clock now and then."""
    left = SAMPLE

    def look(a: Any, b: Any) -> int:
        nonlocal left
        left -= 1
        if not left:
            left = SAMPLE
            ctx.charge(0)
        return compare(a, b)

    return look


def _parts(ctx: NativeCallContext, array: list[Any]) -> Iterator[list[Any]]:
    if len(array) <= STRIDE:
        yield array
        return
    for at in range(0, len(array), STRIDE):
        yield array[at : at + STRIDE]
        ctx.charge(0)


def _ascending(ctx: NativeCallContext, array: list[Any]) -> list[Any]:
    runs = [sorted(part) for part in _parts(ctx, array)]
    samples: list[Any] = []
    for run in runs:
        samples += run[SAMPLE // 2 :: SAMPLE]
    samples.sort()
    found: list[Any] = []
    begins = [0] * len(runs)
    for divider in sorted(set(samples[STRIDE // SAMPLE :: STRIDE // SAMPLE])):
        below = [bisect_left(run, divider, begin) for run, begin in zip(runs, begins, strict=True)]
        _merge(ctx, runs, begins, below, found)
        # What equals the divider may be most of the array: it is in order as it stands.
        begins = [bisect_right(run, divider, begin) for run, begin in zip(runs, below, strict=True)]
        for run, begin, end in zip(runs, below, begins, strict=True):
            found += run[begin:end]
        ctx.charge(0)
    _merge(ctx, runs, begins, [len(run) for run in runs], found)
    return found


def _merge(ctx: NativeCallContext, runs: list[list[Any]], begins: list[int], ends: list[int], into: list[Any]) -> None:
    pieces: list[Any] = []
    for run, begin, end in zip(runs, begins, ends, strict=True):
        pieces += run[begin:end]
    pieces.sort()
    into += pieces
    ctx.charge(0)
