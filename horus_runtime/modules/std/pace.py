"""Long loops inside the library spend operations, so that the budget and the deadline see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from horus_runtime.runtime.values import COPY_TERMS, LONG_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from horus_runtime.runtime.context import NativeCallContext

STRIDE = 128


T = TypeVar("T", bound="str | bytearray | list[Any]")


def made(value: T) -> T:
    """The value, with which the account of the run's data was told of it where it is large."""
    size = len(value) * 16 if isinstance(value, list) else len(value)
    if size > LONG_TEXT:
        COPY_TERMS.run.grew(size)
    return value


def paced(ctx: NativeCallContext, items: Iterable[Any]) -> Iterator[Any]:
    """The items, charging the run for each stride of them."""
    left = STRIDE
    for item in items:
        left -= 1
        if not left:
            ctx.charge(STRIDE)
            left = STRIDE
        yield item


def charge_for(ctx: NativeCallContext, count: int) -> None:
    """Charge for a fast loop over `count` elements before it runs."""
    if count >= STRIDE:
        ctx.charge(count // STRIDE)
