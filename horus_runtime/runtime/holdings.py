"""The account of a run's data: what its values can have grown by, and when to weigh what they really are.

Generated code keeps no books. An operation makes at most a few objects, so the operations spent bound what small values
can have grown by; natives and bulk operators say how large a value they make. Only when both together could have used
half of what is left - or when the process itself has grown by that much - are the values weighed that the run can
reach. What was freed meanwhile is not among them, and so counts no longer.
"""

from __future__ import annotations

import sys
from functools import cache

from horus_runtime.errors import DataLimitError
from horus_runtime.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType

BOUNDARIES: Final[set[CodeType]] = set()
"""The functions that start runs: the frames outside of them belong to others."""
OPERATION_BYTES: Final = 64
"""What an operation of generated code makes at most, on average over a loop."""
SMALL: Final = 16 << 20
"""So many bytes are never worth a second look soon."""
PATIENCE: Final = 64
"""Work of weighing is put off for so many times the data's size while the process does not grow."""

_SELF: Final = 0
"""`RUSAGE_SELF`: this process."""
_PEAK_UNIT: Final = 1 if sys.platform == "darwin" else 1024


@cache
def _usage() -> Callable[[int], Any] | None:
    """The system's account of this process, imported when it is first asked for."""
    try:
        from resource import getrusage
    except ImportError:  # pragma: no cover - Windows
        return None
    return getrusage


def peak_memory() -> int:
    """The most memory this process ever had, in bytes; 0 where the system does not say."""
    usage = _usage()
    return 0 if usage is None else usage(_SELF).ru_maxrss * _PEAK_UNIT


def resident_memory() -> int | None:
    """The memory that this process has, in bytes; `None` where the system does not say."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as facts:  # noqa: PTH123 - much cheaper than a Path
            return int(facts.read(64).split()[1]) * 4096
    except OSError:
        return None


def possible_memory() -> int:
    """The bytes of memory that this process can have at most, as the system says; 0 where it does not."""
    try:
        from os import sysconf
        from resource import RLIM_INFINITY, RLIMIT_AS, getrlimit
    except ImportError:  # pragma: no cover - Windows
        return 0
    allowed, _ = getrlimit(RLIMIT_AS)
    return sysconf("SC_PHYS_PAGES") * sysconf("SC_PAGE_SIZE") if allowed == RLIM_INFINITY else allowed


class Holdings:
    """What the values of one run take, of at most `limit` bytes."""

    __slots__ = (
        "due",
        "first_due",
        "first_step",
        "held",
        "limit",
        "peak",
        "peak_mark",
        "resident_then",
        "roots",
        "since",
        "step",
    )

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.roots: Callable[[], Iterable[Any]] = tuple
        self.held = 0
        """Bytes that were found at the last weighing."""
        self.peak = 0
        self.since = 0
        """Operations at the last weighing, moved back by what bulk growth is worth."""
        self.step = self.first_step = max(limit >> 1, 1)
        self.due = self.first_due = self.step // OPERATION_BYTES
        self.peak_mark = 0
        """The peak of the process's memory at which to look again; 0 until the first glance."""
        self.resident_then: int | None = None

    def restart(self) -> None:
        """Forget what was found of the run before."""
        self.held = self.peak = self.peak_mark = 0
        self.step = self.first_step

    def grew(self, size: int, granted: int) -> None:
        """A value of so many bytes is about to be made, or has just been."""
        worth = size // OPERATION_BYTES
        self.due -= worth
        self.since -= worth
        if granted >= self.due or self.held + size > self.limit:
            self.look(granted, size)

    def making(self, size: int, granted: int) -> None:
        """So much of one value that nobody can reach yet is made already: is there room for it?"""
        if self.held + size > self.limit:
            self.weigh(granted, size)

    def glance(self, granted: int) -> None:
        """Look at the account now and then."""
        peak = peak_memory()
        if not self.peak_mark:
            self.peak_mark = peak + self.step
            self.resident_then = resident_memory()
        if granted >= self.due or peak >= self.peak_mark:
            self.look(granted)

    def possible(self, granted: int) -> int:
        """Bytes that the values cannot have grown beyond."""
        return self.held + max(0, granted - self.since) * OPERATION_BYTES

    def look(self, granted: int, coming: int = 0) -> None:
        """Weigh the values, unless nothing speaks for their growth."""
        if not self._may_wait(granted, coming):
            self.weigh(granted, coming)

    def _may_wait(self, granted: int, coming: int) -> bool:
        """Has the process grown too little for it to matter?"""
        if self.held + coming > self.limit or peak_memory() >= self.peak_mark > 0:
            return False
        if granted - self.since > PATIENCE * max(self.held, SMALL) // OPERATION_BYTES:
            return False
        now = resident_memory()
        if now is None or self.resident_then is None or now > self.resident_then + self.step // 2:
            return False
        self.due = granted + self.step // OPERATION_BYTES
        return True

    def weigh(self, granted: int, coming: int = 0) -> None:
        """Find out what the values take.

        Raises:
            LimitError: it is more than allowed, or would be with the value that is about to be made.
        """
        from horus_runtime.runtime.weighing import weigh

        self.held = weigh(self.roots, self.limit)
        self.peak = max(self.peak, self.held)
        if self.held + coming > self.limit:
            raise self._too_much(self.held + coming)
        self.since = granted
        self.step = max((self.limit - self.held) >> 1, self.limit >> 3, 1)
        self.due = granted + self.step // OPERATION_BYTES
        self.peak_mark = peak_memory() + self.step
        self.resident_then = resident_memory()

    def _too_much(self, usage: int) -> DataLimitError:
        self.peak = max(self.peak, min(usage, self.limit))
        return DataLimitError(
            "ErrorDataTooLarge",
            "Total size of data too large",
            limit=self.limit,
            usage=usage,
            hint=f"max_data_size is {self.limit} bytes, the script's values take at least {usage}",
        )
