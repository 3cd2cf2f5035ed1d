"""How many bytes the values of a running script take.

The roots are the variables of the Python frames that the run is made of - generated code and our own natives - and what
the run itself keeps. A value that is reachable twice counts once. What a host's own objects hold is the host's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from gc import get_referents
from itertools import chain, islice
from types import FrameType, FunctionType, GeneratorType, MethodType
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import EvalError
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.holdings import BOUNDARIES
from horus_runtime.runtime.scope import Scope
from horus_runtime.runtime.turns import Turns
from horus_runtime.runtime.values import (
    U8,
    Cell,
    Char,
    ItemCell,
    LockedCell,
    Range,
    Stream,
    TaggedArray,
    TaggedChar,
    TaggedFloat,
    TaggedInt,
    TaggedText,
    Temporary,
    Timestamp,
)  # fmt: skip

if TYPE_CHECKING:
    from horus_runtime.runtime.program import Program

NUMBER_BYTES: Final = 32
SMALL_OBJECT_BYTES: Final = 64
PORTION: Final = 1 << 16
"""So many objects are looked at together."""
_INT_CACHE: Final = range(-5, 257)
_value_of: Final = vars(Cell)["v"].__get__
"""The value of a cell, also of one that is locked."""
_NUMBERS: Final = frozenset({int, float, bool, type(None), U8})
_FREE: Final = frozenset({int, float, bool, type(None)})
_ITERATORS: Final = frozenset(
    map(type, (iter([]), iter(()), iter(""), iter(b""), iter({}), iter(bytearray()), enumerate(()), reversed([])))
) | {map, filter, zip, islice, chain, Turns, GeneratorType}

_PACKAGE: Final = __name__.partition(".")[0] + "."


def variables(frame: FrameType | None, programs: dict[str, Program]) -> Iterator[Any]:
    """The local variables of a run's frames, from the outermost to `frame`."""
    frames: list[FrameType] = []
    while frame is not None and frame.f_code not in BOUNDARIES:
        if frame.f_code.co_filename in programs or frame.f_globals.get("__name__", "").startswith(_PACKAGE):
            frames.append(frame)
        frame = frame.f_back
    # Outer ones first: what an inner frame borrows from them has been counted then.
    while frames:
        current = frames.pop()
        held = current.f_locals
        yield from list(held.values())
        if type(held) is dict:
            held.clear()  # before Python 3.13 it would keep the values alive until the frame is left


def weigh(roots: Callable[[], Iterable[Any]], enough: int) -> int:
    """The bytes that all values reachable from `roots()` take; counting stops beyond `enough`.

    At first small values that are shared count as often as they are met, which is fast and never too little. Only when
    that is beyond `enough` is it done again with care.
    """
    total = _Scale(enough, careful=False).all(roots())
    return total if total <= enough else _Scale(enough, careful=True).all(roots())


