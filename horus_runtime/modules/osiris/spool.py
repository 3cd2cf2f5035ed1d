"""Row numbers that wait to be read: which records a query goes through is decided before it begins."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import islice
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Any, Final, Self

from horus_runtime.modules.osiris.faults import fault

_IN_MEMORY: Final = 512 * 1024
"""Bytes of row numbers, 8 for each, that are held in memory; with more all of them go to a file without a name."""
_CHUNK: Final = 4096


class RowNumbers:
    """A list of row numbers in constant memory, for a `with` block.

    Raises:
        HostFailure: `StorageError`, when there is no room for the file.
    """

    __slots__ = ("_file",)

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by `__exit__`

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, cls: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def fill(self, rows: Iterable[Any]) -> None:
        """Take in the first column of all rows, in the place of what was there."""
        found = (row[0] for row in rows)
        try:
            self._file.seek(0)
            self._file.truncate()
            while chunk := array("q", islice(found, _CHUNK)):
                self._file.write(chunk.tobytes())
        except OSError as error:
            reason = error.strerror or str(error)
            raise fault("StorageError", f"a temporary file for a long query cannot be written: {reason}") from None

    def blocks(self, size: int) -> Iterator[list[int]]:
        """The numbers in their order, so many at a time."""
        self._file.seek(0)
        while content := self._file.read(8 * size):
            yield array("q", content).tolist()
