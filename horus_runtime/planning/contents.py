"""What pending files hold: in memory up to a cap, beyond it in a file that has no name.

The spill file is made in a private directory and its name is taken away at once, so that however the process ends -
by a signal, a crash, a power failure - nothing of it is left behind.
"""

from __future__ import annotations

import os
import tempfile
from typing import Final, NamedTuple

MEMORY: Final = 32 * 1024 * 1024
"""Bytes of pending content that are kept in memory, unless a host wants another number."""


class Spill:
    """The memory that the contents of one overlay share, and the file behind it."""

    def __init__(self, memory: int = MEMORY) -> None:
        self.left = memory
        self._file: int | None = None
        self._end = 0

    def close(self) -> None:
        """Give the space back; what was spilled cannot be read any more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def put(self, data: bytes) -> int:
        """Append to the file; gives where the data begins."""
        if self._file is None:
            self._file = _nameless()
        start, view = self._end, memoryview(data)
        while view:
            view = view[os.pwrite(self._file, view, self._end + len(data) - len(view)) :]
        self._end += len(data)
        return start

    def get(self, start: int, length: int) -> bytes:
        """What `put` has written there."""
        assert self._file is not None, "the overlay is closed"
        return os.pread(self._file, length, start)


def _nameless() -> int:
    """A new file in a directory of its own (mode 0700), both without a name from now on."""
    folder = tempfile.mkdtemp(prefix="horus-plan-")
    path = os.path.join(folder, "spill")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.unlink(path)
    finally:
        os.rmdir(folder)
    return handle


class _Extent(NamedTuple):
    """A piece of content in the spill file."""

    start: int
    length: int


class Content:
    """The bytes of one pending file: perhaps the present content of a real file, then what was written behind it."""

    __slots__ = ("_extents", "_memory", "_spill", "base", "base_size")

    def __init__(self, spill: Spill, base: str | None = None, base_size: int = 0) -> None:
        self.base = base
        """The real file whose content comes first."""
        self.base_size = base_size
        self._spill = spill
        self._memory = bytearray()
        self._extents: list[_Extent] = []

    @property
    def size(self) -> int:
        """The bytes of the whole content."""
        return self.base_size + sum(extent.length for extent in self._extents) + len(self._memory)

    def append(self, data: bytes | memoryview) -> int:
        """Add to the end. Gives the number of bytes."""
        if len(data) <= self._spill.left:
            self._spill.left -= len(data)
            self._memory += data
            return len(data)
        if self._memory:
            self._extents.append(_Extent(self._spill.put(bytes(self._memory)), len(self._memory)))
            self._spill.left += len(self._memory)
            self._memory = bytearray()
        self._extents.append(_Extent(self._spill.put(bytes(data)), len(data)))
        return len(data)

    def read_added(self, offset: int, length: int) -> bytes:
        """Bytes of what stands behind the base, at an offset into that part; fewer at the end of a piece."""
        for extent in self._extents:
            if offset < extent.length:
                return self._spill.get(extent.start + offset, min(length, extent.length - offset))
            offset -= extent.length
        return bytes(self._memory[offset : offset + length])