class _Scale:
    """One weighing, level by level: the objects of a level are looked at by the thousand, without a loop in Python."""

    __slots__ = ("careful", "enough", "pending", "seen", "total")

    def __init__(self, enough: int, *, careful: bool) -> None:
        self.enough = enough
        self.careful = careful
        self.total = 0
        self.seen: set[int] = set()
        self.pending: list[list[Any]] = []

    def all(self, roots: Iterable[Any]) -> int:
        """Count the roots with everything they hold."""
        self.pending.append(list({id(root): root for root in roots}.values()))
        while self.pending and self.total <= self.enough:
            self.batch(self.pending.pop())
        return self.total

    def unseen(self, items: list[Any]) -> list[Any]:
        """The objects that have not been counted yet, each once."""
        fresh = {id(item): item for item in items}
        for key in self.seen.intersection(fresh):
            del fresh[key]
        self.seen.update(fresh)
        return list(fresh.values())

    def batch(self, items: list[Any]) -> None:
        """Count objects of any types and note what they hold."""
        kinds = set(map(type, items))
        if kinds <= _NUMBERS:
            self.numbers(items, kinds)
            return
        for kind in kinds - _FREE:
            same = items if len(kinds) == 1 else [item for item in items if type(item) is kind]
            weigher = _WEIGHERS.get(kind)
            if weigher is not None:
                weigher(self, same)
            else:
                self.others(same)
        if kinds & _NUMBERS:
            numbers = [item for item in items if type(item) in _NUMBERS]
            self.numbers(numbers, set(map(type, numbers)))

    def others(self, items: list[Any]) -> None:
        """Errors that carry a value, scopes, and what belongs to the host."""
        for item in items:
            if isinstance(item, EvalError):
                self.pending.append([item.value])
            elif isinstance(item, Scope):
                self.pending.append(item.weighed())

    # ---- by type ----------------------------------------------------------------------------------------------------

    def numbers(self, items: list[Any], kinds: set[type]) -> None:
        """Numbers are objects; small ones, `true`, `false` and `()` exist only once."""
        if kinds == {int} and min(items) in _INT_CACHE and max(items) in _INT_CACHE:
            return
        if int in kinds or float in kinds:
            self.total += NUMBER_BYTES * (len(set(map(id, items))) if self.careful else len(items))

    def flat(self, items: list[Any]) -> None:
        """Texts and blobs."""
        if self.careful:
            items = self.unseen(items)
        self.total += sum(map(sys.getsizeof, items))

    def small(self, items: list[Any]) -> None:
        self.total += SMALL_OBJECT_BYTES * len(items)

    def arrays(self, items: list[list[Any]]) -> None:
        self.containers(items)

    def maps(self, items: list[dict[str, Any]]) -> None:
        keys = chain.from_iterable(self.containers(items))
        while portion := list(islice(keys, PORTION)):
            self.flat(portion)

    def containers(self, items: list[Any]) -> list[Any]:
        """Arrays or maps: their own size, and their elements or values as the next level."""
        if self.careful:
            items = self.unseen(items)
        self.total += sum(map(sys.getsizeof, items))
        if sum(map(len, items)) <= PORTION:
            self.pending.append(get_referents(*items))
            return items
        group: list[Any] = []
        room = PORTION
        for item in items:
            if len(item) > PORTION:
                self.large(item)
                continue
            if len(item) > room:
                self.pending.append(get_referents(*group))
                group, room = [], PORTION
            group.append(item)
            room -= len(item)
        self.pending.append(get_referents(*group))
        return items

    def large(self, item: Any) -> None:
        """The elements or values of a large container, at once: a list of them would be as large as itself."""
        walk = iter(item.values() if type(item) is dict else item)
        while self.total <= self.enough and (portion := list(islice(walk, PORTION))):
            self.batch(portion)

    def tuples(self, items: list[tuple[Any, ...]]) -> None:
        self.pending.append([part for item in items for part in item])

    def cells(self, items: list[Cell]) -> None:
        # Values can only be reached in a circle through captured variables: those are counted once in any case.
        fresh = self.unseen(items)
        self.total += SMALL_OBJECT_BYTES * len(fresh)
        self.pending.append([_value_of(cell, Cell) for cell in fresh])

    def pointers(self, items: list[FnPtr]) -> None:
        fresh = self.unseen(items)
        for pointer in fresh:
            self.total += sum(map(sys.getsizeof, (pointer, pointer.curried, pointer.target)))
        self.pending.append([value for pointer in fresh for value in pointer.curried])

    def streams(self, items: list[Stream]) -> None:
        self.pending.append([stream.make for stream in items])

    def bound(self, items: list[partial[Any]]) -> None:
        self.pending.append([part for item in items for part in (item.func, *item.args)])

    def functions(self, items: list[FunctionType]) -> None:
        """Streams and callbacks are closures over what they walk; other functions are none of the script's data."""
        fresh = self.unseen([function for function in items if _is_ours(function)])
        cells = [cell for function in fresh for cell in function.__closure__ or ()]
        self.pending.append([value for cell in cells for value in get_referents(cell)])

    def methods(self, items: list[MethodType]) -> None:
        self.pending.append([method.__self__ for method in items])

    def iterators(self, items: list[Any]) -> None:
        self.pending.append(get_referents(*self.unseen(items)))


def _is_ours(function: FunctionType) -> bool:
    return (function.__module__ or "").startswith(_PACKAGE)


_WEIGHERS: Final[dict[type, Callable[[_Scale, list[Any]], None]]] = {
    str: _Scale.flat,
    Char: _Scale.flat,
    bytes: _Scale.flat,
    bytearray: _Scale.flat,
    Range: _Scale.small,
    Timestamp: _Scale.small,
    list: _Scale.arrays,
    dict: _Scale.maps,
    tuple: _Scale.tuples,
    Cell: _Scale.cells,
    LockedCell: _Scale.cells,
    ItemCell: _Scale.cells,
    Temporary: _Scale.cells,
    TaggedInt: _Scale.small,
    TaggedFloat: _Scale.small,
    TaggedText: _Scale.flat,
    TaggedChar: _Scale.flat,
    TaggedArray: _Scale.arrays,
    FnPtr: _Scale.pointers,
    Stream: _Scale.streams,
    partial: _Scale.bound,
    FunctionType: _Scale.functions,
    MethodType: _Scale.methods,
    **dict.fromkeys(_ITERATORS, _Scale.iterators),
}
