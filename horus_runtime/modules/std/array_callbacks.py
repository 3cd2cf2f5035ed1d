"""Arrays: the methods that take a function pointer, most of them also the name of a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from horus_runtime.errors import EvalError
from horus_runtime.modules.std.arrays import position_of
from horus_runtime.modules.std.callbacks import (
    combiner,
    comparing,
    direct,
    in_call,
    is_missing,
    lent,
    may_lend,
    own,
    results,
    swallow,
    visit,
    zipper,
)
from horus_runtime.modules.std.signature import ANY, ARRAY, BOOL, FN, INT, STRING, UNIT
from horus_runtime.modules.std.spans import start_of
from horus_runtime.runtime.callbacks import CallbackError
from horus_runtime.runtime.fn_names import pointer_to
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.values import all_scalars

if TYPE_CHECKING:
    from collections.abc import Callable

    from horus_runtime.runtime.context import NativeCallContext
    from horus_runtime.runtime.fn_ptr import FnPtr

PACKAGE = Module("array_callbacks", "Functions of arrays that call functions.")

Array = list[Any]
MANY = 65_536
"""Elements of an array from which on what was found so far has to be seen by the account of the run's data."""


def _method(name: str, *params: str, named: bool = True, blame: str = "", **flags: Any) -> Callable[[Any], Any]:
    """Register a method whose first parameter after the array is a pointer, and with `named` its form with a name.

    `blame` is the function that errors out of the callback name, where it is another one.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        guarded = in_call(blame or name)(function)
        flags.update(context=True, callbacks=True)
        PACKAGE.native(name, ARRAY, FN, *params, **flags)(guarded)
        if named:

            def by_name(ctx: NativeCallContext, array: Array, callback: str, *rest: Any) -> Any:
                return guarded(ctx, array, pointer_to(callback), *rest)

            doc = f"{function.__doc__} The function is given by its name."
            # Rhai forgot to say that the named forms of two methods change nothing.
            pure = flags.get("pure", True) and name not in {"map", "filter"}
            PACKAGE.native(name, ARRAY, STRING, *params, **{**flags, "pure": pure, "doc": doc})(by_name)
        return function

    return register


# --- Results ----------------------------------------------------------------------------------------------------------


@_method("map", returns=ARRAY)
def map_(ctx: NativeCallContext, array: Array, callback: FnPtr) -> Array:
    """What the callback returns for each element, as a new array."""
    # What exists so far is a variable, so that the account of the run's data finds it.
    made: Array = []
    known = direct(ctx, callback, 1)
    if known is None:
        made.extend(results(ctx, callback, array))
        return made
    function, level = known
    add = made.append
    for item in lent(ctx, callback, array):
        add(function(level, item))
    return made


@_method("filter", returns=ARRAY)
def filter_(ctx: NativeCallContext, array: Array, callback: FnPtr) -> Array:
    """The elements for which the callback returns `true`, as a new array."""
    known = direct(ctx, callback, 1)
    if known is not None and len(array) <= MANY and may_lend(ctx, callback, array):
        function, level = known
        kept: Array = [item for item in array if function(level, item) is True]
    else:
        # The result comes first in each pair: the callback may have replaced the element through `this`.
        kept = []
        pairs = zip(results(ctx, callback, array), array, strict=False)
        kept.extend(item for keep, item in pairs if keep is True)
    return kept if all_scalars(kept) else list(map(own, kept))


@_method("for_each", named=False, pure=False, returns=UNIT)
def for_each(ctx: NativeCallContext, array: Array, callback: FnPtr) -> None:
    """Call the callback for each element. `this` is the element and can be changed; the parameter is the index."""
    for index in range(len(array)):
        visit(ctx, callback, array, index)


@_method("reduce", ANY)
@_method("reduce")
def reduce_(ctx: NativeCallContext, array: Array, callback: FnPtr, initial: Any = None) -> Any:
    """Combine the elements from the first to the last: callback (accumulator, element) or with the index as well."""
    total = initial
    known = direct(ctx, callback, 2)
    if known is not None and may_lend(ctx, callback, array):
        function, level = known
        for item in array:
            total = function(level, total, item)
        return total
    combine = combiner(ctx, callback, array)
    for index in range(len(array)):
        total = combine(total, index)
    return total


@_method("reduce_rev", ANY)
@_method("reduce_rev")
def reduce_rev(ctx: NativeCallContext, array: Array, callback: FnPtr, initial: Any = None) -> Any:
    """Combine the elements from the last to the first: callback (accumulator, element) or with the index as well."""
    combine = combiner(ctx, callback, array)
    total = initial
    for index in reversed(range(len(array))):
        total = combine(total, index)
    return total


def zip_(ctx: NativeCallContext, array: Array, other: Array, callback: FnPtr) -> Array:
    """What the callback returns for each pair of elements of two arrays, as far as the shorter one goes."""
    combine = zipper(ctx, callback)
    made: Array = []
    made.extend(combine(a, b, index) for index, (a, b) in enumerate(zip(array, other, strict=False)))
    return made


PACKAGE.native("zip", ARRAY, ARRAY, FN, context=True, callbacks=True, returns=ARRAY)(in_call("zip")(zip_))


# --- Searching --------------------------------------------------------------------------------------------------------


@_method("find", INT, named=False, blame="index_of")  # errors name `index_of`, by which Rhai finds it
@_method("find", named=False, blame="index_of")
def find(ctx: NativeCallContext, array: Array, callback: FnPtr, start: int = 0) -> Any:
    """The first element for which the callback returns `true`; `()` if there is none."""
    index = _first(ctx, array, callback, start)
    return None if index < 0 else own(array[index])


@_method("find_map", INT, named=False)
@_method("find_map", named=False)
def find_map(ctx: NativeCallContext, array: Array, callback: FnPtr, start: int = 0) -> Any:
    """The first result of the callback that is not `()`."""
    found = results(ctx, callback, array, start_of(start, len(array)))
    return next((result for result in found if result is not None), None)


@_method("some", returns=BOOL)
def some(ctx: NativeCallContext, array: Array, callback: FnPtr) -> bool:
    """Does the callback return `true` for any element."""
    for result in results(ctx, callback, array):  # noqa: SIM110 - quicker than a generator
        if result is True:
            return True
    return False


@_method("all", returns=BOOL)
def all_(ctx: NativeCallContext, array: Array, callback: FnPtr) -> bool:
    """Does the callback return `true` for all elements."""
    for result in results(ctx, callback, array):  # noqa: SIM110 - quicker than a generator
        if result is not True:
            return False
    return True


def _first(ctx: NativeCallContext, array: Array, callback: FnPtr, start: int) -> int:
    first = start_of(start, len(array))
    found = enumerate(results(ctx, callback, array, first), first)
    return next((index for index, result in found if result is True), -1)


@_method("index_of", INT, named=False, returns=INT)
@_method("index_of", named=False, returns=INT)
def index_of_match(ctx: NativeCallContext, array: Array, callback: FnPtr, start: int = 0) -> int:
    """The index of the first element for which the callback returns `true`, or -1."""
    return _first(ctx, array, callback, start)


@PACKAGE.native("index_of", ARRAY, ANY, INT, context=True, returns=INT)
@PACKAGE.native("index_of", ARRAY, ANY, context=True, returns=INT)
def index_of(ctx: NativeCallContext, array: Array, value: Any, start: int = 0) -> int:
    """The index of the first element that equals the value, or -1."""
    return position_of(ctx, array, value, start_of(start, len(array)))


@PACKAGE.native("index_of", ARRAY, STRING, INT, context=True, callbacks=True, returns=INT)
@PACKAGE.native("index_of", ARRAY, STRING, context=True, callbacks=True, returns=INT)
def index_of_text(ctx: NativeCallContext, array: Array, text: str, start: int = 0) -> int:
    """The index of the first element that the function of this name accepts; without such a function, of the text."""
    try:
        pointer = pointer_to(text)
    except Exception:  # noqa: BLE001 -- whatever cannot be a name is a text to search for
        return index_of(ctx, array, text, start)
    try:
        return int(in_call("index_of")(_first)(ctx, array, pointer, start))
    except CallbackError as error:
        if isinstance(error.cause, EvalError) and is_missing(error.cause, pointer):
            return index_of(ctx, array, text, start)
        raise


# --- Taking apart -----------------------------------------------------------------------------------------------------


@_method("drain", pure=False, returns=ARRAY)
def drain(ctx: NativeCallContext, array: Array, callback: FnPtr) -> Array:
    """Remove the elements for which the callback returns `true`, and return them."""
    return _take_out(ctx, array, callback, wanted=True)


@_method("retain", pure=False, returns=ARRAY)
def retain(ctx: NativeCallContext, array: Array, callback: FnPtr) -> Array:
    """Keep the elements for which the callback returns `true`, and return the others."""
    return _take_out(ctx, array, callback, wanted=False)


def _take_out(ctx: NativeCallContext, array: Array, callback: FnPtr, *, wanted: bool) -> Array:
    """Remove the elements for which the answer is as wanted. A failing callback leaves the rest where it is."""
    taken: Array = []
    kept: Array = []
    done = 0
    try:
        for result, item in zip(results(ctx, callback, array), array, strict=False):
            (taken if (result is True) is wanted else kept).append(item)
            done += 1
    finally:
        array[:done] = kept
    return taken


@_method("dedup", pure=False, returns=UNIT)
def dedup(ctx: NativeCallContext, array: Array, callback: FnPtr) -> None:
    """Drop every element for which the callback (kept element before, element) returns `true`."""
    same = comparing(ctx, callback)
    kept: Array = []
    for item in array:
        if not kept or not _accepts(ctx, same, kept[-1], item):
            kept.append(item)
    array[:] = kept


def _accepts(ctx: NativeCallContext, same: Callable[..., Any], kept: Any, item: Any) -> bool:
    try:
        return same(own(kept), own(item)) is True
    except Exception as error:  # noqa: BLE001 -- what is not the script's error is raised again
        swallow(ctx, error)
        return False
