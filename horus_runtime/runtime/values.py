"""Script values and what can be said of any of them: type name, copy, shared cells.

INT is `int`, FLOAT `float`, BOOL `bool`, string `str`, unit `None`, array `list`, map `dict`, blob `bytearray`; the
classes below are the rest. `type(x) is int` is the test for INT, because `bool` is a subclass of `int`.
"""

from __future__ import annotations

from _thread import _local as thread_local  # what threading offers, without its import
from collections.abc import Callable, Collection, Iterator
from itertools import islice

from horus_runtime.typing_names import Any, Final

INT_MIN: Final = -(1 << 63)
INT_MAX: Final = (1 << 63) - 1


class Char(str):
    """One Unicode scalar. A `str` of length one, so that it compares, hashes and concatenates as text."""

    __slots__ = ()


class _CharTable(dict[str, Char]):
    """Characters by text, made on first use: walking a string then costs a look-up per character."""

    def __missing__(self, text: str) -> Char:
        char = Char(text)
        if len(self) < CHARS_KEPT:
            self[text] = char
        return char


CHARS_KEPT: Final = 4096
_char_of: Final = _CharTable().__getitem__


def chars(text: str) -> Iterator[Char]:
    """The characters of a string."""
    return map(_char_of, text)


class Range:
    """`start..end` or `start..=end` (`inclusive`) over 64-bit integers."""

    __slots__ = ("end", "inclusive", "start", "tag")

    def __init__(self, start: int, end: int, inclusive: bool = False) -> None:
        self.start = start
        self.end = end
        self.inclusive = inclusive

    @property
    def stop(self) -> int:
        """First integer past the range: the exclusive end."""
        return self.end + 1 if self.inclusive else self.end

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.stop))

    def __contains__(self, item: object) -> bool:
        return type(item) is int and self.start <= item < self.stop

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Range)
            and self.inclusive == other.inclusive
            and self.start == other.start
            and self.end == other.end
        )

    def __hash__(self) -> int:
        return hash((self.start, self.end, self.inclusive))

    def __repr__(self) -> str:
        return f"{self.start}..{'=' if self.inclusive else ''}{self.end}"


class U8(int):
    """An item of a blob, as `for` hands it out: a number of its own type, which does not mix with INT."""

    __slots__ = ()


class Stream:
    """A lazy, restartable sequence that only `for` can walk: stepped ranges, `chars(..)`, `bits(..)`.

    Its type name is `range`, as in Rhai; `kind` is the name that only a few messages show and by which two streams
    are told apart (`StepRange<i64>`, `CharsStream`, ...).
    """

    __slots__ = ("kind", "make")

    def __init__(self, make: Callable[[], Iterator[Any]], kind: str = "") -> None:
        self.make = make
        self.kind = kind

    @property
    def raw_name(self) -> str:
        """The full name under which Rhai's host-side messages show this type."""
        return f"rhai::packages::iter_basic::{self.kind}" if self.kind else "range"

    def __iter__(self) -> Iterator[Any]:
        return self.make()


class Timestamp:
    """An instant of the monotonic clock, in nanoseconds."""

    __slots__ = ("nanoseconds", "tag")

    def __init__(self, nanoseconds: int) -> None:
        self.nanoseconds = nanoseconds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timestamp) and self.nanoseconds == other.nanoseconds

    def __hash__(self) -> int:
        return hash(self.nanoseconds)


class Cell:
    """A variable that can be reached from more than one place: captured by a closure, or bound to `this`.

    While a method that may call back runs on a captured variable, or on a part of it, the cell is locked, so that
    any other use fails: that is Rhai's data race, at no cost for ordinary reads.
    """

    __slots__ = ("constant", "shared", "v")

    def __init__(self, v: Any, constant: bool = False) -> None:
        self.v = v
        self.shared = False
        self.constant = constant

    def lock(self) -> None:
        """Let every use of the value fail until `unlock`."""
        self.__class__ = LockedCell

    def unlock(self) -> None:
        """Make it an ordinary cell again."""
        self.__class__ = Cell


class LockedCell(Cell):
    """A cell whose value is being used: reading and writing it raise an `AttributeError` that tells the cell."""

    __slots__ = ()

    def _refuse(self, _value: Any = None) -> Any:
        raise AttributeError("the cell is locked", name="v", obj=self)

    v = property(_refuse, _refuse)  # hides the slot, which keeps the value


class Temporary(Cell):
    """The object of a method call that nothing else holds: what the method makes of it is lost."""

    __slots__ = ()


class ItemCell(Cell):
    """A part of a string, a bit of a number or an item of a blob, as the object of a method call.

    What a native makes of it is stored back; functions of the script work on a copy.
    """

    __slots__ = ()


PARTED: Final = frozenset({str, int, bytearray})


def item_cell(container: Any, item: Any, constant: bool = False, key: Any = None) -> Cell:
    """The cell for a method call on what stands at an index of the container.

    Rhai does not see that a part of a string, a bit or a byte comes from a constant, and what a map does not hold is no
    part of one.
    """
    if type(container) in PARTED:
        return ItemCell(item)
    return Cell(item, constant and (item is not None or holds(container, key)))


