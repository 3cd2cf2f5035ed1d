"""Scripts as tasks of an asyncio event loop: each runs on a greenlet and hands over what it has to wait for.

Everything happens on the thread of the loop. A registered `async def` function suspends the script, not the loop; a
script that only computes lets the other tasks run every few milliseconds; cancelling the task ends the script.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from horus_runtime.runtime.suspension import KeptTerms, Wait, install

if TYPE_CHECKING:
    from horus_runtime.runtime.budget import Budget

MISSING_GREENLET = "async scripts need the package greenlet: pip install 'horus-runtime[async]'"


def _greenlets() -> Any:
    """The greenlet package.

    Raises:
        RuntimeError: it is not installed.
    """
    try:
        return import_module("greenlet")
    except ImportError:
        raise RuntimeError(MISSING_GREENLET) from None


class _ScriptDriver:
    """Stands in a script's greenlet for the event loop."""

    __slots__ = ("greenlet",)

    def __init__(self, greenlet: Any) -> None:
        self.greenlet = greenlet

    def wait(self, request: Wait) -> Any:
        """Suspend the script until the event loop has fulfilled the request."""
        terms = KeptTerms()
        try:
            return self.greenlet.parent.switch(request)
        finally:
            terms.restore()


_drivers: dict[Any, _ScriptDriver] = {}


def _current() -> _ScriptDriver | None:
    return _drivers.get(_greenlets().getcurrent())


async def drive(function: Callable[[], Any], budget: Budget) -> Any:
    """Run a script's function on a greenlet and do its waiting for it.

    Args:
        function: runs the script.
        budget: the account of that run; what the script waits for ends with its deadline.

    Raises:
        RuntimeError: greenlet is not installed.
    """
    greenlets = _greenlets()
    install(_current)
    script = greenlets.greenlet(function)
    driver = _drivers[script] = _ScriptDriver(script)
    budget.breathe = partial(driver.wait, Wait(None, budget))
    # A greenlet begins with an empty context; the host's functions expect their variables.
    script.gr_context = copy_context()
    try:
        answer = _resume(greenlets, script, script.switch)
        while not script.dead:
            try:
                value = await _fulfil(answer, budget)
            except BaseException as error:  # noqa: BLE001 - the script decides what becomes of it
                answer = _resume(greenlets, script, script.throw, error)
            else:
                answer = _resume(greenlets, script, script.switch, value)
        return answer
    finally:
        del _drivers[script]


def _resume(greenlets: Any, script: Any, go: Callable[..., Any], *args: Any) -> Any:
    """Let the script go on until it waits again or is done."""
    terms = KeptTerms()
    script.parent = greenlets.getcurrent()
    try:
        return go(*args)
    finally:
        terms.restore()


async def _fulfil(request: Wait, outer: Budget) -> Any:
    """Wait for what a script waits for, but not beyond the deadlines of its runs."""
    if request.awaitable is None:
        await asyncio.sleep(0)
        return None
    budgets = [outer] if request.budget is None or request.budget is outer else [request.budget, outer]
    left = [seconds for budget in budgets if (seconds := budget.remaining_seconds()) is not None]
    timer = asyncio.timeout(min(left) if left else None)
    loop = asyncio.get_running_loop()

    def end_waiting() -> None:
        loop.call_soon_threadsafe(_expire, timer, loop)

    for budget in budgets:
        budget.wakers.append(end_waiting)
    try:
        async with timer:
            return await request.awaitable
    except TimeoutError:
        if not timer.expired():
            raise
        for budget in budgets:
            budget.check_ended()
        raise
    finally:
        for budget in budgets:
            budget.wakers.remove(end_waiting)


def _expire(timer: asyncio.Timeout, loop: asyncio.AbstractEventLoop) -> None:
    try:
        timer.reschedule(loop.time())
    except RuntimeError:
        return  # what was waited for has come meanwhile
