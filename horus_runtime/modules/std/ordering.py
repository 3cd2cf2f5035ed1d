"""Sorting of arrays: in place (`sort`) and as a copy (`order`), by natural order or by a comparer."""

from __future__ import annotations

from functools import cmp_to_key, partial
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import EvalError
from horus_runtime.modules.std.callbacks import comparing, may_lend, own, swallow
from horus_runtime.modules.std.pace import charge_for
from horus_runtime.modules.std.signature import ARRAY, FN, STRING, UNIT
from horus_runtime.modules.std.sorting import has_nan, kinds_of, ordered, polling
from horus_runtime.runtime.fn_names import pointer_to
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.values import TAGGED, Char, Stream, copy_value, full_type_name, type_name, untagged

if TYPE_CHECKING:
    from collections.abc import Callable

    from horus_runtime.runtime.context import NativeCallContext
    from horus_runtime.runtime.fn_ptr import FnPtr

PACKAGE = Module("ordering", "Sorting of arrays.")
native = PACKAGE.native

Array = list[Any]

SHORT: Final = 20
"""Arrays up to this length are sorted by insertion, as Rhai does, so that also senseless orders agree."""

KEY_BYTES: Final = 72
"""What sorting needs for each element while a comparer is asked."""

_NATURAL: Final = frozenset({int, float, bool, str, Char, type(None)})


@native("sort", ARRAY, pure=False, context=True, returns=UNIT)
def sort(ctx: NativeCallContext, array: Array) -> None:
    """Sort the array in ascending order. All elements must be of one type that has an order."""
    array[:] = _natural(ctx, array, descending=False)


@native("sort_desc", ARRAY, pure=False, context=True, returns=UNIT)
def sort_desc(ctx: NativeCallContext, array: Array) -> None:
    """Sort the array in descending order. All elements must be of one type that has an order."""
    array[:] = _natural(ctx, array, descending=True)


@native("order", ARRAY, pure=False, context=True, returns=ARRAY)
def order(ctx: NativeCallContext, array: Array) -> Array:
    """A copy of the array in ascending order. All elements must be of one type that has an order."""
    return _copied(ctx, array, descending=False)


@native("order_desc", ARRAY, pure=False, context=True, returns=ARRAY)
def order_desc(ctx: NativeCallContext, array: Array) -> Array:
    """A copy of the array in descending order. All elements must be of one type that has an order."""
    return _copied(ctx, array, descending=True)


@native("sort_by", ARRAY, FN, pure=False, context=True, callbacks=True, returns=UNIT)
@native("sort", ARRAY, FN, pure=False, context=True, callbacks=True, returns=UNIT)
def sort_by(ctx: NativeCallContext, array: Array, comparer: FnPtr) -> None:
    """Sort the array by a comparer of two elements.

    It returns a negative number or `true` when the first one comes first. A comparer that fails or returns something
    else leaves elements of one type in place.
    """
    array[:] = _compared(ctx, array, comparer)


@native("sort", ARRAY, STRING, pure=False, context=True, callbacks=True, returns=UNIT)
def sort_by_name(ctx: NativeCallContext, array: Array, comparer: str) -> None:
    """Sort the array by the comparer of this name."""
    array[:] = _compared(ctx, array, pointer_to(comparer))


@native("order_by", ARRAY, FN, pure=False, context=True, callbacks=True, returns=ARRAY)
@native("order", ARRAY, FN, pure=False, context=True, callbacks=True, returns=ARRAY)
def order_by(ctx: NativeCallContext, array: Array, comparer: FnPtr) -> Array:
    """A copy of the array, sorted by a comparer as `sort` takes it."""
    copies: Array = copy_value(_compared(ctx, array, comparer))
    return copies


def _copied(ctx: NativeCallContext, array: Array, *, descending: bool) -> Array:
    found = _natural(ctx, array, descending=descending)
    # What has an order of its own is never changed, so that only what was not sorted has to be copied.
    return [copy_value(item) for item in found] if len(found) < 2 else found


