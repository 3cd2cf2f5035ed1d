"""Operators and functions of `u8`, the type of a blob's items in a `for` loop: they take two numbers of that type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from horus_runtime.modules.std.ranges import range_step
from horus_runtime.modules.std.signature import BOOL, FLOAT, INT, STREAM, STRING
from horus_runtime.runtime import faults
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.values import U8, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = Module("small numbers", "Functions of the items of blobs.")
native = PACKAGE.native

BYTE: Final = "u8"
_MAX: Final = 255


def _small(number: int, what: str, a: int, b: int, op: str) -> U8:
    if not 0 <= number <= _MAX:
        raise faults.arithmetic(f"{what} overflow: {int(a)} {op} {int(b)}")
    return U8(number)


@native("+", BYTE, BYTE, returns=BYTE)
def add(a: U8, b: U8) -> U8:
    """The sum."""
    return _small(int(a) + int(b), "Addition", a, b, "+")


@native("-", BYTE, BYTE, returns=BYTE)
def subtract(a: U8, b: U8) -> U8:
    """The difference, which may not be negative."""
    return _small(int(a) - int(b), "Subtraction", a, b, "-")


@native("*", BYTE, BYTE, returns=BYTE)
def multiply(a: U8, b: U8) -> U8:
    """The product."""
    return _small(int(a) * int(b), "Multiplication", a, b, "*")


@native("/", BYTE, BYTE, returns=BYTE)
def divide(a: U8, b: U8) -> U8:
    """The quotient without its fraction."""
    if not b:
        raise faults.arithmetic(f"Division by zero: {int(a)} / 0")
    return U8(int(a) // int(b))


@native("%", BYTE, BYTE, returns=BYTE)
def modulo(a: U8, b: U8) -> U8:
    """The rest of the division."""
    if not b:
        raise faults.arithmetic(f"Modulo division by zero or overflow: {int(a)} % 0")
    return U8(int(a) % int(b))


@native("**", BYTE, INT, returns=BYTE)
def power(a: U8, exponent: int) -> U8:
    """The power."""
    if exponent < 0:
        raise faults.arithmetic(f"Integer raised to a negative power: {int(a)} ** {exponent}")
    if a <= 1:
        return a if exponent else U8(1)
    return _small(int(a) ** min(exponent, 9), "Exponential", a, exponent, "**")


@native("<<", BYTE, INT, returns=BYTE)
def shift_left(a: U8, count: int) -> U8:
    """The bits moved up; a negative count moves them down."""
    if count < 0:
        return shift_right(a, -count)
    return U8(int(a) << count & _MAX if count < 8 else 0)


@native(">>", BYTE, INT, returns=BYTE)
def shift_right(a: U8, count: int) -> U8:
    """The bits moved down; a negative count moves them up."""
    if count < 0:
        return shift_left(a, -count)
    return U8(int(a) >> min(count, 7))  # as in Rhai, the highest bit stays


def _operator(name: str, function: Callable[[int, int], int], about: str) -> None:
    def call(a: U8, b: U8) -> U8:
        return U8(function(int(a), int(b)))

    call.__doc__ = about
    native(name, BYTE, BYTE, returns=BYTE)(call)


_operator("&", int.__and__, "The bits that both have.")
_operator("|", int.__or__, "The bits that either has.")
_operator("^", int.__xor__, "The bits that only one has.")
_operator("max", max, "The larger of the two.")
_operator("min", min, "The smaller of the two.")


def _query(name: str, result: str, function: Callable[[int], Any], about: str) -> None:
    def call(number: U8) -> Any:
        return function(int(number))

    call.__doc__ = about
    native(name, BYTE, returns=result)(call)
    if result == BOOL:
        PACKAGE.native_getter(name, BYTE, returns=result)(call)


_query("is_zero", BOOL, lambda number: number == 0, "Is the number zero.")
_query("is_odd", BOOL, lambda number: number & 1 == 1, "Is the number odd.")
_query("is_even", BOOL, lambda number: number & 1 == 0, "Is the number even.")
_query("to_int", INT, int, "The number as an INT.")
_query("to_float", FLOAT, float, "The number as a FLOAT.")
_query("to_hex", STRING, "{:x}".format, "The hexadecimal digits.")
_query("to_octal", STRING, "{:o}".format, "The octal digits.")
_query("to_binary", STRING, "{:b}".format, "The binary digits.")


@native("range", BYTE, BYTE, BYTE, returns=STREAM)
def range_of_bytes(start: U8, end: U8, step: U8) -> Stream:
    """Every `step`-th number from `start` up to, not including, `end`."""
    numbers = range_step(int(start), int(end), int(step))
    # As for INT, the item before one that would overflow ends the sequence.
    return Stream(lambda: (U8(n) for n in numbers.make() if n + step <= _MAX), "StepRange<u8>")
