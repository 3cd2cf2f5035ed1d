"""A disk that keeps what is written to itself: reads see the real files and, over them, everything pending.

`Overlay` has the functions of `os` that host modules use (`horus_runtime.modules.disk.Disk`), so that whatever works
on files works on it. Real files are opened for reading only, without following a link on the way; links are followed
by whoever walks the path, part by part, through the overlay.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, NamedTuple

from horus_runtime.planning.contents import MEMORY, Content, Spill
from horus_runtime.planning.nodes import Base, Node, below

_FIRST_HANDLE: Final = 1 << 30
"""Numbers of handles begin here, so that none is taken for one of the operating system's."""
_FIRST_INODE: Final = 1 << 62
_MAX_LINKS: Final = 40
_BLOCK: Final = 1 << 20
_PATH: Final = getattr(os, "O_PATH", 0)
_WRITING: Final = os.O_WRONLY | os.O_RDWR
_SAFE: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK | os.O_NOFOLLOW

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


class _Found(NamedTuple):
    """A place: the directory, the name in it, and what is there."""

    parent: Node
    name: str
    node: Node | None


class _Entry:
    """A name in a merged listing."""

    __slots__ = ("kind", "name")

    def __init__(self, name: str, kind: int) -> None:
        self.name = name
        self.kind = kind

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return self.kind == stat.S_IFREG

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self.kind == stat.S_IFDIR

    def is_symlink(self) -> bool:
        return self.kind == stat.S_IFLNK


