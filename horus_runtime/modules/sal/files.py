"""What can be done with single files and directories, on the handles that `paths` gives.

Every function takes the call (for the policy, the limits and the error map) and the path as the script wrote it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from horus_runtime.errors import HostFailure
from horus_runtime.modules.host import HostCall
from horus_runtime.modules.sal.faults import os_failure
from horus_runtime.modules.sal.paths import LOOK, SAFE_OPEN, Place, located, open_handle, opened

MAX_READ: Final = 64 * 1024 * 1024
MAX_ENTRIES: Final = 100_000
_BLOCK: Final = 1 << 18


class Entry(NamedTuple):
    """One name in a directory and what it is, links not followed."""

    name: str
    kind: str
    """`file`, `dir`, `link` or `other`."""


_entry: Final[Callable[[tuple[str, str]], Entry]] = partial(tuple.__new__, Entry)
"""Makes an entry without the checks of its class, which would take half the time of a listing."""


def kind_of(mode: int) -> str:
    """The word for a file mode."""
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "dir"
    return "link" if stat.S_ISLNK(mode) else "other"


def kind_at(call: HostCall, path: str) -> str | None:
    """What a path stands for, links followed; `None` when nothing (or a broken link) is there."""
    try:
        with opened(call, path, "read", LOOK) as (handle, _):
            return kind_of(call.disk.fstat(handle).st_mode)
    except HostFailure as failure:
        if failure.failure in {"NotFound", "NotADirectory"}:
            return None
        raise


def read_bytes(call: HostCall, path: str, limit: int = MAX_READ) -> bytes:
    """The whole content of a regular file of at most `limit` bytes."""
    handle, _ = open_handle(call, path, "read")
    try:
        status = call.disk.fstat(handle)
        check_regular(call, status, path)
        size = status.st_size
        if size > limit:
            raise _too_long(call, path, limit)
        # One byte more than there should be: a shorter answer is the whole file.
        content = call.disk.read(handle, size + 1)
        return content if len(content) == size > 0 else _rest(call, handle, content, path, limit)
    except OSError as error:
        raise os_failure(call, error, path) from None
    finally:
        call.disk.close(handle)


def _rest(call: HostCall, handle: int, content: bytes, path: str, limit: int) -> bytes:
    """The content of a file that is longer than its size says: files of /proc have none, and files may grow."""
    found = bytearray(content)
    while content:
        call.context.charge(1)
        if len(found) > limit:
            raise _too_long(call, path, limit)
        content = call.disk.read(handle, _BLOCK)
        found += content
    return bytes(found)


def decode(call: HostCall, content: bytes, path: str, errors: str = "strict") -> str:
    """File content as text; bytes that are not UTF-8 are refused unless the caller wants them replaced."""
    call.context.check_string(len(content))
    try:
        return content.decode("utf-8", errors)
    except UnicodeDecodeError as error:
        raise call.fail(
            "InvalidEncoding",
            f"'{path}' is not UTF-8 text (byte {error.start})",
            path=path,
            hint='use #{errors: "replace"}, or os.read_bytes for the exact content',
        ) from None


def write_bytes(
    call: HostCall, path: str, content: bytes, *, overwrite: bool = True, parents: bool = False, mode: int | None = None
) -> int:
    """Write a file so that readers see the old or the new content, never a part: neighbour file, then rename."""
    if parents:
        make_parents(call, path)
    with located(call, path, "write") as place:
        old = status_at(place)
        if old is not None:
            if stat.S_ISDIR(old.st_mode):
                raise OSError(errno.EISDIR, "")
            check_regular(call, old, path)
            if not overwrite:
                raise OSError(errno.EEXIST, "")
        permissions = mode if mode is not None else stat.S_IMODE(old.st_mode) if old is not None else None
        temporary = _neighbour(place.name)
        handle = call.disk.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | SAFE_OPEN, 0o644, dir_fd=place.directory
        )
        try:
            write_all(call, handle, content)
            if permissions is not None:
                call.disk.fchmod(handle, permissions & 0o1777)
            _put_in_place(place, temporary, overwrite)
        except BaseException:
            _forget(place, temporary)
            raise
        finally:
            call.disk.close(handle)
    return len(content)


def append_bytes(call: HostCall, path: str, content: bytes) -> int:
    """Add to the end of a file, which is made when it is not there."""
    with located(call, path, "write") as place:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | SAFE_OPEN
        handle = call.disk.open(place.name or ".", flags, 0o644, dir_fd=place.directory)
        try:
            check_regular(call, call.disk.fstat(handle), path)
            write_all(call, handle, content)
        finally:
            call.disk.close(handle)
    return len(content)


def write_all(call: HostCall, handle: int, content: bytes) -> None:
    """Write everything, looking at the deadline between blocks."""
    call.count("bytes written", len(content))
    view = memoryview(content)
    while view:
        call.context.charge(1)
        view = view[call.disk.write(handle, view[: 1 << 20]) :]


def entries(call: HostCall, handle: int, path: str, *, ordered: bool = True) -> list[Entry]:
    """The entries of an open directory, sorted by name unless the caller sorts what it makes of them."""
    found: list[Entry] = []
    with call.disk.scandir(handle) as scan:
        for entry in scan:
            if len(found) >= MAX_ENTRIES:
                raise call.fail("LimitExceeded", f"'{path}' has more than {MAX_ENTRIES} entries", path=path)
            if len(found) % 128 == 0:
                call.context.charge(1)
            if entry.is_file(follow_symlinks=False):
                kind = "file"
            elif entry.is_dir(follow_symlinks=False):
                kind = "dir"
            else:
                kind = "link" if entry.is_symlink() else "other"
            found.append(_entry((entry.name, kind)))
    if ordered:
        found.sort()
    return found


def names(call: HostCall, path: str) -> list[str]:
    """The sorted names in a directory: the fast way, without looking at each entry."""
    with opened(call, path, "read", os.O_RDONLY | os.O_DIRECTORY) as (handle, _):
        found = call.disk.listdir(handle)
    if len(found) > MAX_ENTRIES:
        raise call.fail("LimitExceeded", f"'{path}' has more than {MAX_ENTRIES} entries", path=path)
    call.context.charge(1 + len(found) // 128)
    found.sort()
    return found


def stat_map(call: HostCall, path: str) -> dict[str, Any]:
    """The facts about what a path stands for; for a link also where it points."""
    target: str | None = None
    with located(call, path, "read", follow=False) as place:
        status = status_at(place)
        if status is None:
            raise OSError(errno.ENOENT, "")
        if stat.S_ISLNK(status.st_mode):
            target = call.disk.readlink(place.name, dir_fd=place.directory)
    if target is not None:
        try:
            with opened(call, path, "read", LOOK) as (handle, _):
                status = call.disk.fstat(handle)
        except HostFailure as failure:
            if failure.failure != "NotFound":
                raise
    return status_map(path, status, target)


def status_map(path: str, status: os.stat_result, target: str | None) -> dict[str, Any]:
    """A status as scripts see it."""
    facts: dict[str, Any] = {
        "path": path,
        "kind": kind_of(status.st_mode),
        "size": status.st_size,
        "mode": stat.S_IMODE(status.st_mode),
        "modified": int(status.st_mtime),
        "is_link": target is not None,
    }
    if target is not None:
        facts["target"] = target
    return facts


def make_directory(call: HostCall, path: str) -> bool:
    """Make a directory with its parents; true when it was not there before."""
    missing: list[str] = []
    current = path.rstrip("/") or path
    while True:
        try:
            kind = _make_one(call, current)
        except HostFailure as failure:
            parent = os.path.dirname(current)
            if failure.failure != "NotFound" or parent in {"", current}:
                raise
            missing.append(current)
            current = parent
            continue
        if not missing:
            return kind
        current = missing.pop()


def make_parents(call: HostCall, path: str) -> None:
    """Make the directories above a path."""
    parent = os.path.dirname(path.rstrip("/"))
    if parent:
        make_directory(call, parent)


def remove_file(call: HostCall, path: str) -> bool:
    """Remove a file, a link or an empty directory; false when there was none."""
    with located(call, path, "write", follow=False) as place:
        status = status_at(place)
        if status is None:
            return False
        if not place.name:
            raise call.invalid("path", "is a directory that cannot be removed under this name")
        if stat.S_ISDIR(status.st_mode):
            call.disk.rmdir(place.name, dir_fd=place.directory)
        else:
            call.disk.unlink(place.name, dir_fd=place.directory)
    return True


def rename(call: HostCall, source: str, target: str, *, overwrite: bool) -> bool:
    """Move by renaming; false when the two places are on different devices and the caller has to copy."""
    with located(call, source, "write", follow=False) as old, located(call, target, "write", follow=False) as new:
        if status_at(old) is None:
            raise call.fail("NotFound", f"there is no file or directory '{source}'", path=source)
        if status_at(new) is not None and not overwrite:
            raise call.fail("AlreadyExists", f"'{target}' exists already", path=target)
        try:
            call.disk.rename(old.name, new.name, src_dir_fd=old.directory, dst_dir_fd=new.directory)
        except OSError as error:
            if error.errno == errno.EXDEV:
                return False
            raise os_failure(call, error, target) from None
    return True


def change_mode(call: HostCall, path: str, mode: int, *, add: bool = False) -> None:
    """Set (or add) permission bits; bits that change whose rights a program has are refused."""
    if mode & ~0o777:
        raise call.invalid("mode", "may only have the bits 0o777")
    handle, _ = open_handle(call, path, "write")
    try:
        call.disk.fchmod(handle, (stat.S_IMODE(call.disk.fstat(handle).st_mode) | mode) & 0o777 if add else mode)
    except OSError as error:
        raise os_failure(call, error, path) from None
    finally:
        call.disk.close(handle)


def digest(call: HostCall, path: str, algo: str = "sha256") -> str:
    """The hash of a file's content in hex."""
    import hashlib

    found = hashlib.new(algo, usedforsecurity=False)
    with opened(call, path, "read") as (handle, _):
        check_regular(call, call.disk.fstat(handle), path)
        while block := call.disk.read(handle, 1 << 20):
            call.context.charge(100)
            found.update(block)
    return found.hexdigest()


