"""How the methods with callbacks call the function pointers they are given.

The number of parameters a callback has decides what it gets: none means `this` is the item, one the item, two the item
and its index. What a callback assigns to `this` is stored back in the array or map, also when it then fails. For
pointers whose parameters are not known (natives, and names that several script functions share) the possibilities are
tried in that order until one of them is found.
"""

from __future__ import annotations

from functools import partial, wraps
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from horus_runtime.errors import EvalError, HorusError, LimitError, ParseError
from horus_runtime.runtime import faults
from horus_runtime.runtime.callbacks import CallbackError
from horus_runtime.runtime.values import SCALARS, Cell, all_scalars, copy_value, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from horus_runtime.runtime.context import NativeCallContext
    from horus_runtime.runtime.fn_ptr import FnPtr

Array = list[Any]


def in_call(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: an error out of a callback is reported as one in the call to the function `name`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def guarded(*args: Any) -> Any:
            try:
                return function(*args)
            except Exception as error:
                if not may_be_caught(error):
                    raise
                raise CallbackError(name, error) from error

        return guarded

    return decorate


def may_be_caught(error: Exception) -> bool:
    """Say whether the run goes on after this error: what ends it passes through functions as it is."""
    if isinstance(error, HorusError):
        return isinstance(error, (EvalError, ParseError)) or (isinstance(error, LimitError) and not error.ends_run)
    return not isinstance(error, (RecursionError, MemoryError))


def swallow(ctx: NativeCallContext, error: Exception) -> None:
    """Let an error of the script pass unseen, as Rhai does in some methods; raise every other one again."""
    if not may_be_caught(error) or not may_be_caught(ctx.explain(error)):
        raise error
    # SAFETY: a callback that cannot even be called costs nothing itself; millions of those would go unseen.
    ctx.charge(1)


def comparing(ctx: NativeCallContext, pointer: FnPtr) -> Callable[[Any, Any], Any]:
    """A callback that compares two items; one that lies too deep to be called is as good as none."""
    try:
        return ctx.callable(pointer, 2)
    except LimitError as error:
        swallow(ctx, error)
        return lambda _one, _other: None


def own(item: Any) -> Any:
    """The item as a callback or a result gets it: a copy where it could be changed."""
    return item if type(item) in SCALARS else copy_value(item)


def lent(ctx: NativeCallContext, pointer: FnPtr, array: Array, start: int = 0) -> Iterator[Any]:
    """The items as callbacks get them: lent where the callback cannot reach their owner, copied elsewhere."""
    items = islice(array, start, None) if start else iter(array)
    return items if may_lend(ctx, pointer, array) else map(own, items)


def may_lend(ctx: NativeCallContext, pointer: FnPtr, array: Array) -> bool:
    """May callbacks look at the items themselves? Compiled code copies what it changes or keeps."""
    return all_scalars(array) or ctx.borrows(pointer)


def direct(ctx: NativeCallContext, pointer: FnPtr, count: int) -> tuple[Callable[..., Any], int] | None:
    """The Python function of a closure of this run and the level to call it with: loops call it quicker than others."""
    call = ctx.callable(pointer, count) if ctx.arity(pointer) == count else None
    if isinstance(call, partial) and call.func is pointer.target:
        return call.func, call.args[0]
    return None


# --- One result per element -------------------------------------------------------------------------------------------


def results(ctx: NativeCallContext, pointer: FnPtr, array: Array, start: int = 0) -> Iterator[Any]:
    """What the callback returns for each element from `start`, in order."""
    arity = ctx.arity(pointer)
    if arity == 1:
        return map(ctx.callable(pointer, 1), lent(ctx, pointer, array, start))
    if arity == 2:
        return map(ctx.callable(pointer, 2), lent(ctx, pointer, array, start), count(start))
    return (element_result(ctx, pointer, array, index) for index in range(start, len(array)))


def element_result(ctx: NativeCallContext, pointer: FnPtr, array: Array, at: int, index: int | None = None) -> Any:
    """What the callback returns for the element `at`; `index` is the index it is told, if that is another."""
    shown = at if index is None else index
    arity = ctx.arity(pointer)
    if arity == 0:
        return _with_element(ctx, pointer, array, at)
    if arity == 1:
        return ctx.call(pointer, own(array[at]))
    if arity == 2:
        return ctx.call(pointer, own(array[at]), shown)
    if arity is not None:
        raise wrong_arity(pointer, array[at], shown)
    return first_found(
        pointer,
        lambda: _with_element(ctx, pointer, array, at),
        lambda: ctx.call(pointer, own(array[at])),
        lambda: ctx.call(pointer, own(array[at]), shown),
    )


def visit(ctx: NativeCallContext, pointer: FnPtr, array: Array, index: int) -> None:
    """Run a callback for its effects: `this` is the element, and the only parameter the index."""
    arity = ctx.arity(pointer)
    if arity == 0:
        _with_element(ctx, pointer, array, index)
    elif arity == 1:
        _with_element(ctx, pointer, array, index, index)
    elif arity is not None:
        raise wrong_arity(pointer, array[index], index)
    else:
        first_found(
            pointer,
            lambda: _with_element(ctx, pointer, array, index),
            lambda: _with_element(ctx, pointer, array, index, index),
        )


def combiner(ctx: NativeCallContext, pointer: FnPtr, array: Array) -> Callable[[Any, int], Any]:
    """A function of the accumulator and an index that gives the next accumulator."""
    arity = ctx.arity(pointer)
    if arity == 1:
        return lambda total, index: _with_element(ctx, pointer, array, index, total)
    if arity == 2:
        call = ctx.callable(pointer, 2)
        return lambda total, index: call(total, own(array[index]))
    if arity == 3:
        call = ctx.callable(pointer, 3)
        return lambda total, index: call(total, own(array[index]), index)

    def combine(total: Any, index: int) -> Any:
        if arity is not None:
            raise wrong_arity(pointer, total, array[index], index)
        return first_found(
            pointer,
            lambda: _with_element(ctx, pointer, array, index, own(total)),
            lambda: ctx.call(pointer, own(total), own(array[index])),
            lambda: ctx.call(pointer, own(total), own(array[index]), index),
        )

    return combine


def zipper(ctx: NativeCallContext, pointer: FnPtr) -> Callable[[Any, Any, int], Any]:
    """A function of two items and their index."""
    arity = ctx.arity(pointer)
    if arity == 2:
        call = ctx.callable(pointer, 2)
        return lambda a, b, index: call(own(a), own(b))
    if arity == 3:
        call = ctx.callable(pointer, 3)
        return lambda a, b, index: call(own(a), own(b), index)

    def combine(a: Any, b: Any, index: int) -> Any:
        if arity is not None:
            raise wrong_arity(pointer, a, b, index)
        return first_found(
            pointer,
            lambda: ctx.call(pointer, own(a), own(b)),
            lambda: ctx.call(pointer, own(a), own(b), index),
        )

    return combine


def entry_result(ctx: NativeCallContext, pointer: FnPtr, entries: dict[str, Any], key: str) -> Any:
    """What the callback returns for one entry of a map: (key) with `this` the value, or (key, value)."""
    arity = ctx.arity(pointer)
    if arity == 1:
        return _with_element(ctx, pointer, entries, key, key)
    if arity == 2:
        return ctx.call(pointer, key, own(entries[key]))
    if arity is not None:
        raise wrong_arity(pointer, key, entries[key])
    return first_found(
        pointer,
        lambda: _with_element(ctx, pointer, entries, key, key),
        lambda: ctx.call(pointer, key, own(entries[key])),
    )


# --- Parts ------------------------------------------------------------------------------------------------------------


def _with_element(ctx: NativeCallContext, pointer: FnPtr, items: Any, at: Any, *args: Any) -> Any:
    """Call with `this` bound to `items[at]`, which afterwards is what `this` has become."""
    cell = Cell(items[at], ctx.is_fixed(items))
    try:
        return ctx.call_with_this(pointer, cell, *args)
    finally:
        items[at] = cell.v


def first_found(pointer: FnPtr, *attempts: Callable[[], Any]) -> Any:
    """The result of the first attempt for which there is a function."""
    *earlier, last = attempts
    for attempt in earlier:
        try:
            return attempt()
        except EvalError as error:
            if not is_missing(error, pointer):
                raise
    return last()


def is_missing(error: EvalError, pointer: FnPtr) -> bool:
    """Say whether the error means that the pointer's function does not exist for the arguments."""
    signature = error.fields.get("function", "")
    return error.kind == "ErrorFunctionNotFound" and signature.startswith(f"{pointer.name} (")


def wrong_arity(pointer: FnPtr, *args: Any) -> EvalError:
    """No function for so many arguments; `args` are the most the method would have given."""
    return faults.function_not_found_for(pointer.name, [type_name(arg) for arg in (*pointer.curried, *args)])
