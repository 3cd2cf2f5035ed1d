"""The only way from a script's path to a file: by directory handles, inside the granted roots, past the denied ones.

A path is opened relative to the handle of the root that contains it. Where the kernel has `openat2`, one call walks
the whole path and cannot leave the root; a link out of the root, and every other system, takes the walk part by part
with `O_NOFOLLOW`, which follows links by hand and asks the policy again for each absolute target. What is checked is
what is used: callers get handles, never names to open again.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from horus_runtime.modules.disk import REAL, Disk
from horus_runtime.modules.host import HostCall
from horus_runtime.modules.policy import Decision, Root, root_of, split_path
from horus_runtime.modules.sal.faults import os_failure

MAX_PATH: Final = 4096
MAX_HOPS: Final = 40

LOOK: Final = getattr(os, "O_PATH", os.O_RDONLY)
"""Flags to look at what a path stands for without opening it."""
_PATH: Final = LOOK | os.O_CLOEXEC
_DIRECTORY: Final = _PATH | os.O_DIRECTORY
SAFE_OPEN: Final = os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
"""Added to every open: a FIFO must not block, a terminal must not become ours."""


class Place(NamedTuple):
    """Where a name is: the handle of its directory, the name in it, and the resolved path for rules and messages."""

    directory: int
    name: str
    """Empty when the path is the root itself or ends in `..`: then the directory is meant."""
    real: str
    disk: Disk
    """Where all of this is."""


class _OutsideError(Exception):
    """The path, or a link on the way, leads out of everything that is granted."""


class _Broken(NamedTuple):
    """A part of the walk that is not there."""

    error: OSError


def absolute(call: HostCall, path: str) -> tuple[str, ...]:
    """The parts of a script's path from the file-system root; nothing in it is expanded."""
    if not path:
        raise call.invalid("path", "is empty")
    if "\0" in path or len(path) > MAX_PATH:
        raise call.invalid("path", "contains a NUL character" if "\0" in path else "is too long")
    if not path.isascii():
        try:
            os.fsencode(path)
        except UnicodeEncodeError:
            raise call.invalid("path", "cannot be written in the file system's encoding") from None
    return split_path(path) if path[0] == "/" else (*_base(current_directory(call)), *split_path(path))


@lru_cache(maxsize=64)
def _base(directory: str) -> tuple[str, ...]:
    return split_path(directory)


def current_directory(call: HostCall) -> str:
    """The script's own working directory; the process's is shared by all jobs and never changed."""
    directory = call.context.services.get("cwd")
    return directory if isinstance(directory, str) else os.getcwd()


@contextmanager
def opened(call: HostCall, path: str, access: str, flags: int = os.O_RDONLY) -> Iterator[tuple[int, str]]:
    """An existing file or directory as a handle, with its resolved path; links inside the roots are followed."""
    handle, real = open_handle(call, path, access, flags)
    try:
        yield handle, real
    except OSError as error:
        raise os_failure(call, error, path) from None
    finally:
        call.disk.close(handle)


def open_handle(call: HostCall, path: str, access: str, flags: int = os.O_RDONLY) -> tuple[int, str]:
    """As `opened`, for callers that close the handle themselves."""
    parts = absolute(call, path)
    try:
        # A look (O_PATH) opens nothing, and openat2 refuses flags that have no meaning for it.
        handle, real = _open(call, access, parts, flags | (os.O_CLOEXEC if flags & LOOK else SAFE_OPEN))
    except _OutsideError:
        raise _refused(call, access, path) from None
    except OSError as error:
        _gate(call, Decision(True, access), access, path)  # it may be used; it is not there, or cannot be opened
        raise os_failure(call, error, path) from None
    decision = call.policy.path(access, real)
    if not decision.allowed:
        call.disk.close(handle)
    _gate(call, decision, access, path)
    return handle, real


@contextmanager
def located(call: HostCall, path: str, access: str, *, follow: bool = True) -> Iterator[Place]:
    """The directory handle and name of a path whose last part need not exist; `follow` goes through a last link."""
    parts = absolute(call, path)
    root = root_of(call.policy, access, parts)
    if root is None:
        raise _refused(call, access, path)
    try:
        with _walk(call, access, root, parts, follow) as place:
            _gate(call, call.policy.path(access, place.real), access, path)
            yield place
    except _OutsideError:
        raise _refused(call, access, path) from None
    except OSError as error:
        raise os_failure(call, error, path) from None


def check_entry(call: HostCall, access: str, real: str, shown: str) -> None:
    """The gate for an entry met while working through a tree whose top is already allowed."""
    decision = call.policy.path(access, real)
    if not decision.allowed:
        _gate(call, decision, access, shown)


def allowed_path(call: HostCall, path: str, access: str) -> str:
    """The resolved path of an existing place, for programs that must be given a name (git, docker)."""
    handle, real = open_handle(call, path, access, _PATH)
    call.disk.close(handle)
    return real


def _gate(call: HostCall, decision: Decision, access: str, path: str) -> None:
    call.require(decision, access, path)


def _refused(call: HostCall, access: str, path: str) -> Exception:
    try:
        call.require(Decision(False, ""), access, path)
    except Exception as error:  # noqa: BLE001 - the gate's refusal is the result
        return error
    raise AssertionError("the gate let a refusal through")


