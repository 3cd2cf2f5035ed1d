"""Types: which classes an expression can have, as bit masks.

A type is an integer. Its low 12 bits say which classes are possible; the next 12 bits say the same for the elements of
arrays and the values of maps, the 12 above for the elements of those, and so on. Joining is bitwise or, so a fixpoint
is reached quickly. `ANY` means nothing is known; `NONE` (0) means the expression never yields a value (or has not been
looked at yet).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from horus_runtime.analysis import results
from horus_runtime.analysis.results import (
    ANY,
    ARRAY,
    BLOB,
    BOOL,
    CHAR,
    FLOAT,
    FN,
    INT,
    LEVELS,
    MAP,
    OTHER,
    RANGE,
    STR,
    UNIT,
    WIDTH,
)

LOW: Final = (1 << WIDTH) - 1
NONE: Final = 0
NUMBER: Final = INT | FLOAT
SCALAR: Final = INT | FLOAT | BOOL | STR | CHAR | UNIT | RANGE
ANY_ARRAY: Final = ARRAY | (ANY & ~LOW)
DEEP_ANY: Final = ANY & ~LOW


def mask(t: int) -> int:
    """The classes a value of type `t` can have."""
    return t & LOW


def is_only(t: int, classes: int) -> bool:
    """Is a value of type `t` surely of one of `classes`? Nothing is known of code that was not reached."""
    low = t & LOW
    return low != 0 and low & ~classes == 0


def element(t: int) -> int:
    """The type of what an array or map of type `t` holds; a missing property of a map is `()` besides."""
    return (t >> WIDTH) | (LOW << (LEVELS - 1) * WIDTH)


def map_of(t: int) -> int:
    """The type of a map with values of type `t`."""
    return MAP | ((t << WIDTH) & ANY)


def array_of(t: int) -> int:
    """The type of an array with elements of type `t`."""
    return ARRAY | ((t << WIDTH) & ANY)


_NAMES: Final = {
    INT: ("i64",),
    FLOAT: ("f64",),
    BOOL: ("bool",),
    STR: ("string",),
    CHAR: ("char",),
    UNIT: ("()",),
    ARRAY: ("array",),
    MAP: ("map",),
    BLOB: ("blob",),
    RANGE: ("range", "range="),
    FN: ("Fn",),
}


@lru_cache(maxsize=4096)
def _type_names(low: int) -> frozenset[str]:
    return frozenset(name for bit, names in _NAMES.items() if low & bit for name in names)


def type_names(t: int) -> frozenset[str] | None:
    """The script's names of the classes that `t` allows; `None` where hosts' own may be among them."""
    return None if t & OTHER else _type_names(t & LOW)


TESTABLE: Final = {
    "i64": INT,
    "f64": FLOAT,
    "bool": BOOL,
    "string": STR,
    "char": CHAR,
    "array": ARRAY,
    "map": MAP,
    "()": UNIT,
}
"""What `type_of` says of a class of values, where that is one class only."""
TAKE: Final = "take"
"""The standard function that leaves `()` behind."""
ARITHMETIC: Final = frozenset({"+", "-", "*", "/", "%", "**"})
COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})


def method_result(receiver: int, name: str) -> int:
    """The type of `receiver.name(..)` for a standard method, `ANY` where it is not known."""
    if receiver & LOW == ARRAY:
        found = results.METHODS[ARRAY].get(name, ANY)
        if found == results.SAME:
            return receiver
        return element(receiver) | UNIT if found == results.ITEM else found
    low = receiver & LOW
    if low & (low - 1) and not low & (ARRAY | MAP | OTHER | FN | RANGE | BLOB):
        # One of several classes of plain values.
        known = [results.METHODS.get(1 << bit, {}).get(name, ANY) for bit in range(WIDTH) if low >> bit & 1]
        return ANY if ANY in known else joined(known)
    return results.METHODS.get(receiver & LOW, {}).get(name, ANY)


def joined(types: list[int]) -> int:
    joined = NONE
    for t in types:
        joined |= t
    return joined


class Fields:
    """What the properties of maps hold, by name, in all maps that the script itself makes.

    A map that comes from elsewhere may hold anything, and so does every type that such a map was joined to.
    """

    def __init__(self) -> None:
        self.types: dict[str, int] = {}
        self.unnamed = NONE
        """What was stored under computed names."""
        self.reader: Any = None
        """Whose types are being inferred."""
        self.readers: dict[str, set[Any]] = {}
        self.touched: set[Any] = set()
        """Who read what has grown since."""

    def widen(self, name: str | None, t: int) -> None:
        """A map gets a value of type `t` under this name; `None`: under some name."""
        old = self.unnamed if name is None else self.types.get(name, NONE)
        if not t & ~old:
            return
        if name is None:
            self.unnamed |= t
            self.touched.update(*self.readers.values())
        else:
            self.types[name] = old | t
            self.touched.update(self.readers.get(name, ()))

    def read(self, name: str | None, held: int) -> int:
        """The type of a property of a map that holds values of the type `held`."""
        if name is None or held & LOW == LOW:
            return held | UNIT
        self.readers.setdefault(name, set()).add(self.reader)
        return (held & (self.types.get(name, NONE) | self.unnamed)) | UNIT

    def present(self, name: str, held: int) -> int:
        """As `read`, when all is known, of a property that is there."""
        return held if held & LOW == LOW else held & (self.types.get(name, NONE) | self.unnamed)


__all__ = [
    "ANY",
    "ANY_ARRAY",
    "ARITHMETIC",
    "ARRAY",
    "BLOB",
    "BOOL",
    "CHAR",
    "COMPARISONS",
    "DEEP_ANY",
    "FLOAT",
    "FN",
    "INT",
    "LEVELS",
    "LOW",
    "MAP",
    "NONE",
    "NUMBER",
    "OTHER",
    "RANGE",
    "SCALAR",
    "STR",
    "TAKE",
    "TESTABLE",
    "UNIT",
    "WIDTH",
    "Fields",
    "array_of",
    "element",
    "is_only",
    "joined",
    "map_of",
    "mask",
    "method_result",
    "type_names",
]
