"""Long loops inside the library spend operations, so that the budget and the deadline see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from horus_runtime.runtime.context import NativeCallContext

STRIDE = 128


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