def _natural(ctx: NativeCallContext, array: Array, *, descending: bool) -> Array:
    """The elements in their own order, not copied."""
    if len(array) < 2:
        return list(array)
    kinds = kinds_of(ctx, array)
    if not TAGGED.keys().isdisjoint(kinds):
        return _natural(ctx, list(map(untagged, array)), descending=descending)
    if len(kinds) > 1 or not kinds <= _NATURAL:
        mixed = len({full_type_name(item) for item in array}) > 1
        what = "different types" if mixed else full_type_name(array[0])
        raise _cannot_sort(f"elements of {what} cannot be sorted")
    charge_for(ctx, len(array))
    if kinds == {type(None)}:
        return list(array)
    if kinds == {float} and has_nan(ctx, array):  # NaN compares with nothing
        before = float.__gt__ if descending else float.__lt__
        return _sorted(array, polling(ctx, lambda a, b: -before(a, b)))
    # Equal elements keep their order, as in a stable sort by the opposite comparison.
    return ordered(ctx, array, descending=descending)


def _cannot_sort(reason: str) -> EvalError:
    return EvalError("ErrorFunctionNotFound", f"Function not found: {reason}", fields={"function": reason})


def _compared(ctx: NativeCallContext, array: Array, comparer: FnPtr) -> Array:
    """The elements in the order of a comparer, not copied."""
    if len(array) > SHORT:
        ctx.making(len(array) * KEY_BYTES)
    call: Any = comparing(ctx, comparer)
    if not may_lend(ctx, comparer, array):
        return _sorted(array, _comparison(ctx, lambda a, b: call(own(a), own(b))))
    # A Python function that is called as one costs half of one that is called as a `partial`.
    if isinstance(call, partial) and len(call.args) == 1:
        return _sorted(array, _direct_comparison(ctx, call.func, call.args[0]))
    return _sorted(array, _comparison(ctx, call))


def _comparison(ctx: NativeCallContext, call: Callable[[Any, Any], Any]) -> Callable[[Any, Any], int]:
    """Negative when the first one comes first."""

    def compare(a: Any, b: Any) -> int:
        answer = None
        try:
            answer = call(a, b)
        except Exception as error:  # noqa: BLE001 -- what is not the script's error is raised again
            swallow(ctx, error)
        return answer if type(answer) is int else _judged(answer, a, b)

    return compare


def _direct_comparison(
    ctx: NativeCallContext, function: Callable[[Any, Any, Any], Any], level: Any
) -> Callable[[Any, Any], int]:
    """As `_comparison`, for compiled code that is called at a level."""

    def compare(a: Any, b: Any) -> int:
        answer = None
        try:
            answer = function(level, a, b)
        except Exception as error:  # noqa: BLE001 -- what is not the script's error is raised again
            swallow(ctx, error)
        return answer if type(answer) is int else _judged(answer, a, b)

    return compare


def _judged(answer: Any, a: Any, b: Any) -> int:
    """What an answer means that is no INT."""
    return -(answer if type(answer) is bool else _type_rank(a) < _type_rank(b))


def _sorted(array: Array, compare: Callable[[Any, Any], int]) -> Array:
    if len(array) > SHORT:
        return sorted(array, key=cmp_to_key(compare))
    sorted_: Array = []
    for item in array:
        at = len(sorted_)
        while at and compare(item, sorted_[at - 1]) < 0:
            at -= 1
        sorted_.insert(at, item)
    return sorted_


# Where a comparer gives no answer, Rhai orders by an internal number of the types; this is the order observed.
_TYPE_ORDER: Final = (
    "i64", "f64", "range", "array", "CharsStream", "BitRange", "StepRange<i64>", "range=", "StepRange<f64>", "map",
    "char", "()", "string", "bool", "blob", "timestamp", "Fn",
)  # fmt: skip
_RANKS: Final = {name: rank for rank, name in enumerate(_TYPE_ORDER)}


def _type_rank(value: Any) -> int:
    name = value.kind if type(value) is Stream else type_name(value)
    return _RANKS.get(name, len(_RANKS))
