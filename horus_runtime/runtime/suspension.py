"""Waiting inside of a script without blocking the thread: what a run asks of the event loop that drives it.

A script that `Engine.eval_async` runs lives on a greenlet of its own. When it has to wait - for an `async def` function
of the host, for `sleep`, or because it computed for a while - it hands a `Wait` to the greenlet of the event loop and
goes on when that is fulfilled. `engine.asynchronous` is the other side. Without such a driver nothing here imports
greenlet.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import monotonic, sleep

from horus_runtime.errors import EvalError
from horus_runtime.runtime.values import COPY_TERMS
from horus_runtime.typing_names import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from horus_runtime.runtime.budget import Budget

NAP: Final = 0.02
"""Seconds between two looks at the account while a thread sleeps."""


class Wait:
    """What a script waits for.

    Args:
        awaitable: `None` lets the other tasks run once.
        budget: of the run that waits, where it is known: its deadline and its cancellation end the waiting, besides
            those of the outermost run.
    """

    __slots__ = ("awaitable", "budget")

    def __init__(self, awaitable: Awaitable[Any] | None, budget: Budget | None) -> None:
        self.awaitable = awaitable
        self.budget = budget


class Driver(Protocol):
    """The event loop's side of a script."""

    def wait(self, request: Wait) -> Any:
        """Suspend the script until the request is fulfilled; raises what the awaitable raises."""


find_driver: Callable[[], Driver | None] | None = None
"""Set by `install`; as long as it is not, no code is driven."""


def install(find: Callable[[], Driver | None]) -> None:
    """Tell how to find the driver of the code that is running; called when the first script is driven."""
    global find_driver  # noqa: PLW0603 - set once; greenlet stays unimported until then
    find_driver = find


def driver() -> Driver | None:
    """The driver of the code that is running, or `None` in an ordinary call."""
    return None if find_driver is None else find_driver()


def wait_for(awaitable: Awaitable[Any], name: str, budget: Budget | None = None) -> Any:
    """What an `async def` function of the host gives; `name` is what the script calls it.

    Raises:
        EvalError: the script was not started by one of the `*_async` methods.
    """
    found = driver()
    if found is None:
        close = getattr(awaitable, "close", None)
        if close is not None:
            close()
        text = f"'{name}' is an async function: run the script with eval_async, run_async or call_fn_async"
        raise EvalError("ErrorRuntime", f"Runtime error: {text}", value=text, hint="await engine.eval_async(script)")
    return found.wait(Wait(awaitable, budget))


def pause(seconds: float, budget: Budget) -> None:
    """Wait for some time: other tasks of an event loop run meanwhile; deadline and cancellation end it."""
    found = driver()
    if found is not None:
        from asyncio import sleep as sleep_async

        found.wait(Wait(sleep_async(seconds), budget))
        return
    end = monotonic() + seconds
    while (left := end - monotonic()) > 0:
        remaining = budget.remaining_seconds()
        sleep(min(left, NAP) if remaining is None else min(left, NAP, remaining))
        budget.charge(0)


class KeptTerms:
    """What belongs to the run of a thread, kept while another one has the thread."""

    __slots__ = ("_terms",)

    def __init__(self) -> None:
        self._terms = COPY_TERMS.run

    def restore(self) -> None:
        """Give the thread back to the run."""
        COPY_TERMS.run = self._terms
