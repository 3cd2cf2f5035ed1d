"""A disk that keeps what is written to itself: reads see the real files and, over them, everything pending.

`Overlay` has the functions of `os` that host modules use (`horus_runtime.modules.disk.Disk`), so that whatever works
on files works on it. What is pending stands in its tree; a handle leads to an object of the tree, wherever it moves.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from horus_runtime.planning.contents import MEMORY, Content
from horus_runtime.planning.nodes import Node
from horus_runtime.planning.tree import Entry, Found, Tree, os_error

_FIRST_HANDLE: Final = 1 << 30
"""Numbers of handles begin here, so that none is taken for one of the operating system's."""
_PATH: Final = getattr(os, "O_PATH", 0)
_WRITING: Final = os.O_WRONLY | os.O_RDWR

_NEVER_THE_SAME: Final = ("/proc/", "/sys/")
"""Where files are made when they are read: whether they changed is no question."""

Signature = tuple[int, int, int, int]
"""Device, inode, size and time of a file: what tells that it is still the same."""


def signature(status: os.stat_result) -> Signature:
    """What tells a file from a changed one."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class _Handle:
    """An open file or directory, and where it was found."""

    __slots__ = ("flags", "name", "node", "offset", "parent", "real")

    def __init__(self, node: Node, flags: int, parent: Node | None, name: str) -> None:
        self.node = node
        self.flags = flags
        self.parent = parent
        self.name = name
        self.offset = 0
        self.real: int | None = None
        """A real handle for reading, once there is one."""


class Overlay(Tree):
    """The pending changes of one run, as a disk. End it when they are not needed any more.

    Args:
        memory: bytes of pending content that are kept in memory; more goes to a file without a name.
    """

    def __init__(self, memory: int = MEMORY) -> None:
        super().__init__(memory)
        self.reads: dict[str, Signature] = {}
        """The real files whose content was read, as they were then."""
        self._handles: dict[int, _Handle] = {}
        self._next_handle = _FIRST_HANDLE

    def _start(self, dir_fd: int | None) -> Node:
        """Where a path begins; an absolute one begins at the root all the same."""
        return self.root if dir_fd is None else self._handle(dir_fd).node

    def end(self) -> None:
        """Close all handles and give back the space of the contents."""
        for handle in list(self._handles):
            self.close(handle)
        self.spill.close()

    def open(self, path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        """As `os.open`; a file that is made or changed is pending."""
        follow = not flags & os.O_NOFOLLOW
        found = self.find(self._start(dir_fd), path, follow=follow)
        node = found.node
        if node is None:
            if not flags & os.O_CREAT:
                raise os_error(errno.ENOENT)
            node = self.make(found, stat.S_IFREG, mode & ~self.umask)
            node.content = Content(self.spill)
        elif flags & os.O_CREAT and flags & os.O_EXCL:
            raise os_error(errno.EEXIST)
        elif flags & os.O_TRUNC or (flags & _WRITING and not flags & os.O_APPEND and not node.is_dir):
            raise os_error(errno.EINVAL)  # nothing here changes the middle of a file: it is replaced, or grows
        self._check_open(node, flags)
        return self._opened(found._replace(node=node), flags)

    def _check_open(self, node: Node, flags: int) -> None:
        if flags & _PATH and flags & os.O_NOFOLLOW and not flags & os.O_DIRECTORY:
            return
        if flags & os.O_DIRECTORY and not node.is_dir:
            raise os_error(errno.ENOTDIR)
        if node.is_link:
            raise os_error(errno.ELOOP)
        if flags & _PATH:
            return
        if flags & _WRITING and node.is_dir:
            raise os_error(errno.EISDIR)
        self.check_access(node, os.W_OK if flags & _WRITING else os.R_OK)

    def _opened(self, found: Found, flags: int) -> int:
        assert found.node is not None
        handle = _Handle(found.node, flags, found.parent, found.name)
        reading = not flags & (_PATH | _WRITING)
        if reading and not found.node.is_dir and found.node.content is None and found.node.origin is not None:
            handle.real = self.open_real(found.node.origin)
            if not found.node.origin.startswith(_NEVER_THE_SAME):
                self.reads.setdefault(found.node.origin, signature(os.fstat(handle.real)))
        self._next_handle += 1
        self._handles[self._next_handle] = handle
        return self._next_handle

    def close(self, fd: int, /) -> None:
        """As `os.close`."""
        handle = self._handles.pop(fd, None)
        if handle is None:
            raise os_error(errno.EBADF)
        if handle.real is not None:
            os.close(handle.real)

    def _handle(self, fd: int) -> _Handle:
        handle = self._handles.get(fd)
        if handle is None:
            raise os_error(errno.EBADF)
        return handle

    def read(self, fd: int, length: int, /) -> bytes:
        """As `os.read`."""
        handle = self._handle(fd)
        content = handle.node.content
        if handle.flags & (_PATH | os.O_WRONLY):
            raise os_error(errno.EBADF)
        if handle.node.is_dir:
            raise os_error(errno.EISDIR)
        if content is None:
            assert handle.real is not None
            return os.read(handle.real, length)
        if content.base is not None and handle.offset < content.base_size:
            if handle.real is None:
                handle.real = self.open_real(content.base)
            data = os.pread(handle.real, min(length, content.base_size - handle.offset), handle.offset)
            if not data:
                raise os_error(errno.EIO)  # the real file became shorter meanwhile
        else:
            data = content.read_added(handle.offset - content.base_size, length)
        handle.offset += len(data)
        return data

    def write(self, fd: int, data: memoryview | bytes, /) -> int:
        """As `os.write`, always at the end of the file: that is how files are written here."""
        handle = self._handle(fd)
        if not handle.flags & _WRITING:
            raise os_error(errno.EBADF)
        node = self._changed(handle)
        if node.content is None:
            assert node.origin is not None
            size = os.lstat(node.origin).st_size
            node.content = Content(self.spill, node.origin if size else None, size)
        written = node.content.append(data)
        node.modified = time.time_ns()
        return written

    def fstat(self, fd: int, /) -> os.stat_result:
        """As `os.fstat`."""
        handle = self._handle(fd)
        return self.status(handle.node)

    def fstatvfs(self, fd: int, /) -> os.statvfs_result:
        """As `os.fstatvfs`; of something pending the facts about where it will be."""
        handle = self._handle(fd)
        origin = handle.node.origin or (handle.parent.origin if handle.parent is not None else None)
        return os.statvfs(origin or "/")

    def fchmod(self, fd: int, mode: int, /) -> None:
        """As `os.fchmod`."""
        handle = self._handle(fd)
        self.check_owner(handle.node)
        if mode != stat.S_IMODE(self.status(handle.node).st_mode):
            self._changed(handle).mode = mode

    def stat(self, path: str, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
        """As `os.stat`."""
        return self.status(self.there(self._start(dir_fd), path, follow=follow_symlinks))

    def readlink(self, path: str, *, dir_fd: int | None = None) -> str:
        """As `os.readlink`."""
        node = self.there(self._start(dir_fd), path, follow=False)
        if not node.is_link:
            raise os_error(errno.EINVAL)
        return self.target(node)

    def listdir(self, path: int | str, /) -> list[str]:
        """As `os.listdir`, names of both worlds."""
        return [entry.name for entry in self.listing(self._directory(path))]

    def scandir(self, path: int | str, /) -> AbstractContextManager[Iterable[Entry]]:
        """As `os.scandir`, entries of both worlds."""
        return _scanned(self.listing(self._directory(path)))

    def _directory(self, path: int | str) -> Node:
        node = self._handle(path).node if isinstance(path, int) else self.there(self._start(None), path, follow=True)
        if not node.is_dir:
            raise os_error(errno.ENOTDIR)
        self.check_access(node, os.R_OK)
        return node

    def mkdir(self, path: str, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        """As `os.mkdir`."""
        found = self.find(self._start(dir_fd), path, follow=False)
        if found.node is not None:
            raise os_error(errno.EEXIST)
        self.make(found, stat.S_IFDIR, mode & ~self.umask)

    def symlink(self, src: str, dst: str, *, dir_fd: int | None = None) -> None:
        """As `os.symlink`."""
        found = self.find(self._start(dir_fd), dst, follow=False)
        if found.node is not None:
            raise os_error(errno.EEXIST)
        self.make(found, stat.S_IFLNK, 0o777).target = src

    def link(self, src: str, dst: str, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        """As `os.link`, for pending files: that is how a file is put in a place where there must be none."""
        node = self.there(self._start(src_dir_fd), src, follow=False)
        found = self.find(self._start(dst_dir_fd), dst, follow=False)
        if node.origin is not None:
            raise os_error(errno.EPERM)
        if found.node is not None:
            raise os_error(errno.EEXIST)
        self.put(found, node)

    def unlink(self, path: str, *, dir_fd: int | None = None) -> None:
        """As `os.unlink`."""
        found = self.find(self._start(dir_fd), path, follow=False)
        if found.node is None:
            raise os_error(errno.ENOENT)
        if found.node.is_dir:
            raise os_error(errno.EISDIR)
        self.put(found, None)

    def rmdir(self, path: str, *, dir_fd: int | None = None) -> None:
        """As `os.rmdir`."""
        found = self.find(self._start(dir_fd), path, follow=False)
        if found.node is None:
            raise os_error(errno.ENOENT)
        if not found.node.is_dir:
            raise os_error(errno.ENOTDIR)
        if self.listing(found.node):
            raise os_error(errno.ENOTEMPTY)
        self.put(found, None)

    def rename(self, src: str, dst: str, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        """As `os.rename`; between file systems it fails, as it really would."""
        old, new = (
            self.find(self._start(src_dir_fd), src, follow=False),
            self.find(self._start(dst_dir_fd), dst, follow=False),
        )
        node = old.node
        if node is None:
            raise os_error(errno.ENOENT)
        if node is new.node or (old.parent is new.parent and old.name == new.name):
            return
        if old.parent.device != new.parent.device:
            raise os_error(errno.EXDEV)
        if node.is_dir and self._holds(node, new.parent):
            raise os_error(errno.EINVAL)
        if new.node is not None and new.node.is_dir and self._holds(new.node, old.parent):
            raise os_error(errno.ENOTEMPTY)
        self._check_replaced(node, new.node)
        if node.is_dir:
            self.check_access(node, os.W_OK)  # its entry `..` changes
        self.check_access(old.parent, os.W_OK | os.X_OK)
        self.put(new, node)
        self.put(old, None)

    def _check_replaced(self, node: Node, there: Node | None) -> None:
        if there is None:
            return
        if there.is_dir and not node.is_dir:
            raise os_error(errno.EISDIR)
        if node.is_dir and not there.is_dir:
            raise os_error(errno.ENOTDIR)
        if there.is_dir and self.listing(there):
            raise os_error(errno.ENOTEMPTY)

    def _holds(self, top: Node, node: Node) -> bool:
        return top is node or any(
            child is not None and child.is_dir and self._holds(child, node) for child in top.children.values()
        )

    def utime(
        self, path: str, times: None = None, *, ns: tuple[int, int] | None = None, dir_fd: int | None = None,
        follow_symlinks: bool = True,
    ) -> None:  # fmt: skip
        """As `os.utime`; only the time of the last change is kept."""
        found = self.find(self._start(dir_fd), path, follow=follow_symlinks)
        if found.node is None:
            raise os_error(errno.ENOENT)
        self.check_owner(found.node)
        node = self.own(found)
        node.modified = time.time_ns() if ns is None else ns[1]

    def _changed(self, handle: _Handle) -> Node:
        """The object behind a handle; it joins the tree where it still is what its name stands for."""
        node, parent = handle.node, handle.parent
        known = parent is not None and (node.origin is not None or handle.name in parent.children)
        if parent is not None and known and parent.children.get(handle.name, node) is node:
            self.own(Found(parent, handle.name, node))
        return node


@contextmanager
def _scanned(entries: list[Entry]) -> Iterator[Iterable[Entry]]:
    yield entries
