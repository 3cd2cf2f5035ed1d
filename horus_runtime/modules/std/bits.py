"""Integers as 64 bits. Bit 0 is the lowest; negative positions count from the highest, the sign bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horus_runtime.modules.std.signature import BOOL, INT, RANGE, STREAM, UNIT
from horus_runtime.modules.std.spans import exact_span
from horus_runtime.runtime import faults
from horus_runtime.runtime.indexing import to_signed
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.values import Range, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Module("bits", "Functions of integers as bits.")
native = PACKAGE.native

_WIDTH = 64
_ALL_BITS = (1 << _WIDTH) - 1

Changed = tuple[int, None]


def _position(index: int) -> int:
    if not -_WIDTH <= index < _WIDTH:
        raise faults.bit_bounds(index)
    return index % _WIDTH


@native("get_bit", INT, INT, returns=BOOL)
def get_bit(number: int, index: int) -> bool:
    """Is the bit at a position set."""
    return bool(number >> _position(index) & 1)


@native("set_bit", INT, INT, BOOL, pure=False, ref=True, returns=UNIT)
def set_bit(number: int, index: int, value: bool) -> Changed:
    """Set or clear the bit at a position."""
    mask = 1 << _position(index)
    return to_signed(number | mask if value else number & ~mask), None


@native("get_bits", INT, INT, INT, returns=INT)
def get_bits(number: int, start: int, count: int) -> int:
    """The number that `count` bits from `start` make."""
    if count <= 0:
        return 0
    position = _position(start)
    width = min(count, _WIDTH - position)
    return to_signed((number & _ALL_BITS) >> position & ((1 << width) - 1))


@native("set_bits", INT, INT, INT, INT, pure=False, ref=True, returns=UNIT)
def set_bits(number: int, start: int, count: int, value: int) -> Changed:
    """Replace `count` bits from `start` by the lowest bits of a value."""
    if count <= 0:
        return number, None
    position = _position(start)
    mask = ((1 << min(count, _WIDTH - position)) - 1) << position
    return to_signed(number & ~mask | value << position & mask), None


@native("get_bits", INT, RANGE, returns=INT)
@native("get_bits", INT, "range=", returns=INT)
def get_bits_range(number: int, selection: Range) -> int:
    """The number that the bits in a range make."""
    return get_bits(number, *_bit_span(selection))


@native("set_bits", INT, RANGE, INT, pure=False, ref=True, returns=UNIT)
@native("set_bits", INT, "range=", INT, pure=False, ref=True, returns=UNIT)
def set_bits_range(number: int, selection: Range, value: int) -> Changed:
    """Replace the bits in a range by the lowest bits of a value."""
    return set_bits(number, *_bit_span(selection), value)


def _bit_span(selection: Range) -> tuple[int, int]:
    # Only an inclusive range must end inside; an exclusive one is cut.
    if selection.inclusive and selection.end >= _WIDTH:
        raise faults.bit_bounds(selection.end)
    return exact_span(selection)


# --- Iteration --------------------------------------------------------------------------------------------------------


@PACKAGE.native_getter("bits", INT, returns=STREAM)
@native("bits", INT, returns=STREAM)
def bits(number: int) -> Stream:
    """All bits, the lowest first, for a `for` loop."""
    return bits_part(number, 0, _WIDTH)


@native("bits", INT, INT, returns=STREAM)
def bits_from(number: int, start: int) -> Stream:
    """The bits from a position to the highest, for a `for` loop."""
    return bits_part(number, start, _WIDTH)


@native("bits", INT, INT, INT, returns=STREAM)
def bits_part(number: int, start: int, count: int) -> Stream:
    """`count` bits from a position, the lowest first, for a `for` loop."""
    first = _position(start)
    stop = min(first + max(count, 0), _WIDTH)

    def walk() -> Iterator[bool]:
        return (bool(number >> position & 1) for position in range(first, stop))

    return Stream(walk, "BitRange")


@native("bits", INT, RANGE, returns=STREAM)
@native("bits", INT, "range=", returns=STREAM)
def bits_range(number: int, selection: Range) -> Stream:
    """The bits in a range, the lowest first, for a `for` loop."""
    return bits_part(number, *exact_span(selection))
