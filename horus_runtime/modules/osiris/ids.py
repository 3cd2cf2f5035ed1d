"""Ids and times: texts that sort in the order in which they were made."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from functools import lru_cache


class IdMaker:
    """Makes UUIDs of version 7: the time in front, then a counter so that ids of one instant keep their order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> str:
        """A new id, larger than every id this maker gave before."""
        with self._lock:
            # 48 bits of milliseconds and 12 bits of fractions: one number that only goes up.
            now = time.time_ns() * 4096 // 1_000_000
            self._last = now if now > self._last else self._last + 1
            tick = self._last
        value = (tick >> 12) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64 | 0b10 << 62
        value |= int.from_bytes(os.urandom(8), "big") >> 2
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def utc_now() -> str:
    """The present time in RFC 3339, with microseconds, in UTC."""
    nanoseconds = time.time_ns()
    return f"{_second(nanoseconds // 1_000_000_000)}.{nanoseconds // 1000 % 1_000_000:06}Z"


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    """A second as text; many records are made within one."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
