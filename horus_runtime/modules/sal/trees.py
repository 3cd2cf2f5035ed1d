"""Work on whole directory trees: find, walk, delete, copy. Each entry is checked; links are never walked into."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator
from fnmatch import translate
from typing import Final, NamedTuple

from horus_runtime.modules.host import HostCall
from horus_runtime.modules.sal.files import (
    MAX_ENTRIES,
    Entry,
    check_regular,
    entries,
    status_at,
    write_all,
)
from horus_runtime.modules.sal.paths import SAFE_OPEN, Place, check_entry, located, opened

MAX_TREE_DEPTH: Final = 64
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | SAFE_OPEN
_BLOCK: Final = 1 << 20


class Visited(NamedTuple):
    """One directory of a walk: its path below the start (empty for the start itself) and what is in it."""

    below: str
    entries: list[Entry]


def walk(
    call: HostCall,
    path: str,
    *,
    max_depth: int = MAX_TREE_DEPTH,
    hidden: bool = True,
    skip: Callable[[str], bool] = lambda below: False,
    ordered: bool = True,
) -> Iterator[Visited]:
    """The tree below a directory, top-down and sorted; directories that `skip` names are not entered."""
    with opened(call, path, "read", os.O_RDONLY | os.O_DIRECTORY) as (handle, real):
        yield from _Walk(call, hidden, skip, ordered).go(handle, Visited("", []), path, real, max_depth)


class _Walk(NamedTuple):
    """What stays the same on every level of a walk."""

    call: HostCall
    hidden: bool
    skip: Callable[[str], bool]
    ordered: bool

    def go(self, handle: int, top: Visited, path: str, real: str, depth: int) -> Iterator[Visited]:
        """Visit one directory and all below it."""
        found = entries(self.call, handle, path, ordered=self.ordered)
        if not self.hidden:
            found = [entry for entry in found if entry.name[0] != "."]
        yield Visited(top.below, found)
        if depth <= 1:
            return
        for name in [name for name, kind in found if kind == "dir"]:
            below, real_below = join(top.below, name), join(real, name)
            if self.skip(below) or not self.call.policy.path("read", real_below).allowed:
                continue
            try:
                inner = self.call.disk.open(name, _DIRECTORY, dir_fd=handle)
            except OSError as error:
                if error.errno in {errno.EACCES, errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
                    continue  # not ours to read, or replaced while we walked
                raise
            try:
                yield from self.go(inner, Visited(below, []), join(path, name), real_below, depth - 1)
            finally:
                self.call.disk.close(inner)


def find(
    call: HostCall, path: str, glob: str, kind: str, *, max_depth: int, hidden: bool, limit: int = MAX_ENTRIES
) -> list[str]:
    """Sorted paths of all files (or directories) below a directory whose name, or path below it, matches the glob."""
    matches = glob_matcher(call, glob)
    whole = "/" in glob  # then it is held against the path below the start
    top = path.rstrip("/") or "/"
    found: list[str] = []
    for below, entries_here in walk(call, path, max_depth=max_depth, hidden=hidden, ordered=False):
        names = [name for name, entry_kind in entries_here if entry_kind == kind]
        inside = f"{below}/" if below else ""
        start = join(top, inside)
        wanted = [name for name in names if matches(inside + name)] if whole else filter(matches, names)
        found += [start + name for name in wanted]
        if len(found) > limit:
            raise call.fail("LimitExceeded", f"more than {limit} matches of '{glob}' in '{path}'", path=path)
    found.sort()
    return found


def glob_matcher(call: HostCall, glob: str) -> Callable[[str], object]:
    """A glob as a test of names: `*`, `?`, `[abc]`, `[!abc]`."""
    if not glob or "\0" in glob or len(glob) > 1000:
        raise call.invalid("glob", "must have 1 to 1000 characters")
    return re.compile(translate(glob)).match


def join(base: str, name: str) -> str:
    """Two parts of a path with one slash between them; an empty base adds nothing."""
    if not base:
        return name
    return f"{base}{name}" if base.endswith("/") else f"{base}/{name}"


def delete_tree(call: HostCall, path: str) -> bool:
    """Remove a file or a whole directory; false when nothing was there. Nothing is removed if an entry is denied."""
    with located(call, path, "write", follow=False) as place:
        status = status_at(place)
        if status is None:
            return False
        if not place.name:
            raise call.invalid("path", "is a directory that cannot be removed under this name")
        try:
            handle = call.disk.open(place.name, _DIRECTORY, dir_fd=place.directory)
        except OSError as error:
            if error.errno not in {errno.ENOTDIR, errno.ELOOP}:
                raise
            call.disk.unlink(place.name, dir_fd=place.directory)
            return True
        try:
            _check_tree(call, handle, path, place.real, 0)
            _empty(call, handle, path)
        finally:
            call.disk.close(handle)
        call.disk.rmdir(place.name, dir_fd=place.directory)
    return True


def delete_repository(call: HostCall, path: str) -> bool:
    """As `delete_tree`, for a repository whose `.git` the policy keeps from file functions: it goes as a whole."""
    with located(call, path, "write", follow=False) as place:
        handle = call.disk.open(place.name, _DIRECTORY, dir_fd=place.directory)
        try:
            _empty(call, handle, path)
        finally:
            call.disk.close(handle)
        call.disk.rmdir(place.name, dir_fd=place.directory)
    return True


def _check_tree(call: HostCall, handle: int, path: str, real: str, depth: int) -> None:
    if depth > MAX_TREE_DEPTH:
        raise call.fail("LimitExceeded", f"'{path}' is nested deeper than {MAX_TREE_DEPTH} directories", path=path)
    for name, kind in entries(call, handle, path):
        shown, real_below = join(path, name), join(real, name)
        check_entry(call, "write", real_below, shown)
        if kind == "dir":
            inner = call.disk.open(name, _DIRECTORY, dir_fd=handle)
            try:
                _check_tree(call, inner, shown, real_below, depth + 1)
            finally:
                call.disk.close(inner)


def _empty(call: HostCall, handle: int, path: str) -> None:
    device = call.disk.fstat(handle).st_dev
    for name, kind in entries(call, handle, path):
        if kind != "dir":
            call.disk.unlink(name, dir_fd=handle)
            continue
        inner = call.disk.open(name, _DIRECTORY, dir_fd=handle)
        try:
            if call.disk.fstat(inner).st_dev != device:
                raise call.fail("Conflict", f"'{join(path, name)}' is another file system", path=join(path, name))
            _empty(call, inner, join(path, name))
        finally:
            call.disk.close(inner)
        call.disk.rmdir(name, dir_fd=handle)


def copy_tree(call: HostCall, source: str, target: str, *, overwrite: bool) -> None:
    """Copy a file or a directory with everything in it; links are copied as links and must stay inside the roots."""
    with opened(call, source, "read") as (handle, real), located(call, target, "write") as place:
        existing = status_at(place)
        if existing is not None and not overwrite:
            raise call.fail("AlreadyExists", f"'{target}' exists already", path=target)
        if f"{place.real}/".startswith(f"{real.rstrip('/')}/"):
            raise call.fail("InvalidArgument", f"'{target}' is inside '{source}', or the same", path=target)
        _Copy(call).any(handle, real, source, place, target)


class _Copy:
    """One copy: counts what was made, so that a tree that never ends is stopped."""

    def __init__(self, call: HostCall) -> None:
        self.call = call
        self.made = 0
        self.depth = 0

    def any(self, handle: int, real: str, source: str, place: Place, target: str) -> None:
        import stat

        status = self.call.disk.fstat(handle)
        self.made += 1
        if self.made > MAX_ENTRIES:
            raise self.call.fail("LimitExceeded", f"'{source}' has more than {MAX_ENTRIES} entries", path=source)
        check_entry(self.call, "write", place.real, target)
        if stat.S_ISDIR(status.st_mode):
            self.directory(handle, real, source, place, target)
        else:
            check_regular(self.call, status, source)
            self.file(handle, status.st_mode, place)

    def file(self, handle: int, mode: int, place: Place) -> None:
        temporary = f".{place.name[:200]}.{os.urandom(6).hex()}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | SAFE_OPEN
        out = self.call.disk.open(temporary, flags, 0o600, dir_fd=place.directory)
        try:
            while block := self.call.disk.read(handle, _BLOCK):
                write_all(self.call, out, block)
            self.call.disk.fchmod(out, mode & 0o777)
            self.call.disk.rename(temporary, place.name, src_dir_fd=place.directory, dst_dir_fd=place.directory)
        except BaseException:
            self.call.disk.unlink(temporary, dir_fd=place.directory)
            raise
        finally:
            self.call.disk.close(out)

    def directory(self, handle: int, real: str, source: str, place: Place, target: str) -> None:
        if self.depth >= MAX_TREE_DEPTH:
            message = f"'{source}' is nested deeper than {MAX_TREE_DEPTH} directories"
            raise self.call.fail("LimitExceeded", message, path=source)
        self.depth += 1
        found = entries(self.call, handle, source)
        if status_at(place) is None:
            self.call.disk.mkdir(place.name, 0o777, dir_fd=place.directory)
        made = self.call.disk.open(place.name or ".", _DIRECTORY, dir_fd=place.directory)
        try:
            for name, kind in found:
                below = Place(made, name, join(place.real, name), self.call.disk)
                shown, real_below = join(source, name), join(real, name)
                check_entry(self.call, "read", real_below, shown)
                if kind == "link":
                    self.link(handle, name, below, join(target, name))
                elif kind in {"dir", "file"}:
                    inner = self.call.disk.open(name, os.O_RDONLY | os.O_NOFOLLOW | SAFE_OPEN, dir_fd=handle)
                    try:
                        self.any(inner, real_below, shown, below, join(target, name))
                    finally:
                        self.call.disk.close(inner)
        finally:
            self.depth -= 1
            self.call.disk.close(made)

    def link(self, handle: int, name: str, place: Place, target: str) -> None:
        """A relative link without `..` is copied; any other could mean another place in the copy."""
        points_to = self.call.disk.readlink(name, dir_fd=handle)
        if points_to.startswith("/") or ".." in points_to.split("/"):
            raise self.call.fail("InvalidArgument", f"the link '{target}' would point out of the copy", path=target)
        check_entry(self.call, "write", place.real, target)
        self.call.disk.symlink(points_to, place.name, dir_fd=place.directory)
