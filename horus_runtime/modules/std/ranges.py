"""Ranges: making them by function, with steps, and asking about their bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horus_runtime.errors import EvalError
from horus_runtime.modules.std.signature import BOOL, FLOAT, INT, RANGE, RANGES, STREAM
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.values import INT_MAX, INT_MIN, Range, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Module("ranges", "Functions of ranges.")
native = PACKAGE.native


@native("range", INT, INT, returns=RANGE)
def range_(start: int, end: int) -> Range:
    """The integers from `start` up to, not including, `end`: `start..end`."""
    return Range(start, end)


@native("range", INT, INT, INT, returns=STREAM)
def range_step(start: int, end: int, step: int) -> Stream:
    """Every `step`-th integer from `start` up or down to, not including, `end`."""
    _check_step(start, step)
    return Stream(lambda: _integers(start, end, step), "StepRange<i64>")


@native("range", RANGE, INT, returns=STREAM)
def range_of(selection: Range, step: int) -> Stream:
    """Every `step`-th integer of a range."""
    return range_step(selection.start, selection.end, step)


@native("range", FLOAT, FLOAT, FLOAT, returns=STREAM)
def range_float(start: float, end: float, step: float) -> Stream:
    """The floats from `start` in steps up or down to, not including, `end`."""
    _check_step(start, step)
    return Stream(lambda: _floats(start, end, step), "StepRange<f64>")


def _check_step(start: float, step: float) -> None:
    if start + step == start:
        message = "step value cannot be zero\nin call to function 'range'"
        raise EvalError("ErrorInFunctionCall", message, fields={"function": "range", "source": ""})


def _integers(start: int, end: int, step: int) -> Iterator[int]:
    # Rhai computes the following item before it hands one out, and ends when that overflows.
    if step > 0:
        return iter(range(start, min(end, INT_MAX - step + 1), step))
    return iter(range(start, max(end, INT_MIN - step - 1), step))


def _floats(start: float, end: float, step: float) -> Iterator[float]:
    item = start
    while (item < end) if step > 0 else (step < 0 and item > end):
        yield item
        item += step


def _start(selection: Range) -> int:
    """Where the range starts."""
    return selection.start


def _end(selection: Range) -> int:
    """Where the range ends, as written."""
    return selection.end


def _is_inclusive(selection: Range) -> bool:
    """Does the range include its end."""
    return selection.inclusive


def _is_exclusive(selection: Range) -> bool:
    """Does the range stop before its end."""
    return not selection.inclusive


def _is_empty(selection: Range) -> bool:
    """Is there nothing in the range."""
    return selection.start >= selection.stop


def _contains(selection: Range, number: int) -> bool:
    """Is the number in the range."""
    return number in selection


for _type in RANGES:
    for _name, _function, _result in (
        ("start", _start, INT),
        ("end", _end, INT),
        ("is_inclusive", _is_inclusive, BOOL),
        ("is_exclusive", _is_exclusive, BOOL),
        ("is_empty", _is_empty, BOOL),
    ):
        native(_name, _type, returns=_result)(_function)
        PACKAGE.native_getter(_name, _type, returns=_result)(_function)
    native("contains", _type, INT, pure=False, returns=BOOL)(_contains)
