"""Instants of the monotonic clock. Their operators are with the others."""

from __future__ import annotations

import time

from horus_runtime.modules.std.signature import FLOAT, TIME
from horus_runtime.runtime import faults
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.values import Timestamp

PACKAGE = Module("time", "Measuring time.")


@PACKAGE.native("timestamp", volatile=True, returns=TIME)
def timestamp() -> Timestamp:
    """Now, as an instant that only differences can be taken of."""
    return Timestamp(time.monotonic_ns())


@PACKAGE.native_getter("elapsed", TIME, volatile=True, returns=FLOAT)
@PACKAGE.native("elapsed", TIME, volatile=True, returns=FLOAT)
def elapsed(instant: Timestamp) -> float:
    """The seconds since an instant."""
    passed = time.monotonic_ns() - instant.nanoseconds
    if passed < 0:
        raise faults.arithmetic("Time-stamp is later than now")
    return passed / 1_000_000_000
