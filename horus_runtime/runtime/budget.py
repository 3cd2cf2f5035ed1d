"""The running account of one run: operations spent, deadline, cancellation.

Generated code counts down a local counter and calls `poll` when it falls below zero; that grants the next stride or
raises. So the deadline and a cancellation are seen within one stride, and the operations limit is exact: the last
stride is just as long as what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from horus_runtime.errors import DeadlineError, LimitError, TerminatedError
from horus_runtime.limits import Limits
from horus_runtime.runtime.holdings import Holdings
from horus_runtime.typing_names import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from types import FunctionType

FIRST_STRIDE: Final = 500
LONGEST_STRIDE: Final = 20_000
"""Operations between two looks at the clock: about a millisecond of ordinary script."""
SHORTEST_STRIDE: Final = 50
SOON: Final = 0.001
LATE: Final = 0.004
"""A stride that took less time is followed by a longer one, one that took more by a shorter one."""
LONG: Final = 1 << 16
MUCH: Final = 1 << 20
TIME_WORTH: Final = 1 << 30
"""Bytes that operations may work on between two looks at the clock: a few hundredths of a second."""
GLANCE: Final = 0.01
"""Seconds between two looks at the memory of the process: a call of the system, which costs a busy one its turn."""
CLOCKS_DIFFER: Final = 0.02
"""Seconds by which the clock of an event loop may be early."""
BREATH: Final = 0.005
"""Seconds that a script computes at most before other tasks of its event loop get their turn."""


def _nothing() -> int:
    return 0


class Budget:
    """Operations and time of one run. `granted` counts what was handed out, native charges included."""

    __slots__ = (
        "breathe",
        "breathed_at",
        "cancelled",
        "deadline",
        "ended",
        "glance_at",
        "granted",
        "granted_at",
        "holdings",
        "limit",
        "longest",
        "longest_stride",
        "max_duration",
        "on_progress",
        "prepaid",
        "readers",
        "recent",
        "started",
        "stride",
        "wakers",
    )

    def __init__(self, limits: Limits, on_progress: Callable[[int], Any] | None = None) -> None:
        self.limit = limits.max_operations
        self.max_duration = limits.max_duration
        self.started = monotonic()
        self.deadline = self.started + limits.max_duration if limits.max_duration else None
        self.on_progress = on_progress
        self.stride = 1 if on_progress is not None else FIRST_STRIDE
        self.granted_at = self.started
        self.granted = 0
        self.cancelled: str | None = None
        self.readers: list[Callable[[], int]] = []
        self.prepaid: Callable[[], int] = _nothing
        """Operations that running loops have paid for turns still to come."""
        self.wakers: list[Callable[[], Any]] = []
        """Called when the run is cancelled, to end what it waits for."""
        self.breathe: Callable[[], Any] | None = None
        """Lets others run: set for scripts of an event loop."""
        self.breathed_at = self.started
        self.ended: float | None = None
        self.holdings = Holdings(limits.max_data_size) if limits.max_data_size else None
        self.longest = LONG
        """The size of the largest value that was made: one operation on it takes that much time."""
        self.longest_stride = LONGEST_STRIDE
        self.glance_at = 0.0
        self.recent = 0
        """Bytes made since the last look at the clock."""

    def restart(self) -> None:
        """Begin a new run under the same limits: what is left of a stride that was granted is spent first."""
        self.started = self.granted_at = self.breathed_at = now = monotonic()
        if self.deadline is not None:
            self.deadline = now + self.max_duration
        readers = self.readers
        self.granted = granted = readers[0]() if len(readers) == 1 else sum(read() for read in readers)
        self.cancelled = self.ended = None
        held = self.holdings
        if held is not None:
            held.since = granted
            held.due = granted + held.first_due
            if held.peak_mark:
                held.restart()

    def open(self, read: Callable[[], int] | None = None) -> int:
        """The first stride of a program's counter; `read` tells how much of it is unspent."""
        if read is not None:
            self.readers.append(read)
        return self._grant()

    def _grant(self) -> int:
        stride = min(self.stride, self.longest_stride)
        if self.limit and self.granted + stride > self.limit:
            stride = max(0, self.limit - self.granted)
        self.granted += stride
        return stride

    def poll(self, left: int) -> int:
        """Called with a counter below zero: account for the overdraft, look at the limits, grant another stride."""
        self.granted -= left
        self.check()
        self._adapt()
        held = self.holdings
        if held is not None and (self.granted_at > self.glance_at or self.granted >= held.due):
            held.glance(self.granted)
            self.glance_at = self.granted_at + GLANCE
        if self.breathe is not None and self.granted_at - self.breathed_at > BREATH:
            self.breathe()
            self.breathed_at = self.granted_at = monotonic()
            self.check()
        return self._grant()

    def _adapt(self) -> None:
        """Make the next stride last about as long as the clock should go unseen. What is spent stays the same."""
        if self.on_progress is not None:
            self.granted_at = monotonic()
            return
        now = monotonic()
        taken, self.granted_at = now - self.granted_at, now
        if taken < SOON:
            self.stride = min(self.stride * 2, LONGEST_STRIDE)
        elif taken > LATE:
            self.stride = max(int(self.stride * SOON / taken), SHORTEST_STRIDE)

    def stretch(self, left: int) -> int:
        """Where large values keep the strides short: the rest of a stride of full length, for code that does only short
        operations; what it leaves of that has to be shortened again.
        """
        more = min(self.stride, LONGEST_STRIDE) - left
        if self.limit:
            more = min(more, self.limit - self.granted)
        if more <= 0 or self.longest_stride >= LONGEST_STRIDE:
            return left
        self.granted += more
        return left + more

    def shorten(self, left: int) -> int:
        """Take back what is left of a stride above the length that strides have now."""
        more = left - self.longest_stride
        if more <= 0:
            return left
        self.granted -= more
        return self.longest_stride

    def settle(self) -> None:
        """The code is through: what was paid for in advance may have taken it over the limit unseen."""
        if self.limit and self.granted > self.limit and self.spent > self.limit:
            self.check()

    def charge(self, operations: int) -> None:
        """Spend operations outside generated code."""
        self.granted = granted = self.granted + operations
        # Natives say this often; `check` looks closer only where something may be wrong.
        if (
            self.cancelled is not None
            or granted > self.limit > 0
            or self.on_progress is not None
            or (self.deadline is not None and monotonic() >= self.deadline)
        ):
            self.check()

    def grew(self, size: int) -> None:
        """A value of so many bytes is about to be made, or has just been: natives say so of all but short ones.

        Raises:
            LimitError: there is no room for it; or any other limit, when much was made since the last look.
        """
        if size > self.longest:
            self._shorten(size)
        self.recent += size
        if self.recent > MUCH:
            self.recent = 0
            self.check()
        if self.holdings is not None:
            self.holdings.grew(size, self.granted)

    def _shorten(self, size: int) -> None:
        """An operation may now take longer than before: look at the clock after fewer of them, from now on."""
        self.longest = 2 * size
        self.longest_stride = max(SHORTEST_STRIDE, min(LONGEST_STRIDE, TIME_WORTH // size))
        for read in self.readers:
            # The counter is a cell of the program's factory; what is taken from it counts as not handed out.
            function = cast("FunctionType", read)
            cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
            counter = cells.get("_ops")
            if counter is not None and counter.cell_contents > self.longest_stride:
                self.granted -= counter.cell_contents
                counter.cell_contents = 0

    def cancel(self, reason: str = "Script terminated") -> None:
        """End the run at its next look at the account, or at once where it waits; any thread may say so."""
        self.cancelled = reason
        for wake in list(self.wakers):
            wake()

    def check_ended(self) -> None:
        """Raise when waiting is over: the run was cancelled, or its deadline has come (clocks may differ a little)."""
        if self.cancelled is not None:
            raise TerminatedError(self.cancelled)
        if self.deadline is not None and self.deadline - monotonic() < CLOCKS_DIFFER:
            raise self._too_late()

    def check(self) -> None:
        """Raise when a limit is exceeded, the time is over, or the host wants the run to end."""
        if self.cancelled is not None:
            raise TerminatedError(self.cancelled)
        if self.limit and self.granted > self.limit and self.spent > self.limit:
            raise LimitError(
                "ErrorTooManyOperations",
                "Too many operations",
                limit=self.limit,
                usage=self.spent,
                hint=f"max_operations is {self.limit}",
            )
        if self.deadline is not None and monotonic() >= self.deadline:
            raise self._too_late()
        if self.on_progress is not None:
            token = self.on_progress(self.spent)
            if token is not None:
                raise TerminatedError(token=token)

    def _too_late(self) -> DeadlineError:
        return DeadlineError(
            "ErrorTerminated",
            "Script terminated: the time limit is over",
            limit=self.max_duration,
            usage=monotonic() - self.started,
            hint=f"max_duration is {self.max_duration:g} s",
        )

    @property
    def seconds(self) -> float:
        """Seconds since the run began; of one that has ended, how long it took."""
        return (monotonic() if self.ended is None else self.ended) - self.started

    @property
    def spent(self) -> int:
        """Operations spent so far."""
        return self.granted - sum(max(0, read()) for read in self.readers) - self.prepaid()

    def remaining_seconds(self) -> float | None:
        """Seconds until the deadline, never negative; `None` without one."""
        return None if self.deadline is None else max(0.0, self.deadline - monotonic())