class Overlay:
    """The pending changes of one run. Close it when they are not needed any more.

    Args:
        memory: bytes of pending content that are kept in memory; more goes to a file without a name.
    """

    def __init__(self, memory: int = MEMORY) -> None:
        self.spill = Spill(memory)
        self.reads: dict[str, Signature] = {}
        """The real files whose content was read, as they were then."""
        self.root = Node(stat.S_IFDIR, origin="/", device=os.lstat("/").st_dev)
        self._handles: dict[int, _Handle] = {}
        self._next_handle = _FIRST_HANDLE
        self._next_number = _FIRST_INODE
        self._umask = _umask()

    def end(self) -> None:
        """Close all handles and give back the space of the contents."""
        for handle in list(self._handles):
            self.close(handle)
        self.spill.close()

    @property
    def has_changes(self) -> bool:
        """Is anything pending?"""
        return _differs(self.root)

    def really_there(self, path: str) -> bool:
        """Does an absolute path stand for the same real directory in both worlds?"""
        try:
            node = self._find(path, None, follow=True).node
        except OSError:
            return False
        return node is not None and node.origin == path

    # --- handles -----------------------------------------------------------------------------------------------------

    def open(self, path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        """As `os.open`; a file that is made or changed is pending."""
        follow = not flags & os.O_NOFOLLOW
        found = self._find(path, dir_fd, follow=follow)
        node = found.node
        if node is None:
            if not flags & os.O_CREAT:
                raise _error(errno.ENOENT)
            node = self._make(found, stat.S_IFREG, mode & ~self._umask)
            node.content = Content(self.spill)
        elif flags & os.O_CREAT and flags & os.O_EXCL:
            raise _error(errno.EEXIST)
        elif flags & os.O_TRUNC or (flags & _WRITING and not flags & os.O_APPEND and not node.is_dir):
            raise _error(errno.EINVAL)  # nothing here changes the middle of a file: it is replaced, or grows
        self._check_open(node, flags)
        return self._opened(found._replace(node=node), flags)

    def _check_open(self, node: Node, flags: int) -> None:
        if flags & _PATH and flags & os.O_NOFOLLOW and not flags & os.O_DIRECTORY:
            return
        if flags & os.O_DIRECTORY and not node.is_dir:
            raise _error(errno.ENOTDIR)
        if node.is_link:
            raise _error(errno.ELOOP)
        if flags & _PATH:
            return
        if flags & _WRITING and node.is_dir:
            raise _error(errno.EISDIR)
        self._check_access(node, os.W_OK if flags & _WRITING else os.R_OK)

    def _opened(self, found: _Found, flags: int) -> int:
        assert found.node is not None
        handle = _Handle(found.node, flags, found.parent, found.name)
        reading = not flags & (_PATH | _WRITING)
        if reading and not found.node.is_dir and found.node.content is None and found.node.origin is not None:
            handle.real = self._open_real(found.node.origin)
            self.reads.setdefault(found.node.origin, signature(os.fstat(handle.real)))
        self._next_handle += 1
        self._handles[self._next_handle] = handle
        return self._next_handle

    def close(self, fd: int, /) -> None:
        """As `os.close`."""
        handle = self._handles.pop(fd, None)
        if handle is None:
            raise _error(errno.EBADF)
        if handle.real is not None:
            os.close(handle.real)

    def _handle(self, fd: int) -> _Handle:
        handle = self._handles.get(fd)
        if handle is None:
            raise _error(errno.EBADF)
        return handle

    def read(self, fd: int, length: int, /) -> bytes:
        """As `os.read`."""
        handle = self._handle(fd)
        content = handle.node.content
        if handle.flags & (_PATH | os.O_WRONLY):
            raise _error(errno.EBADF)
        if handle.node.is_dir:
            raise _error(errno.EISDIR)
        if content is None:
            assert handle.real is not None
            return os.read(handle.real, length)
        if content.base is not None and handle.offset < content.base_size:
            if handle.real is None:
                handle.real = self._open_real(content.base)
            data = os.pread(handle.real, min(length, content.base_size - handle.offset), handle.offset)
            if not data:
                raise _error(errno.EIO)  # the real file became shorter meanwhile
        else:
            data = content.read_added(handle.offset - content.base_size, length)
        handle.offset += len(data)
        return data

    def write(self, fd: int, data: memoryview | bytes, /) -> int:
        """As `os.write`, always at the end of the file: that is how files are written here."""
        handle = self._handle(fd)
        if not handle.flags & _WRITING:
            raise _error(errno.EBADF)
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
        self._check_owner(handle.node)
        if mode != stat.S_IMODE(self.status(handle.node).st_mode):
            self._changed(handle).mode = mode

    # --- what is there -----------------------------------------------------------------------------------------------

    def stat(self, path: str, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
        """As `os.stat`."""
        return self.status(self._there(path, dir_fd, follow=follow_symlinks))

    def readlink(self, path: str, *, dir_fd: int | None = None) -> str:
        """As `os.readlink`."""
        node = self._there(path, dir_fd, follow=False)
        if not node.is_link:
            raise _error(errno.EINVAL)
        return self.target(node)

    def listdir(self, path: int | str, /) -> list[str]:
        """As `os.listdir`, names of both worlds."""
        return [entry.name for entry in self._listing(self._directory(path))]

    def scandir(self, path: int | str, /) -> AbstractContextManager[Iterable[_Entry]]:
        """As `os.scandir`, entries of both worlds."""
        return _scanned(self._listing(self._directory(path)))

    def _directory(self, path: int | str) -> Node:
        node = self._handle(path).node if isinstance(path, int) else self._there(path, None, follow=True)
        if not node.is_dir:
            raise _error(errno.ENOTDIR)
        self._check_access(node, os.R_OK)
        return node

    def _listing(self, node: Node) -> list[_Entry]:
        entries = [_Entry(name, child.kind) for name, child in node.children.items() if child is not None]
        if node.origin is None:
            return entries
        with os.scandir(node.origin) as scan:
            return entries + [_Entry(entry.name, _kind(entry)) for entry in scan if entry.name not in node.children]

    def status(self, node: Node) -> os.stat_result:
        """What `os.lstat` would tell of an object."""
        if not node.is_changed:
            assert node.origin is not None
            return os.lstat(node.origin)
        now = time.time_ns() if node.modified is None else node.modified
        if node.origin is not None:
            old = os.lstat(node.origin)
            number, links, owner, group, size, mode = (
                old.st_ino, old.st_nlink, old.st_uid, old.st_gid, old.st_size, stat.S_IMODE(old.st_mode),
            )  # fmt: skip
            now = old.st_mtime_ns if node.modified is None else now
        else:
            number, links, owner, group, size, mode = node.number, 1, os.geteuid(), os.getegid(), 0, 0
        size = node.content.size if node.content is not None else len(os.fsencode(node.target)) or size
        mode = node.kind | (mode if node.mode is None else node.mode)
        seconds = now // 1_000_000_000
        times = {f"st_{name}time": now / 1e9 for name in "amc"} | {f"st_{name}time_ns": now for name in "amc"}
        plain = (mode, number, node.device, links, owner, group, size, seconds, seconds, seconds)
        return os.stat_result(plain, times)

    def target(self, node: Node) -> str:
        """Where a link points."""
        return node.target if node.origin is None else os.readlink(node.origin)

    def blocks(self, node: Node) -> Iterator[bytes]:
        """The content of a file, piece by piece."""
        content = node.content
        if content is None or content.base is not None:
            path = node.origin if content is None else content.base
            assert path is not None
            yield from self.real_blocks(path, None if content is None else content.base_size)
        if content is not None:
            offset = 0
            while data := content.read_added(offset, _BLOCK):
                yield data
                offset += len(data)

    def real_blocks(self, path: str, length: int | None = None) -> Iterator[bytes]:
        """The content of a real file, at most so many bytes."""
        handle = self._open_real(path)
        try:
            while data := os.read(handle, _BLOCK if length is None else min(_BLOCK, length)):
                yield data
                length = None if length is None else length - len(data)
        finally:
            os.close(handle)

    # --- changing names ----------------------------------------------------------------------------------------------

    def mkdir(self, path: str, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        """As `os.mkdir`."""
        found = self._find(path, dir_fd, follow=False)
        if found.node is not None:
            raise _error(errno.EEXIST)
        self._make(found, stat.S_IFDIR, mode & ~self._umask)

    def symlink(self, src: str, dst: str, *, dir_fd: int | None = None) -> None:
        """As `os.symlink`."""
        found = self._find(dst, dir_fd, follow=False)
        if found.node is not None:
            raise _error(errno.EEXIST)
        self._make(found, stat.S_IFLNK, 0o777).target = src

    def link(self, src: str, dst: str, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        """As `os.link`, for pending files: that is how a file is put in a place where there must be none."""
        node = self._there(src, src_dir_fd, follow=False)
        found = self._find(dst, dst_dir_fd, follow=False)
        if node.origin is not None:
            raise _error(errno.EPERM)
        if found.node is not None:
            raise _error(errno.EEXIST)
        self._put(found, node)

    def unlink(self, path: str, *, dir_fd: int | None = None) -> None:
        """As `os.unlink`."""
        found = self._find(path, dir_fd, follow=False)
        if found.node is None:
            raise _error(errno.ENOENT)
        if found.node.is_dir:
            raise _error(errno.EISDIR)
        self._put(found, None)

    def rmdir(self, path: str, *, dir_fd: int | None = None) -> None:
        """As `os.rmdir`."""
        found = self._find(path, dir_fd, follow=False)
        if found.node is None:
            raise _error(errno.ENOENT)
        if not found.node.is_dir:
            raise _error(errno.ENOTDIR)
        if self._listing(found.node):
            raise _error(errno.ENOTEMPTY)
        self._put(found, None)

    def rename(self, src: str, dst: str, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        """As `os.rename`; between file systems it fails, as it really would."""
        old, new = self._find(src, src_dir_fd, follow=False), self._find(dst, dst_dir_fd, follow=False)
        node = old.node
        if node is None:
            raise _error(errno.ENOENT)
        if node is new.node or (old.parent is new.parent and old.name == new.name):
            return
        if old.parent.device != new.parent.device:
            raise _error(errno.EXDEV)
        if node.is_dir and self._holds(node, new.parent):
            raise _error(errno.EINVAL)
        if new.node is not None and new.node.is_dir and self._holds(new.node, old.parent):
            raise _error(errno.ENOTEMPTY)
        self._check_replaced(node, new.node)
        if node.is_dir:
            self._check_access(node, os.W_OK)  # its entry `..` changes
        self._check_access(old.parent, os.W_OK | os.X_OK)
        self._put(new, node)
        self._put(old, None)

    def _check_replaced(self, node: Node, there: Node | None) -> None:
        if there is None:
            return
        if there.is_dir and not node.is_dir:
            raise _error(errno.EISDIR)
        if node.is_dir and not there.is_dir:
            raise _error(errno.ENOTDIR)
        if there.is_dir and self._listing(there):
            raise _error(errno.ENOTEMPTY)

    def _holds(self, top: Node, node: Node) -> bool:
        return top is node or any(
            child is not None and child.is_dir and self._holds(child, node) for child in top.children.values()
        )

    def utime(
        self, path: str, times: None = None, *, ns: tuple[int, int] | None = None, dir_fd: int | None = None,
        follow_symlinks: bool = True,
    ) -> None:  # fmt: skip
        """As `os.utime`; only the time of the last change is kept."""
        found = self._find(path, dir_fd, follow=follow_symlinks)
        if found.node is None:
            raise _error(errno.ENOENT)
        self._check_owner(found.node)
        node = self._own(found)
        node.modified = time.time_ns() if ns is None else ns[1]

    # --- the tree ----------------------------------------------------------------------------------------------------

    def _there(self, path: str, dir_fd: int | None, *, follow: bool) -> Node:
        node = self._find(path, dir_fd, follow=follow).node
        if node is None:
            raise _error(errno.ENOENT)
        return node

    def _find(self, path: str, dir_fd: int | None, *, follow: bool) -> _Found:
        """Walk a path part by part, links on the way included. `..` cannot lead above where the walk begins."""
        if not path.startswith("/") and dir_fd is None:
            raise _error(errno.ENOENT)
        passed = [self.root if path.startswith("/") else self._handle(dir_fd or 0).node]
        found, ahead, hops = _Found(passed[0], "", passed[0]), _parts(path)[::-1], 0
        while ahead:
            if found.node is None:
                raise _error(errno.ENOENT)
            if not found.node.is_dir:
                raise _error(errno.ENOTDIR)
            if found.node is not passed[-1]:
                passed.append(found.node)
            found = self._step(passed, ahead.pop())
            if found.node is not None and found.node.is_link and (ahead or follow):
                hops += 1
                if hops > _MAX_LINKS:
                    raise _error(errno.ELOOP)
                target = self.target(found.node)
                ahead += _parts(target)[::-1]
                passed = [self.root] if target.startswith("/") else passed
                found = _Found(passed[-1], "", passed[-1])
        return found

    def _step(self, passed: list[Node], part: str) -> _Found:
        if part != "..":
            return _Found(passed[-1], part, self._child(passed[-1], part))
        if len(passed) > 1:
            passed.pop()
        elif passed[0] is not self.root:
            raise _error(errno.EINVAL)
        return _Found(passed[-1], "", passed[-1])

    def _child(self, parent: Node, name: str) -> Node | None:
        if name in parent.children:
            return parent.children[name]
        if parent.origin is None:
            return None
        path = below(parent.origin, name)
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return None
        node = Node(stat.S_IFMT(status.st_mode), origin=path, device=status.st_dev)
        if node.is_dir:
            parent.children[name] = node  # handles and later changes must meet the same one
        return node

    def _make(self, found: _Found, kind: int, mode: int) -> Node:
        """A pending object in a place where nothing is."""
        self._next_number += 1
        node = Node(kind, origin=None, device=found.parent.device, number=self._next_number)
        node.mode, node.modified = mode, time.time_ns()
        self._put(found, node)
        return node

    def _put(self, found: _Found, node: Node | None) -> None:
        """Let a name stand for something else, and remember what really stood there."""
        if not found.name:
            raise _error(errno.EBUSY)
        self._check_access(found.parent, os.W_OK | os.X_OK)
        self._remember(found)
        if node is None and found.parent.was[found.name] is None:
            del found.parent.children[found.name], found.parent.was[found.name]
        else:
            found.parent.children[found.name] = node

    def _remember(self, found: _Found) -> None:
        parent, name = found.parent, found.name
        if name in parent.was:
            return
        status = _status_at(parent.origin, name)
        parent.was[name] = None if status is None else Base(status, found.node)

    def _own(self, found: _Found) -> Node:
        """The object of a place, as part of the tree: it is about to change."""
        assert found.node is not None
        if found.name:
            self._remember(found)
            found.parent.children[found.name] = found.node
        return found.node

    def _changed(self, handle: _Handle) -> Node:
        """The object behind a handle; it joins the tree where it still is what its name stands for."""
        node, parent = handle.node, handle.parent
        known = parent is not None and (node.origin is not None or handle.name in parent.children)
        if parent is not None and known and parent.children.get(handle.name, node) is node:
            self._own(_Found(parent, handle.name, node))
        return node

    # --- rights ------------------------------------------------------------------------------------------------------

    def _check_access(self, node: Node, wanted: int) -> None:
        """Refuse what the operating system would refuse."""
        if node.origin is not None and node.mode is None:
            if not os.access(node.origin, wanted):
                raise _error(errno.EACCES)
        elif node.mode is not None and os.geteuid() != 0 and (node.mode >> 6) & wanted != wanted:
            raise _error(errno.EACCES)

    def _check_owner(self, node: Node) -> None:
        if node.origin is not None and os.geteuid() not in {0, os.lstat(node.origin).st_uid}:
            raise _error(errno.EPERM)

    def _open_real(self, path: str) -> int:
        """A real file for reading, never through a link: the tree says where links are."""
        folder, name = os.path.split(path)
        handle = self._open_folder(folder)
        try:
            return os.open(name, _SAFE, dir_fd=handle)
        finally:
            os.close(handle)

    def _open_folder(self, path: str) -> int:
        handle = os.open("/", _SAFE | os.O_DIRECTORY)
        for part in _parts(path):
            try:
                inner = os.open(part, _SAFE & ~os.O_NONBLOCK | _PATH | os.O_DIRECTORY, dir_fd=handle)
            finally:
                os.close(handle)
            handle = inner
        return handle


def _differs(node: Node) -> bool:
    if node.is_changed or node.was:
        return True
    return any(child is not None and _differs(child) for child in node.children.values())


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part and part != "."]


def _kind(entry: os.DirEntry[str]) -> int:
    if entry.is_file(follow_symlinks=False):
        return stat.S_IFREG
    if entry.is_dir(follow_symlinks=False):
        return stat.S_IFDIR
    return stat.S_IFLNK if entry.is_symlink() else stat.S_IFIFO


@contextmanager
def _scanned(entries: list[_Entry]) -> Iterator[Iterable[_Entry]]:
    yield entries


def _status_at(folder: str | None, name: str) -> os.stat_result | None:
    if folder is None:
        return None
    try:
        return os.lstat(below(folder, name))
    except FileNotFoundError:
        return None


def _umask() -> int:
    """The process's mask for new files, read without setting it where the system tells it."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("Umask:"):
                    return int(line.split()[1], 8)
    except OSError:
        pass
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