def holds(container: Any, key: Any) -> bool:
    """Is there such a place, in what may be a map?"""
    return type(container) is not dict or key in container


class ModuleRef:
    """A static module met as a value on the way to one of its functions; scripts can do nothing else with it."""

    __slots__ = ("module", "name")

    def __init__(self, name: str, module: Any) -> None:
        self.name = name
        self.module = module


# Tagged values: scripts may attach a number to a value, which travels with it. Operations know the plain classes only;
# where they fail for one of these, they try again with the plain value, and what they make has no tag.


class TaggedInt(int):
    """An INT with a tag."""

    tag: int


class TaggedFloat(float):
    """A FLOAT with a tag."""

    tag: int


class TaggedText(str):
    """A string with a tag."""

    __slots__ = ("tag",)
    tag: int


class TaggedChar(Char):
    """A character with a tag."""

    tag: int


class TaggedArray(list[Any]):
    """An array with a tag."""

    tag: int

    def copy(self) -> TaggedArray:
        made = TaggedArray(self)
        made.tag = self.tag
        return made


TAGGED: Final[dict[type, type]] = {
    TaggedInt: int,
    TaggedFloat: float,
    TaggedText: str,
    TaggedChar: Char,
    TaggedArray: list,
}
"""The classes of tagged values, and those of the values without."""
TAGGABLE: Final[set[type]] = {Range, Timestamp}
"""Classes whose objects have room for a tag themselves; function pointers are the third."""
_TAGGING: Final = {plain: tagged for tagged, plain in TAGGED.items()}


def untagged(value: Any) -> Any:
    """The value without its tag."""
    plain = TAGGED.get(type(value))
    return value if plain is None else plain(value)


def with_tag(value: Any, tag: int) -> Any:
    """The value with another tag; 0 is that of values without. Not all kinds of values can have one: `can_have_tag`."""
    if type(value) in TAGGABLE:
        from copy import copy

        made = copy(value)
        made.tag = tag
        return made
    value = untagged(value)
    if not tag:
        return value
    made = _TAGGING[type(value)](value)
    made.tag = tag
    return made


def can_have_tag(value: Any) -> bool:
    """Is there a class for such values with a tag?"""
    return type(value) in _TAGGING or type(value) in TAGGED or type(value) in TAGGABLE


def retag(old: Any, new: Any) -> Any:
    """What a variable holds after a change in place: a new value with the old one's tag."""
    return with_tag(new, old.tag) if type(old) in TAGGED and can_have_tag(new) else new


_TYPE_NAMES: Final[dict[type, str]] = {
    TaggedInt: "i64",
    TaggedFloat: "f64",
    TaggedText: "string",
    TaggedChar: "char",
    TaggedArray: "array",
    int: "i64",
    float: "f64",
    bool: "bool",
    str: "string",
    Char: "char",
    type(None): "()",
    list: "array",
    dict: "map",
    bytearray: "blob",
    U8: "u8",
    Stream: "range",
    Timestamp: "timestamp",
}

SCALARS: Final = frozenset({
    int, float, bool, str, Char, type(None), Range, Stream, Timestamp, U8,
    TaggedInt, TaggedFloat, TaggedText, TaggedChar,
})  # fmt: skip
"""Classes whose values never need a copy."""


def register_type_name(cls: type, name: str) -> None:
    """Give a class of this package its script type name (host classes are registered on an engine instead)."""
    _TYPE_NAMES[cls] = name


def type_name(value: Any) -> str:
    """What `type_of` says of a value: `i64`, `string`, `array`, `range=`, ...; a host object's class name."""
    if type(value) is Cell:
        value = value.v
    cls = type(value)
    name = _TYPE_NAMES.get(cls)
    if name is not None:
        return name
    if cls is Range:
        return "range=" if value.inclusive else "range"
    return cls.__name__


def full_type_name(value: Any) -> str:
    """The type name in messages where Rhai shows library types by their full path."""
    if type(value) is Range:
        return f"core::ops::range::Range{'Inclusive' if value.inclusive else ''}<i64>"
    return value.raw_name if type(value) is Stream else type_name(value)


class Terms:
    """On what terms a run copies: what one copy may hold, and who is told of a large one."""

    __slots__ = ("grew", "making", "pay", "refuse", "room", "writing")

    def __init__(
        self,
        room: int = 1 << 62,
        pay: Callable[..., None] = lambda _elements, _total=0: None,
        refuse: Callable[[], None] = lambda: None,
        grew: Callable[[int], None] = lambda _size: None,
        making: Callable[[int], None] = lambda _size: None,
        writing: Callable[[int], None] = lambda _length: None,
    ) -> None:
        self.room = room
        """Elements of one copy, `NESTED_WEIGHT` more for each array or map inside another."""
        self.pay = pay
        """Told how many more elements were copied, and of a nested copy how many it has so far."""
        self.refuse = refuse
        self.grew = grew
        """Told of the size in bytes of what natives make, short values aside."""
        self.making = making
        """Told of the size so far of a value that nobody can reach yet."""
        self.writing = writing
        """Told of the length so far of a text that nobody can reach yet."""


