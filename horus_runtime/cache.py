"""The cache on disk: what was compiled before, as byte strings under keys made from everything they depend on.

Entries become code, so only what the same user wrote here before is believed: the folder and its files belong to the
user alone, and every entry carries a keyed digest of its key and content. Whatever does not fit (damaged, foreign,
too open) is treated as not there. A cache never fails: where it cannot read or write, there is no cache.

`HORUS_CACHE` names the folder; `off` (or `0`, `no`, `false`) switches the cache off. Otherwise it is `horus` in the
user's cache folder.
"""

from __future__ import annotations

import marshal
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from horus_runtime.typing_names import Any, Final

try:  # the module behind hashlib, whose import costs several milliseconds
    from _blake2 import blake2b
except ImportError:  # pragma: no cover - an interpreter without it
    from hashlib import blake2b

FORMAT: Final = b"horus-cache-1\n"
VARIABLE: Final = "HORUS_CACHE"
MAX_BYTES: Final = 64 * 1024 * 1024
"""What all entries together may take before the oldest go."""
MAX_ENTRY: Final = 16 * 1024 * 1024

_OFF: Final = frozenset(("off", "0", "no", "false"))
_FOLDER: Final = "compiled"
_SECRET: Final = ".secret"  # noqa: S105 - the name of the file
_SUFFIX: Final = ".entry"
_MAC: Final = 32
_FRESH: Final = 24 * 3600
"""Seconds after which a hit marks an entry as used again."""
_ABANDONED: Final = 3600
"""Seconds after which an unfinished file belongs to a writer that died."""
_READ: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def digest(*parts: bytes) -> bytes:
    """A key: 20 bytes that stand for the parts and where each ends."""
    total = blake2b(digest_size=20)
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.digest()


class DiskCache:
    """Entries in one folder.

    Args:
        base: the folder that gets a folder of the cache's own.
        max_bytes: what all entries may take together.
    """

    def __init__(self, base: str, max_bytes: int = MAX_BYTES) -> None:
        self.folder = os.path.join(base, _FOLDER)
        self.max_bytes = max_bytes
        self._secret: bytes | None = None
        self._refused = False
        self._written = 0
        self._count = 0

    def get(self, key: bytes) -> bytes | None:
        """The content stored under a key, or `None`."""
        secret = self._open(create=False)
        if secret is None:
            return None
        data = _read(self._path(key), MAX_ENTRY, touch=True)
        if data is None or not data.startswith(FORMAT):
            return None
        start = len(FORMAT) + _MAC
        content = data[start:]
        # SAFETY: the content is unmarshalled; it must be what this user's own process wrote under this very key.
        return content if _same(data[len(FORMAT) : start], _mac(secret, key, content)) else None

    def put(self, key: bytes, content: bytes) -> None:
        """Store content under a key; readers see it whole or not at all."""
        if len(content) + 1024 > min(MAX_ENTRY, self.max_bytes):
            return
        secret = self._open(create=True)
        if secret is None:
            return
        data = FORMAT + _mac(secret, key, content) + content
        if self._write(self._path(key), data):
            self._written += len(data)
            # Looking through the folder costs time, so that only about every sixteenth entry does.
            if key[0] % 16 == 0 or self._written > self.max_bytes // 16:
                self._written = 0
                self.evict()

    def info(self) -> dict[str, Any]:
        """What is there: `folder`, `entries`, `size` and `max_bytes` in bytes, and `usable`, which is false where the
        folder is not the user's alone, so that nothing is read or written.
        """
        files = self._files()
        return {
            "folder": self.folder,
            "entries": len(files),
            "size": sum(size for _, size, _ in files),
            "max_bytes": self.max_bytes,
            "usable": self._open(create=False) is not None or not os.path.lexists(self.folder),
        }

    def clear(self) -> int:
        """Remove every entry; returns how many there were."""
        files = self._files()
        for _, _, path in files:
            _remove(path)
        return len(files)

    def evict(self) -> None:
        """Remove the entries that were not used for longest until a quarter of the room is free again."""
        files = self._files()
        total = sum(size for _, size, _ in files)
        if total <= self.max_bytes:
            return
        for _, size, path in sorted(files):
            _remove(path)
            total -= size
            if total <= self.max_bytes * 3 // 4:
                return

    # ---- files ------------------------------------------------------------------------------------------------------

    def _path(self, key: bytes) -> str:
        return f"{self.folder}{os.sep}{key.hex()}{_SUFFIX}"

    def _open(self, *, create: bool) -> bytes | None:
        """The user's secret, made together with the folder when something is to be written first."""
        if self._secret is not None or self._refused:
            return self._secret
        try:
            if create and not os.path.lexists(self.folder):
                os.makedirs(os.path.dirname(self.folder), mode=0o700, exist_ok=True)
                os.mkdir(self.folder, 0o700)
            if not _is_private(os.lstat(self.folder), folder=True):
                self._refused = True
                return None
            path = os.path.join(self.folder, _SECRET)
            secret = _read(path, 64)
            if secret is None and create and self._write(path, os.urandom(32), keep=True):
                secret = _read(path, 64)
            self._secret = secret if secret is not None and len(secret) == 32 else None
            self._refused = create and self._secret is None
        except OSError:
            self._refused = create
        return self._secret

    def _write(self, path: str, data: bytes, *, keep: bool = False) -> bool:
        """Write a file under another name and rename it; `keep` says that a file which is there already wins."""
        self._count += 1
        part = f"{path}.{os.getpid()}-{self._count}.part"
        try:
            handle = os.open(part, _CREATE, 0o600)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                if keep:
                    os.link(part, path)
                    _remove(part)
                else:
                    os.replace(part, path)
            except BaseException:
                _remove(part)
                raise
        except FileExistsError:
            return keep
        except OSError:
            return False
        return True

    def _files(self) -> list[tuple[float, int, str]]:
        """Last use, size and path of every entry; what a dead writer left behind is removed on the way."""
        found: list[tuple[float, int, str]] = []
        try:
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    if entry.name.endswith(_SUFFIX):
                        found.append((status.st_mtime, status.st_size, entry.path))
                    elif entry.name.endswith(".part") and status.st_mtime < time.time() - _ABANDONED:
                        _remove(entry.path)
        except OSError:
            return found
        return found


