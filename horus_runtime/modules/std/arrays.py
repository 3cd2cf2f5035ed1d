"""Arrays: everything that needs no callback and no order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import EvalError
from horus_runtime.modules.std.pace import charge_for, made, paced
from horus_runtime.modules.std.signature import ANY, ARRAY, BOOL, INT, RANGES, UNIT
from horus_runtime.modules.std.spans import (
    clamped,
    lenient_index,
    range_span,
    range_start_and_count,
    start_of,
    strict_index,
)
from horus_runtime.runtime.comparison import NO_OPERATOR, eq
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.values import COPY_TERMS, SCALARS, Range, copy_value, type_name

if TYPE_CHECKING:
    from horus_runtime.runtime.context import NativeCallContext

PACKAGE = Module("arrays", "Functions of arrays.")
native = PACKAGE.native
getter = PACKAGE.native_getter

Array = list[Any]

SLICE: Final = 1 << 20
"""Elements moved or released between two looks at the clock: a few milliseconds."""


@getter("len", ARRAY, returns=INT)
@native("len", ARRAY, returns=INT)
def length(array: Array) -> int:
    """How many elements the array has."""
    return len(array)


@getter("is_empty", ARRAY, returns=BOOL)
@native("is_empty", ARRAY, returns=BOOL)
def is_empty(array: Array) -> bool:
    """Has the array no elements."""
    return not array


@native("get", ARRAY, INT, pure=False)
def get(array: Array, index: int) -> Any:
    """The element at an index, negative ones from the end; `()` past the end, the first one before the front."""
    at = lenient_index(index, len(array))
    return None if at is None else copy_value(array[at])


@native("set", ARRAY, INT, ANY, pure=False, returns=UNIT)
def set_(array: Array, index: int, value: Any) -> None:
    """Replace the element at an index; past the end nothing happens, before the front the first one is replaced."""
    at = lenient_index(index, len(array))
    if at is not None:
        array[at] = value


@native("push", ARRAY, ANY, pure=False, returns=UNIT)
def push(array: Array, value: Any) -> None:
    """Add one element at the end; an array is added as one element."""
    array.append(value)


@native("append", ARRAY, ARRAY, pure=False, context=True, returns=UNIT)
def append(ctx: NativeCallContext, array: Array, other: Array) -> None:
    """Add all elements of another array at the end."""
    ctx.check_array(len(array) + len(other), len(other))
    array.extend(other)


@native("insert", ARRAY, INT, ANY, pure=False, context=True, returns=UNIT)
def insert(ctx: NativeCallContext, array: Array, index: int, value: Any) -> None:
    """Insert an element before the index, which is cut to what is there; `-1` inserts before the last element."""
    ctx.check_array(len(array) + 1, 1)
    array.insert(start_of(index, len(array)), value)


@native("pad", ARRAY, INT, ANY, pure=False, context=True, returns=UNIT)
def pad(ctx: NativeCallContext, array: Array, length: int, item: Any) -> None:
    """Add copies of an element at the end until the array has this length."""
    missing = length - len(array)
    if missing <= 0:
        return
    ctx.check_array(length, missing)
    charge_for(ctx, missing)
    if type(item) in SCALARS:
        array.extend([item] * missing)
    else:
        array.extend(copy_value(item) for _ in paced(ctx, range(missing)))


@native("pop", ARRAY, pure=False)
def pop(array: Array) -> Any:
    """Remove the last element and return it; `()` if there is none."""
    return array.pop() if array else None


@native("shift", ARRAY, pure=False)
def shift(array: Array) -> Any:
    """Remove the first element and return it; `()` if there is none."""
    return array.pop(0) if array else None


@native("remove", ARRAY, INT, pure=False)
def remove(array: Array, index: int) -> Any:
    """Remove the element at an index and return it; `()` if there is none."""
    at = strict_index(index, len(array))
    return None if at is None else array.pop(at)


@native("clear", ARRAY, pure=False, returns=UNIT)
def clear(array: Array) -> None:
    """Remove all elements."""
    array.clear()


@native("truncate", ARRAY, INT, pure=False, returns=UNIT)
def truncate(array: Array, count: int) -> None:
    """Keep the first `count` elements."""
    _shorten(array, max(count, 0))


def _shorten(array: Array, length: int) -> None:
    """Release what stands beyond a length; of very much the run is asked in between whether it may go on."""
    while len(array) - length > SLICE:
        del array[len(array) - SLICE :]
        COPY_TERMS.run.making(0)
    del array[length:]


@native("chop", ARRAY, INT, pure=False, returns=UNIT)
def chop(array: Array, count: int) -> None:
    """Keep the last `count` elements."""
    removed = max(len(array) - max(count, 0), 0)
    if removed > SLICE:
        kept = made(array[removed:])
        array[: len(kept)] = kept
        _shorten(array, len(kept))
    else:
        del array[:removed]


@native("reverse", ARRAY, pure=False, returns=UNIT)
def reverse(array: Array) -> None:
    """Turn the order of the elements around."""
    array.reverse()


# --- Selections -------------------------------------------------------------------------------------------------------


@native("splice", ARRAY, INT, INT, ARRAY, pure=False, context=True, returns=UNIT)
def splice(ctx: NativeCallContext, array: Array, start: int, count: int, replacement: Array) -> None:
    """Replace `count` elements from `start` by those of another array, which may be more or fewer."""
    _replace(ctx, array, clamped(start, count, len(array)), replacement)


def splice_range(ctx: NativeCallContext, array: Array, selection: Range, replacement: Array) -> None:
    """Replace the elements a range selects by those of another array, which may be more or fewer."""
    _replace(ctx, array, range_span(selection, len(array)), replacement)


def _replace(ctx: NativeCallContext, array: Array, span: tuple[int, int], replacement: Array) -> None:
    first, stop = span
    ctx.check_array(len(array) - (stop - first) + len(replacement), len(replacement))
    array[first:stop] = replacement


@native("extract", ARRAY, INT, pure=False, returns=ARRAY)
def extract_tail(array: Array, start: int) -> Array:
    """A copy of the elements from `start` to the end."""
    return _copied(array[start_of(start, len(array)) :])


@native("extract", ARRAY, INT, INT, pure=False, returns=ARRAY)
def extract(array: Array, start: int, count: int) -> Array:
    """A copy of `count` elements from `start`."""
    first, stop = clamped(start, count, len(array))
    return _copied(array[first:stop])


def _copied(part: Array) -> Array:
    """Deep copies of elements that were picked."""
    copies: Array = copy_value(made(part))
    return copies


def extract_range(array: Array, selection: Range) -> Array:
    """A copy of the elements a range selects."""
    first, stop = range_span(selection, len(array))
    return _copied(array[first:stop])


@native("split", ARRAY, INT, pure=False, returns=ARRAY)
def split(array: Array, index: int) -> Array:
    """Cut off the elements from an index to the end and return them."""
    at = start_of(index, len(array))
    tail = made(array[at:])
    del array[at:]
    return tail


@native("drain", ARRAY, INT, INT, pure=False, returns=ARRAY)
def drain(array: Array, start: int, count: int) -> Array:
    """Remove `count` elements from `start` and return them."""
    return _take_out(array, clamped(start, count, len(array)))


def drain_range(array: Array, selection: Range) -> Array:
    """Remove the elements a range selects and return them."""
    return _take_out(array, range_span(selection, len(array)))


def _take_out(array: Array, span: tuple[int, int]) -> Array:
    first, stop = span
    taken = made(array[first:stop])
    del array[first:stop]
    return taken


@native("retain", ARRAY, INT, INT, pure=False, returns=ARRAY)
def retain(array: Array, start: int, count: int) -> Array:
    """Keep `count` elements from `start` and return the others; with nothing selected the array stays as it is."""
    first, stop = clamped(start, count, len(array))
    if first == stop:
        return []
    removed: Array = []
    for begin, end in ((0, first), (stop, len(array))):
        for at in range(begin, end, SLICE):
            removed += array[at : min(at + SLICE, end)]
            made(removed)
    kept = made(array[first:stop])
    array[: len(kept)] = kept
    _shorten(array, len(kept))
    return removed


def retain_range(array: Array, selection: Range) -> Array:
    """Keep the elements a range selects and return the others; with nothing selected the array stays as it is."""
    return retain(array, *range_start_and_count(selection))


for _range in RANGES:
    native("splice", ARRAY, _range, ARRAY, pure=False, context=True, returns=UNIT)(splice_range)
    native("extract", ARRAY, _range, pure=False, returns=ARRAY)(extract_range)
    native("drain", ARRAY, _range, pure=False, returns=ARRAY)(drain_range)
    native("retain", ARRAY, _range, pure=False, returns=ARRAY)(retain_range)


# --- Searching --------------------------------------------------------------------------------------------------------


@native("contains", ARRAY, ANY, context=True, returns=BOOL)
def contains(ctx: NativeCallContext, array: Array, value: Any) -> bool:
    """Is there an element equal to the value."""
    return position_of(ctx, array, value, 0) >= 0


def position_of(ctx: NativeCallContext, array: Array, value: Any, start: int) -> int:
    """The index of the first element from `start` that equals the value, or -1."""
    for index, item in enumerate(paced(ctx, array[start:] if start else array), start):
        if element_equals(ctx, item, value):
            return index
    return -1


def element_equals(ctx: NativeCallContext, item: Any, value: Any) -> bool:
    """`item == value`, where two values of different types without an `==` for them are unequal."""
    equal = eq(item, value, ctx.equals)
    if equal is not NO_OPERATOR:
        return equal is True
    try:
        return ctx.equals(item, value)
    except EvalError as error:
        if error.kind != "ErrorFunctionNotFound" or type_name(item) == type_name(value):
            raise
        return False


@native("dedup", ARRAY, pure=False, context=True, returns=UNIT)
def dedup(ctx: NativeCallContext, array: Array) -> None:
    """Drop every element that equals the element kept before it; values that cannot be compared are different."""
    kept: Array = []
    for item in paced(ctx, array):
        if not kept or not _same(ctx, kept[-1], item):
            kept.append(item)
    array[:] = kept


def _same(ctx: NativeCallContext, kept: Any, item: Any) -> bool:
    try:
        return element_equals(ctx, kept, item)
    except EvalError:
        return False
