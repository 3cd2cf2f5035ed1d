"""The tree of an overlay as a whole: finding places in it, putting objects there, and what objects are.

Real directories and files are only looked at, never through a link on the way: where links are, the tree says.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from typing import Final, NamedTuple

from horus_runtime.planning.contents import MEMORY, Spill
from horus_runtime.planning.nodes import Base, Line, Node, below

_FIRST_INODE: Final = 1 << 62
_MAX_LINKS: Final = 40
_BLOCK: Final = 1 << 20
_PATH: Final = getattr(os, "O_PATH", 0)
_SAFE: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK | os.O_NOFOLLOW


class Found(NamedTuple):
    """A place: the directory, the name in it, and what is there."""

    parent: Node
    name: str
    node: Node | None


class Entry:
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


class Tree:
    """What pending changes make of the real files.

    Args:
        memory: bytes of pending content that are kept in memory; more goes to a file without a name.
    """

    def __init__(self, memory: int = MEMORY) -> None:
        self.spill = Spill(memory)
        self.root = Node(stat.S_IFDIR, origin="/", device=os.lstat("/").st_dev)
        self.umask = _umask()
        self._next_number = _FIRST_INODE
        self.line = Line()
        """Where the script is that makes the next change."""

    @property
    def has_changes(self) -> bool:
        """Is anything pending?"""
        return _differs(self.root)

    def really_there(self, path: str) -> bool:
        """Does an absolute path stand for the same real directory in both worlds?"""
        try:
            node = self.find(self.root, path, follow=True).node
        except OSError:
            return False
        return node is not None and node.origin == path

    def changes_below(self, path: str) -> bool:
        """Is anything pending at an absolute path, or below it?"""
        try:
            node = self.find(self.root, path, follow=True).node
        except OSError:
            return False
        return node is not None and _differs(node)

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
        handle = self.open_real(path)
        try:
            while data := os.read(handle, _BLOCK if length is None else min(_BLOCK, length)):
                yield data
                length = None if length is None else length - len(data)
        finally:
            os.close(handle)

    def listing(self, node: Node) -> list[Entry]:
        """Names and kinds in a directory, of both worlds."""
        entries = [
            Entry(name, child.kind) for name, child in node.children.items() if child is not None and name in node.was
        ]
        if node.origin is None:
            return entries
        with os.scandir(node.origin) as scan:
            return entries + [Entry(entry.name, _kind(entry)) for entry in scan if entry.name not in node.was]

    def there(self, start: Node, path: str, *, follow: bool) -> Node:
        """What a path stands for.

        Raises:
            FileNotFoundError: nothing.
        """
        node = self.find(start, path, follow=follow).node
        if node is None:
            raise os_error(errno.ENOENT)
        return node

    def find(self, start: Node, path: str, *, follow: bool) -> Found:
        """Walk a path part by part, links on the way included. `..` cannot lead above where the walk begins."""
        passed = [self.root if path.startswith("/") else start]
        found, ahead, hops = Found(passed[0], "", passed[0]), _parts(path)[::-1], 0
        while ahead:
            if found.node is None:
                raise os_error(errno.ENOENT)
            if not found.node.is_dir:
                raise os_error(errno.ENOTDIR)
            if found.node is not passed[-1]:
                passed.append(found.node)
            found = self._step(passed, ahead.pop())
            if found.node is not None and found.node.is_link and (ahead or follow):
                hops += 1
                if hops > _MAX_LINKS:
                    raise os_error(errno.ELOOP)
                target = self.target(found.node)
                ahead += _parts(target)[::-1]
                passed = [self.root] if target.startswith("/") else passed
                found = Found(passed[-1], "", passed[-1])
        return found

    def _step(self, passed: list[Node], part: str) -> Found:
        if part != "..":
            return Found(passed[-1], part, self._child(passed[-1], part))
        if len(passed) > 1:
            passed.pop()
        elif passed[0] is not self.root:
            raise os_error(errno.EINVAL)
        return Found(passed[-1], "", passed[-1])

    def _child(self, parent: Node, name: str) -> Node | None:
        known = parent.children.get(name)
        if name in parent.was:
            return known
        status = _status_at(parent.origin, name)
        is_dir = status is not None and stat.S_ISDIR(status.st_mode)
        if known is not None and (is_dir or _differs(known)):
            return known
        parent.children.pop(name, None)  # what was only looked at may be gone meanwhile
        if parent.origin is None or status is None:
            return None
        path = below(parent.origin, name)
        node = Node(stat.S_IFMT(status.st_mode), origin=path, device=status.st_dev)
        if node.is_dir:
            parent.children[name] = node  # handles and later changes must meet the same one
        return node

    def make(self, found: Found, kind: int, mode: int) -> Node:
        """A pending object in a place where nothing is."""
        self._next_number += 1
        node = Node(kind, origin=None, device=found.parent.device, number=self._next_number)
        node.mode, node.modified = mode, time.time_ns()
        self.put(found, node)
        return node

    def put(self, found: Found, node: Node | None) -> None:
        """Let a name stand for something else, and remember what really stood there."""
        if not found.name:
            raise os_error(errno.EBUSY)
        self.check_access(found.parent, os.W_OK | os.X_OK)
        self._remember(found)
        if node is None and found.parent.was[found.name] is None:
            del found.parent.children[found.name], found.parent.was[found.name]
        else:
            found.parent.children[found.name] = node

    def _remember(self, found: Found) -> None:
        parent, name = found.parent, found.name
        parent.lines[name] = self.line
        if name in parent.was:
            return
        status = _status_at(parent.origin, name)
        parent.was[name] = None if status is None else Base(status, found.node)

    def own(self, found: Found) -> Node:
        """The object of a place, as part of the tree: it is about to change."""
        assert found.node is not None
        if found.name:
            self._remember(found)
            found.parent.children[found.name] = found.node
        return found.node

    def check_access(self, node: Node, wanted: int) -> None:
        """Refuse what the operating system would refuse."""
        if node.origin is not None and node.mode is None:
            if not os.access(node.origin, wanted):
                raise os_error(errno.EACCES)
        elif node.mode is not None and os.geteuid() != 0 and (node.mode >> 6) & wanted != wanted:
            raise os_error(errno.EACCES)

    def check_owner(self, node: Node) -> None:
        """Refuse what only the owner may do."""
        if node.origin is not None and os.geteuid() not in {0, os.lstat(node.origin).st_uid}:
            raise os_error(errno.EPERM)

    def open_real(self, path: str) -> int:
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


def os_error(number: int) -> OSError:
    """An error as the system raises it."""
    return OSError(number, os.strerror(number))