def _mac(secret: bytes, key: bytes, content: bytes) -> bytes:
    total = blake2b(key, digest_size=_MAC, key=secret)
    total.update(content)
    return total.digest()


def _same(one: bytes, other: bytes) -> bool:
    """Compare in a time that does not tell where the difference is."""
    difference = len(one) ^ len(other)
    for left, right in zip(one, other, strict=False):
        difference |= left ^ right
    return difference == 0


def _is_private(status: os.stat_result, *, folder: bool = False) -> bool:
    """Does it belong to this user, and can nobody else read or change it?"""
    kind = 0o040000 if folder else 0o100000
    if status.st_mode & 0o170000 != kind:
        return False
    return not hasattr(os, "geteuid") or (status.st_uid == os.geteuid() and status.st_mode & 0o077 == 0)


def _read(path: str, limit: int, *, touch: bool = False) -> bytes | None:
    try:
        handle = os.open(path, _READ)
    except OSError:
        return None
    try:
        status = os.fstat(handle)
        if status.st_size > limit or not _is_private(status):
            return None
        data = os.read(handle, status.st_size + 1)
        if touch and status.st_mtime < time.time() - _FRESH:
            os.utime(handle)
    except OSError:
        return None
    finally:
        os.close(handle)
    return data


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


# ---- which cache, and for which code --------------------------------------------------------------------------------


def default_cache() -> DiskCache | None:
    """The user's cache, or `None` where it is switched off or there is no place for it."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return None if not named or named.lower() in _OFF else _cache_in(named)
    base = os.environ.get("XDG_CACHE_HOME")
    if not base or not os.path.isabs(base):
        home = os.path.expanduser("~")
        if home == "~":
            return None
        base = os.path.join(home, ".cache")
    return _cache_in(os.path.join(base, "horus"))


@cache
def _cache_in(base: str) -> DiskCache:
    return DiskCache(base)


def remembered(what: bytes, make: Callable[[], Any]) -> Any:
    """Plain data that depends on the code of this package alone: from the user's cache, or made and put there."""
    disk = default_cache()
    if disk is None:
        return make()
    key = digest(what, code_stamp())
    data = disk.get(key)
    if data is not None:
        return marshal.loads(data)  # noqa: S302 - the cache vouches for it
    made = make()
    disk.put(key, marshal.dumps(made))
    return made


@cache
def code_stamp() -> bytes:
    """Changes with the interpreter and with every file of this package that has a say in what is compiled."""
    package = os.path.dirname(__file__)
    compiler = (
        "",
        "ast",
        "syntax",
        "analysis",
        "optimize",
        "codegen",
        "codegen/native",
        "runtime",
        "engine",
        "modules",
    )
    found: list[str] = [sys.implementation.cache_tag or "", sys.version]
    modules = ("modules/std", "modules/sal", "modules/osiris", "modules/osiris/script")
    for folder in (*compiler, *modules, "_data/grammars", "../grammars"):
        try:
            with os.scandir(os.path.join(package, folder)) as entries:
                for entry in entries:
                    if entry.name.endswith((".py", ".lark")):
                        status = entry.stat()
                        found.append(f"{folder}/{entry.name} {status.st_size} {status.st_mtime_ns}")
        except OSError:
            continue
    return digest("\n".join(sorted(found)).encode("utf-8", "surrogatepass"))