class CopyTerms(thread_local):
    """The terms of the run that a thread works for."""

    run: Terms = Terms()


COPY_TERMS: Final = CopyTerms()
NESTED_WEIGHT: Final = 8
"""An inner array or map takes the memory of so many elements: `a = [a, a]` must not fill it in thirty rounds."""
LARGE_COPY: Final = 256
"""Copies of more elements are made known to the run: it accounts for their size, and large ones cost operations."""
SETTLED: Final = 16_384
LONG_TEXT: Final = 4096


def all_scalars(items: Collection[Any]) -> bool:
    """Are these all values that need no copy? The run of the thread is asked now and then whether it may go on."""
    if len(items) <= SETTLED:
        return SCALARS.issuperset(map(type, items))
    left = iter(items)
    for _ in range(0, len(items), SETTLED):
        COPY_TERMS.run.making(0)
        if not SCALARS.issuperset(map(type, islice(left, SETTLED))):
            return False
    return True


def copy_value(value: Any) -> Any:
    """The deep copy that storing, passing and returning make. Host objects are handed on by reference."""
    cls = type(value)
    if cls is list:
        if not (SCALARS.issuperset(map(type, value)) if len(value) <= SETTLED else all_scalars(value)):
            return _copy_nested(value)
        if len(value) > LARGE_COPY:
            COPY_TERMS.run.pay(len(value))
        return value.copy()
    if cls is dict:
        items = value.values()
        if not (SCALARS.issuperset(map(type, items)) if len(items) <= SETTLED else all_scalars(items)):
            return _copy_nested(value)
        if len(value) > LARGE_COPY:
            COPY_TERMS.run.pay(len(value))
        return value.copy()
    if cls is bytearray:
        if len(value) > LONG_TEXT:
            COPY_TERMS.run.grew(len(value))
        return bytearray(value)
    if cls is Cell:
        return copy_value(value.v)
    return retag(value, copy_value(list(value))) if cls is TaggedArray else value


def copy_flat(value: Any) -> Any:
    """The copy of an array or map that surely holds nothing that needs one itself."""
    if len(value) > LARGE_COPY:
        COPY_TERMS.run.pay(len(value))
    return value.copy()


def copy_rows(value: list[Any]) -> Any:
    """The copy of an array of arrays or maps that surely hold nothing that needs one itself; it costs the same."""
    size = (len(value) + 1) * (NESTED_WEIGHT + 1) - 1
    if size > SETTLED or (size := size + sum(map(len, value))) > SETTLED:
        return _copy_nested(value)
    made = [row.copy() for row in value]
    if size > LARGE_COPY:
        COPY_TERMS.run.grew(size * 8)
    return made


def _copy_nested(value: Any) -> Any:
    """Copy an array or map that may hold others."""
    copier = _Copier(COPY_TERMS.run.room)
    made = copier.copy(value)
    copier.finish()
    return made


class _Copier:
    """One deep copy, its elements counted and paid for as it grows."""

    __slots__ = ("left", "mark", "room")

    def __init__(self, room: int) -> None:
        self.left = self.room = room
        self.mark = room - SETTLED

    def copy(self, value: Any) -> Any:
        cls = type(value)
        if cls is list or cls is dict:
            self.left -= len(value) + NESTED_WEIGHT
            if self.left < self.mark:
                self.settle()
            items = value if cls is list else value.values()
            if len(value) > SETTLED:
                return self.long(value, items)
            if SCALARS.issuperset(map(type, items)):
                return value.copy()
            if cls is list:
                return [item if type(item) in SCALARS else self.copy(item) for item in value]
            return {key: item if type(item) in SCALARS else self.copy(item) for key, item in value.items()}
        if cls is bytearray:
            self.left -= len(value) >> 3
            return bytearray(value)
        if cls is TaggedArray:
            return retag(value, self.copy(list(value)))
        return self.copy(value.v) if cls is Cell else value

    def long(self, value: Any, items: Collection[Any]) -> Any:
        """Copy a long array or map; the run is asked now and then whether it may go on."""
        if all_scalars(items):
            return value.copy()
        copied: list[Any] = []
        left = iter(items)
        while batch := list(islice(left, SETTLED)):
            COPY_TERMS.run.making(0)
            copied += [item if type(item) in SCALARS else self.copy(item) for item in batch]
        return copied if type(value) is list else dict(zip(value, copied, strict=True))

    def finish(self) -> None:
        """Account for the rest, where it is worth the while."""
        rest = self.mark - self.left + SETTLED
        if rest > LARGE_COPY:
            COPY_TERMS.run.grew(rest * 8)

    def settle(self) -> None:
        """Another stretch is copied: pay for it, or stop where the copy has become too large."""
        if self.left < 0:
            COPY_TERMS.run.refuse()
        COPY_TERMS.run.pay(self.mark - self.left + SETTLED, self.room - self.left)
        self.mark = self.left - SETTLED
