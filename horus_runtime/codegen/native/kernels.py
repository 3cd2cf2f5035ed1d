"""What the compiler hands over for one kernel: plain data, so that scripts can be cached with their kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from horus_runtime.analysis import types as ty

INT: Final = "i"
FLOAT: Final = "f"
BOOL: Final = "b"
UNIT: Final = "u"
ARRAY: Final = "["
"""A kind is one of these letters; arrays are `[` with the kind of their elements."""

SITE: Final = 8
LEFT: Final = 16
RIGHT: Final = 24
TRACE_LENGTH: Final = 32
MAX_DEPTH: Final = 40
RESULT: Final = 48
DEPTH: Final = 56
HEAP: Final = 64
LONGEST_ARRAY: Final = 72
ENTERED: Final = 80
"""Here stands 1 where a loop is entered in the middle: its current turn was decided on and paid for."""
VALUES: Final = 128
"""Addresses in the memory of a kernel: the operations left are at 0, values in and out from `VALUES` on."""
TRACE: Final = 2048
"""Here the numbers of the calls begin through which a failure came, innermost first."""
FIRST_FREE: Final = 65536
MOST_VALUES: Final = (TRACE - VALUES) // 8
DEEPEST: Final = 4096
"""Call levels that a kernel may need."""

RETURNED: Final = 2
"""Status of a loop that was left by `return`; 1 is a failure."""


class Unqualified(Exception):
    """This code cannot be a kernel; the message says why."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """One function or loop, ready to be compiled by wasmtime."""

    name: str
    """The Python function that it replaces or is part of."""
    wasm: bytes
    is_function: bool
    inputs: tuple[str, ...]
    """Kinds of the values that go in: parameters, or the variables of a loop."""
    outputs: tuple[int, ...]
    """Loops: which of the inputs come back changed."""
    result: str
    """Functions: the kind of the result. Loops: the kind of what `return` gives, or unit."""
    sites: tuple[tuple[str, str, int, int, str], ...]
    """Places where something can fail or is called: what, which, line, column, Python function."""
    waits: bool = False
    """Be patient: a loop inside a better kernel, one that must copy arrays, a function that may not be called again."""
    is_range: bool = False
    """A loop over a range: the first two values that go in are the turn and the end."""


def kind_of(t: int) -> str:
    """The kind of values of an inferred type.

    Raises:
        Unqualified: there is none, or more than one.
    """
    low = t & ty.LOW
    if low == ty.INT:
        return INT
    if low == ty.FLOAT:
        return FLOAT
    if low == ty.BOOL:
        return BOOL
    if low == ty.UNIT:
        return UNIT
    if low == ty.ARRAY:
        inner = ty.element(t)
        if inner & ty.LOW in (ty.INT, ty.FLOAT, ty.BOOL, ty.ARRAY):
            kind = ARRAY + kind_of(inner)
            if len(kind) <= 3:
                return kind
    raise Unqualified("a value that is neither a number nor a bool")