def copy_time(call: HostCall, source: str, target: str) -> None:
    """Give a file the time of another one."""
    with opened(call, source, "read", LOOK) as (handle, _):
        status = call.disk.fstat(handle)
    with located(call, target, "write") as place:
        times = (status.st_atime_ns, status.st_mtime_ns)
        call.disk.utime(place.name or ".", ns=times, dir_fd=place.directory, follow_symlinks=False)


def status_at(place: Place) -> os.stat_result | None:
    """The status of a place, a last link not followed; `None` when nothing is there."""
    try:
        return place.disk.stat(place.name or ".", dir_fd=place.directory, follow_symlinks=False)
    except FileNotFoundError:
        return None


def check_regular(call: HostCall, status: os.stat_result, path: str) -> None:
    """Only regular files are read and written: devices never end, and pipes wait for ever."""
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, "")
    if not stat.S_ISREG(status.st_mode):
        raise call.fail("InvalidArgument", f"'{path}' is not a regular file", path=path)


def _make_one(call: HostCall, path: str) -> bool:
    with located(call, path, "write") as place:
        status = status_at(place)
        if status is None:
            call.disk.mkdir(place.name, 0o777, dir_fd=place.directory)
            return True
        if not stat.S_ISDIR(status.st_mode):
            raise OSError(errno.ENOTDIR, "")
    return False


def _neighbour(name: str) -> str:
    return f".{name[:200]}.{os.urandom(6).hex()}.tmp"


def _put_in_place(place: Place, temporary: str, overwrite: bool) -> None:
    if overwrite:
        place.disk.rename(temporary, place.name, src_dir_fd=place.directory, dst_dir_fd=place.directory)
        return
    # A hard link fails when the name appeared meanwhile; a rename would replace it.
    place.disk.link(temporary, place.name, src_dir_fd=place.directory, dst_dir_fd=place.directory)
    place.disk.unlink(temporary, dir_fd=place.directory)


def _forget(place: Place, temporary: str) -> None:
    try:
        place.disk.unlink(temporary, dir_fd=place.directory)
    except OSError:
        return  # it may have been renamed already; the first error is the one to report


def _too_long(call: HostCall, path: str, limit: int) -> HostFailure:
    return call.fail("LimitExceeded", f"'{path}' has more than {limit} bytes", path=path)
