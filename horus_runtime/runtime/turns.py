"""Turns of loops that are paid for in advance.

Generated code pays for as many turns as the current stride allows and gets an iterator that knows, by
`__length_hint__`, how many of them are left: those are given back when the loop ends early. Short arrays, ranges and
strings are paid for at once and walked by Python's own iterators; the rest is a chain of such pieces.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import chain

from horus_runtime.runtime.values import chars
from horus_runtime.typing_names import Any, Final, cast

Pay = Callable[[int, int], int]
"""Takes the cost of a turn and how many are wanted at most, pays for some of them, and tells how many."""

PREFIX: Final = "_paid_"
"""Locals of generated code that hold paid turns are named `_paid_COST_NUMBER`."""
MORE: Final = "_more_"
"""`_more_NUMBER` is what each of these turns costs besides, and `_due_NUMBER` how much of that is not spent yet in the
current one.
"""
DUE: Final = "_due_"
NONE_LEFT: Final = iter(())


class Turns(chain):  # type: ignore[type-arg]
    """A chain of strips of items, each paid for when it begins."""

    __slots__ = ("rest", "strip")
    strip: Any
    rest: int | None
    """Where the loop stopped to go on as a kernel: this item of its range is next."""

    def __length_hint__(self) -> int:
        """Turns that are paid for and did not come to pass."""
        left: int = self.strip.__length_hint__()
        return left


def strips(pay: Pay, items: Any, cost: int, stop: Callable[[], Any] | None = None) -> Turns:
    """The items of a sequence; `range`, `list`, `str` and `bytes` can be cut into pieces cheaply.

    Args:
        stop: for ranges, asked between strips: should the loop end here, to go on as a kernel?
    """
    return _chained(lambda turns: _strips(turns, pay, items, cost, stop))


def _strips(turns: Turns, pay: Pay, items: Any, cost: int, stop: Callable[[], Any] | None = None) -> Iterator[Any]:
    at = 0
    count = items.stop - items.start if type(items) is range else len(items)
    while at < count:
        if stop is not None and stop():
            turns.rest = items.start + at
            return
        end = at + pay(cost, count - at)
        turns.strip = iter(items[at:end])
        yield turns.strip
        at = end


def characters(pay: Pay, text: str, cost: int) -> Turns:
    """The characters of a string as script values."""
    return _chained(lambda turns: map(chars, _strips(turns, pay, text, cost)))


def one_by_one(pay: Pay, items: Iterator[Any], cost: int) -> Turns:
    """Items of an iterator that might do anything: each is paid for when it is there."""
    return _chained(lambda _turns: _singles(pay, items, cost))


def _singles(pay: Pay, items: Iterator[Any], cost: int) -> Iterator[Any]:
    for item in items:
        pay(cost, 1)
        yield (item,)


def _chained(make: Callable[[Turns], Iterator[Any]]) -> Turns:
    pieces: list[Iterator[Any]] = []
    turns = cast("Turns", Turns.from_iterable(_late(pieces)))
    turns.strip = NONE_LEFT
    turns.rest = None
    pieces.append(make(turns))
    return turns


def _late(pieces: list[Iterator[Any]]) -> Iterator[Any]:
    yield from pieces[0]


def prepaid(filenames: Any) -> int:
    """Operations paid for turns to come by the code that is running on this thread, of the given files."""
    total = 0
    frame: Any = sys._getframe(1)  # noqa: SLF001 - how to walk frames; only done where a limit seems exceeded
    while frame is not None:
        if frame.f_code.co_filename in filenames:
            known = frame.f_locals
            for name, value in known.items():
                if value is not None and name.startswith(PREFIX):
                    _, _, cost, number = name.split("_")
                    total += (int(cost) + known.get(MORE + number, 0)) * value.__length_hint__()
                elif name.startswith(DUE):
                    total += value
        frame = frame.f_back
    return total


__all__ = ["DUE", "MORE", "Pay", "Turns", "characters", "one_by_one", "prepaid", "strips"]
