"""Reading and writing `target[index]` on the built-in types.

A target that has no indexer of its own gives `NO_INDEXER`; the caller then looks for one of the host. Strings and
integers cannot change in place, so `set_index` returns what has to be stored where the target came from.
"""

from __future__ import annotations

from horus_runtime.errors import EvalError
from horus_runtime.runtime import faults
from horus_runtime.runtime.text import host_display
from horus_runtime.runtime.values import INT_MAX, Char, Range, full_type_name
from horus_runtime.typing_names import Any, Final

_BITS: Final = 64
_ALL: Final = 0xFFFF_FFFF_FFFF_FFFF


class _NoIndexer:
    """Says that a type has no indexer of its own."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NO_INDEXER"


NO_INDEXER: Final = _NoIndexer()
INDEXABLE: Final = frozenset({list, dict, str, int, bytearray})
"""The types that have an indexer of their own."""


class WrongElementError(EvalError):
    """The value to be stored has the wrong type: this error stands at the assignment, not at the index."""


def get_index(target: Any, index: Any) -> Any:
    """`target[index]`. What an array or map holds is returned as it is, not copied."""
    cls = type(target)
    if cls is list:
        if type(index) is int:
            try:
                return target[index]
            except IndexError:
                raise faults.array_bounds(len(target), index) from None
        raise faults.mismatch(full_type_name(index), "i64")
    if cls is dict:
        if type(index) is str:
            return target.get(index)
        raise faults.mismatch(full_type_name(index), "string")
    if cls is str:
        return _get_text(target, index)
    if cls is int:
        return _get_bits(target, index)
    return target[_blob_position(target, index)] if cls is bytearray else NO_INDEXER


def set_index(target: Any, index: Any, value: Any) -> Any:
    """`target[index] = value`: what to store back, which is the target itself where that changes in place."""
    cls = type(target)
    if cls is list:
        if type(index) is int:
            try:
                target[index] = value
            except IndexError:
                raise faults.array_bounds(len(target), index) from None
            return target
        raise faults.mismatch(full_type_name(index), "i64")
    if cls is dict:
        if type(index) is str:
            target[index] = value
            return target
        raise faults.mismatch(full_type_name(index), "string")
    if cls is str:
        return _set_text(target, index, value)
    if cls is int:
        return _set_bits(target, index, value)
    if cls is not bytearray:
        return NO_INDEXER
    position = _blob_position(target, index)
    if type(value) is not int:
        raise _wrong_element(value, "INT")
    target[position] = value & 0xFF
    return target


def _wrong_element(value: Any, expected: str) -> WrongElementError:
    fault = faults.mismatch(full_type_name(value), expected)
    return WrongElementError(fault.kind, fault.message, fields=fault.fields)


def _blob_position(blob: bytearray, index: Any) -> int:
    if type(index) is not int:
        raise faults.mismatch(full_type_name(index), "i64")
    if not -len(blob) <= index < len(blob):
        raise faults.array_bounds(len(blob), index)
    return index


# --- Strings ----------------------------------------------------------------------------------------------------------


def _get_text(text: str, index: Any) -> str:
    if type(index) is int:
        try:
            return Char(text[index])
        except IndexError:
            raise faults.string_bounds(len(text), index) from None
    if type(index) is not Range:
        raise faults.mismatch(full_type_name(index), "i64")
    start, end = _slice(text, index)
    if index.inclusive and start == 0 and end >= len(text) - 1:
        return text
    # Rhai takes an inclusive slice of one character for an empty one.
    return text[start : end + 1 if index.inclusive else end] if start < end else ""


def _set_text(text: str, index: Any, value: Any) -> str:
    if type(index) is int:
        if not -len(text) <= index < len(text):
            raise faults.string_bounds(len(text), index)
        if type(value) is not Char:
            raise _wrong_element(value, "char")
        # Rhai forgets that a negative index counts from the end and takes its magnitude.
        at = abs(index)
        return f"{text[:at]}{value}{text[at + 1 :]}" if at < len(text) else text
    if type(index) is not Range:
        raise faults.mismatch(full_type_name(index), "i64")
    start, end = _slice(text, index)
    return f"{text[:start]}{host_display(value)}{text[end + 1 if index.inclusive else end :]}"


def _slice(text: str, index: Range) -> tuple[int, int]:
    """The bounds of a slice, counted from the front; the end as written, inclusive or not."""
    length = len(text)
    start, end = index.start, index.end
    if start < 0 and length:
        start += length
        if start < 0:
            raise faults.string_bounds(length, index.start)
    return max(start, 0), max(end + length, 0) if end < 0 else end


# --- Bit-fields -------------------------------------------------------------------------------------------------------


def _get_bits(number: int, index: Any) -> Any:
    if type(index) is int:
        return bool(number >> _bit_position(index) & 1)
    start, count = _bit_range(index)
    # Bits up to the top keep the sign, as Rhai shifts arithmetically and then needs no mask.
    return number >> start if start + count == _BITS else number >> start & ((1 << count) - 1)


def _set_bits(number: int, index: Any, value: Any) -> int:
    if type(index) is int:
        position = _bit_position(index)
        if type(value) is not bool:
            raise _wrong_element(value, "bool")
        mask = 1 << position
        return to_signed(number & ~mask | (mask if value else 0))
    start, count = _bit_range(index)
    if type(value) is not int:
        raise _wrong_element(value, "integer")
    mask = ((1 << count) - 1) << start
    return to_signed(number & ~mask | value << start & mask)


def to_signed(number: int) -> int:
    """The lowest 64 bits as a signed integer."""
    number &= _ALL
    return number - (1 << _BITS) if number > INT_MAX else number


def _bit_position(index: int) -> int:
    if not -_BITS <= index < _BITS:
        raise faults.bit_bounds(index)
    return index % _BITS


def _bit_range(index: Any) -> tuple[int, int]:
    """First bit and number of bits."""
    if type(index) is not Range:
        raise faults.mismatch(full_type_name(index), "i64")
    if not 0 <= index.start < _BITS:
        raise faults.bit_bounds(index.start)
    if index.end == INT_MAX:
        return index.start, _BITS - index.start
    if not 0 <= index.end <= _BITS - index.inclusive:
        raise faults.bit_bounds(index.end)
    return index.start, max(index.stop - index.start, 0)
