"""The system calls on files that host modules make, as one interface, so that something may stand between them.

`REAL` is the operating system itself. A run whose services have a `disk` works on that one instead: an overlay that
keeps what the run writes to itself (`horus_runtime.planning`). Names, flags and errors are those of `os`; a handle is
whatever number `open` gave, and means something to the same disk only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Final, Protocol, cast


class DirEntry(Protocol):
    """What `scandir` gives for each name."""

    @property
    def name(self) -> str:
        """The name in its directory."""

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Is it a regular file?"""

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Is it a directory?"""

    def is_symlink(self) -> bool:
        """Is it a symbolic link?"""


class Disk(Protocol):
    """The functions of `os` that work on files; paths are relative to a handle, or absolute."""

    def open(self, path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int: ...
    def close(self, fd: int, /) -> None: ...
    def read(self, fd: int, length: int, /) -> bytes: ...
    def write(self, fd: int, data: memoryview | bytes, /) -> int: ...
    def fstat(self, fd: int, /) -> os.stat_result: ...
    def fstatvfs(self, fd: int, /) -> os.statvfs_result: ...
    def fchmod(self, fd: int, mode: int, /) -> None: ...
    def listdir(self, path: int | str, /) -> list[str]: ...
    def scandir(self, path: int | str, /) -> AbstractContextManager[Iterable[DirEntry]]: ...
    def stat(self, path: str, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result: ...
    def readlink(self, path: str, *, dir_fd: int | None = None) -> str: ...
    def mkdir(self, path: str, mode: int = 0o777, *, dir_fd: int | None = None) -> None: ...
    def rmdir(self, path: str, *, dir_fd: int | None = None) -> None: ...
    def unlink(self, path: str, *, dir_fd: int | None = None) -> None: ...
    def rename(self, src: str, dst: str, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None: ...
    def link(self, src: str, dst: str, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None: ...
    def symlink(self, src: str, dst: str, *, dir_fd: int | None = None) -> None: ...
    def utime(
        self, path: str, times: None = None, *, ns: tuple[int, int] = ..., dir_fd: int | None = None,
        follow_symlinks: bool = True,
    ) -> None: ...  # fmt: skip


REAL: Final[Disk] = cast("Disk", os)


def entry_status(disk: Disk, path: str) -> os.stat_result | None:
    """The status of an absolute path, a last link not followed; `None` when nothing is there."""
    try:
        return disk.stat(path, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return None


def remove_all(disk: Disk, path: str) -> None:
    """Remove what is at an absolute path with all below it; links are removed, not followed."""
    import stat

    status = entry_status(disk, path)
    if status is None:
        return
    if not stat.S_ISDIR(status.st_mode):
        disk.unlink(path)
        return
    for name in disk.listdir(path):
        remove_all(disk, f"{path}/{name}")
    disk.rmdir(path)
