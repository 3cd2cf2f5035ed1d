"""Scripts on threads of their own: `handle = engine.start(script)`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from horus_runtime.runtime.budget import Budget


class RunHandle:
    """A run on its own thread. It may be asked, waited for and cancelled from any thread.

    The run keeps its limits: what it does is over at its deadline, whether anybody waits for it or not.
    """

    def __init__(self, function: Callable[[], Any], budget: Budget, name: str) -> None:
        self._function = function
        self._budget = budget
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[RunHandle], Any]] = []
        self._value: Any = None
        self._error: BaseException | None = None
        context = copy_context()
        # A daemon: a host that leaves does not wait for scripts.
        self._thread = threading.Thread(target=context.run, args=(self._work,), name=name, daemon=True)

    def begin(self) -> RunHandle:
        """Start the thread."""
        self._thread.start()
        return self

    def _work(self) -> None:
        try:
            self._value = self._function()
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever asks for the result
            self._error = error
        del self._function
        with self._lock:
            self._done.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(self)

    def cancel(self, reason: str = "Script terminated") -> bool:
        """Ask the run to end; it does so within 50 ms, with a `TerminatedError` of this message.

        Returns:
            False when the run was over already.
        """
        if self._done.is_set():
            return False
        self._budget.cancel(reason)
        return True

    def done(self) -> bool:
        """Is the run over?"""
        return self._done.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run is over, `timeout` seconds at most; tells whether it is."""
        return self._done.wait(timeout)

    def result(self, timeout: float | None = None) -> Any:
        """The script's value, waited for.

        Args:
            timeout: seconds to wait; `None` waits as long as the run takes.

        Raises:
            TimeoutError: the run is not over yet; it goes on.
            HorusError: what the script failed with.
        """
        error = self.exception(timeout)
        if error is not None:
            raise error
        return self._value

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What the run failed with, waited for; `None` when it did not fail.

        Raises:
            TimeoutError: the run is not over yet.
        """
        if not self._done.wait(timeout):
            raise TimeoutError(f"the script is still running after {timeout:g} s")
        return self._error

    @property
    def operations(self) -> int:
        """Operations spent so far."""
        return self._budget.spent

    @property
    def seconds(self) -> float:
        """Seconds since the run was started; of a finished run, how long it took."""
        return self._budget.seconds

    def add_done_callback(self, callback: Callable[[RunHandle], Any]) -> None:
        """Call `callback(handle)` when the run is over, on its thread; at once when it is over already."""
        with self._lock:
            if not self._done.is_set():
                self._callbacks.append(callback)
                return
        callback(self)

    def __repr__(self) -> str:
        state = "running" if not self.done() else "failed" if self._error is not None else "done"
        return f"RunHandle({state}, {self.operations} operations)"