def _open(call: HostCall, access: str, parts: tuple[str, ...], flags: int) -> tuple[int, str]:
    root = root_of(call.policy, access, parts)
    if root is None:
        raise _OutsideError
    openat2 = kernel_walk() if call.disk is REAL else None
    rest = parts[len(root.parts) :]
    if openat2 is not None and ".." not in rest:
        below = "/".join(rest)
        real = (f"{root.real}/{below}" if root.real != "/" else f"/{below}") if below else root.real
        handle = openat2(real, flags)
        if handle >= 0:
            return handle, real
    with _walk(call, access, root, parts, True) as place:
        handle = call.disk.open(place.name or ".", flags | os.O_NOFOLLOW, dir_fd=place.directory)
        return handle, place.real


@contextmanager
def _walk(call: HostCall, access: str, root: Root, parts: tuple[str, ...], follow: bool) -> Iterator[Place]:
    """Step through the path with one handle per directory, never through a link that was not looked at."""
    walker = _Walker(call, access)
    try:
        yield walker.go(root, parts, follow)
    finally:
        walker.close()


class _Walker:
    """The state of one walk: handles and names of the directories passed, and the parts still ahead."""

    def __init__(self, call: HostCall, access: str) -> None:
        self.call = call
        self.disk = call.disk
        self.access = access
        self.handles: list[int] = []
        self.names: list[str] = []
        self.base = ""
        self.ahead: list[str] = []
        self.hops = 0

    def close(self) -> None:
        while self.handles:
            self.disk.close(self.handles.pop())

    def start(self, root: Root, parts: tuple[str, ...]) -> None:
        """Begin at a root; a root that is a single file, or does not exist yet, begins at its directory."""
        self.close()
        rest = list(parts[len(root.parts) :])
        base = root.real
        try:
            handle = self.disk.open(base, _DIRECTORY)
        except (NotADirectoryError, FileNotFoundError):
            base, name = os.path.split(root.real)
            handle = self.disk.open(base, _DIRECTORY)
            rest.insert(0, name)
        self.handles, self.names, self.base = [handle], [], base.rstrip("/")
        self.ahead = rest[::-1]

    def go(self, root: Root, parts: tuple[str, ...], follow: bool) -> Place:
        self.start(root, parts)
        while self.ahead:
            part = self.ahead.pop()
            if part == "..":
                self.up()
                continue
            last = not self.ahead
            if last and not follow:
                return self.place(part)
            handle = self.look(part, last)
            if handle is None:
                return self.place(part)
            kind = self.disk.fstat(handle).st_mode
            if stat.S_ISLNK(kind):
                self.disk.close(handle)
                self.follow(part)
            elif last:
                self.disk.close(handle)
                return self.place(part)
            elif stat.S_ISDIR(kind):
                self.handles.append(handle)
                self.names.append(part)
            else:
                self.disk.close(handle)
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return self.place("")

    def look(self, part: str, last: bool) -> int | None:
        """A handle that opens nothing yet; `None` for a last part that does not exist."""
        try:
            return self.disk.open(part, _PATH | os.O_NOFOLLOW, dir_fd=self.handles[-1])
        except FileNotFoundError:
            if last:
                return None
            raise

    def up(self) -> None:
        if len(self.handles) == 1:
            raise _OutsideError
        self.disk.close(self.handles.pop())
        self.names.pop()

    def follow(self, part: str) -> None:
        self.hops += 1
        if self.hops > MAX_HOPS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        target = self.disk.readlink(part, dir_fd=self.handles[-1])
        if not target.startswith("/"):
            self.ahead.extend(reversed(split_path(target)))
            return
        parts = split_path(target) + tuple(reversed(self.ahead))
        root = root_of(self.call.policy, self.access, parts)
        if root is None:
            raise _OutsideError
        self.start(root, parts)

    def place(self, name: str) -> Place:
        real = "/".join((self.base, *self.names, *([name] if name else []))) or "/"
        return Place(self.handles[-1], name, real, self.disk)


@cache
def kernel_walk() -> Callable[[str, int], int] | None:
    """`openat2` of an absolute path without `..`, or `None` where the kernel does not offer it.

    SAFETY: the kernel refuses every link on the whole way, those above the root included, so the place that is opened
    is the one that the path spells. The function returns -1 where the walk by hand has to decide: when there is one.
    """
    import ctypes
    import sys

    if not sys.platform.startswith("linux"):
        return None
    number, here, no_magic_links, no_links = 437, -100, 0x02, 0x04
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    how_type = ctypes.c_uint64 * 3
    resolve = no_magic_links | no_links
    how: dict[int, Any] = {}

    def openat2(path: str, flags: int) -> int:
        wanted = how.get(flags)
        if wanted is None:
            wanted = how[flags] = how_type(flags, 0, resolve)  # the kernel only reads it
        handle: int = syscall(number, here, path.encode("utf-8", "surrogateescape"), wanted, 24)
        if handle >= 0:
            return handle
        error = ctypes.get_errno()
        if error in {errno.EXDEV, errno.ELOOP, errno.EAGAIN}:
            return -1
        raise OSError(error, os.strerror(error))

    with suppress(OSError):
        os.close(openat2("/", _PATH))
        return openat2
    return None
