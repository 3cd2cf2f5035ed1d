"""Archives: pack a directory, unpack one so that nothing lands outside of its place or grows without bound.

The standard library reads the formats; where every entry goes is decided here, part by part, and written through the
same guarded functions as everything else.
"""

from __future__ import annotations

import io
import os
import posixpath
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from typing import IO, Any, Final

from horus_runtime.errors import HostFailure
from horus_runtime.modules.host import HostCall
from horus_runtime.modules.sal import files, trees
from horus_runtime.modules.sal.paths import located, opened

MAX_ENTRIES: Final = 20_000
MAX_BYTES: Final = 512 * 1024 * 1024
"""Bytes that an archive may unpack to, and that a packed one may come from."""
MAX_RATIO: Final = 200
"""How many times larger the unpacked content may be, once it is larger than `FREE_BYTES`."""
FREE_BYTES: Final = 16 * 1024 * 1024
_MODES: Final = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.xz": "w:xz", ".tar.bz2": "w:bz2"}


def pack(call: HostCall, source: str, target: str, *, overwrite: bool) -> int:
    """Write an archive of a directory, of the kind that the target's name says; gives the number of entries."""
    kind = next((suffix for suffix in (*_MODES, ".zip") if target.lower().endswith(suffix)), None)
    if kind is None:
        raise call.invalid("target", f"must end with one of {', '.join((*_MODES, '.zip'))}")
    buffer = io.BytesIO()
    if kind == ".zip":
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
            count = _fill_zip(call, packed, source)
    else:
        with tarfile.open(fileobj=buffer, mode=_MODES[kind]) as packed_tar:  # type: ignore[call-overload]
            count = _fill_tar(call, packed_tar, source)
    files.write_bytes(call, target, buffer.getvalue(), overwrite=overwrite)
    return count


def _content(call: HostCall, source: str) -> Iterator[tuple[str, os.stat_result, bytes | None]]:
    """Everything below a directory: path, status, content of files. Links and special files are left out."""
    total = count = 0
    for visited in trees.walk(call, source):
        for name, kind in visited.entries:
            below = trees.join(visited.below, name)
            if kind not in {"file", "dir"}:
                continue
            count += 1
            if count > MAX_ENTRIES:
                raise call.fail("LimitExceeded", f"'{source}' has more than {MAX_ENTRIES} entries", path=source)
            with opened(call, trees.join(source, below), "read") as (handle, _):
                status = call.disk.fstat(handle)
                if kind == "dir":
                    yield below, status, None
                    continue
                total += status.st_size
                if total > MAX_BYTES:
                    raise call.fail("LimitExceeded", f"'{source}' has more than {MAX_BYTES} bytes", path=source)
            yield below, status, files.read_bytes(call, trees.join(source, below), MAX_BYTES)


def _fill_tar(call: HostCall, packed: tarfile.TarFile, source: str) -> int:
    count = 0
    for below, status, content in _content(call, source):
        count += 1
        entry = tarfile.TarInfo(below)
        entry.mode, entry.mtime = stat.S_IMODE(status.st_mode) & 0o777, int(status.st_mtime)
        if content is None:
            entry.type = tarfile.DIRTYPE
            packed.addfile(entry)
        else:
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    return count


def _fill_zip(call: HostCall, packed: zipfile.ZipFile, source: str) -> int:
    import time

    count = 0
    for below, status, content in _content(call, source):
        count += 1
        when = max(time.gmtime(status.st_mtime)[:6], (1980, 1, 1, 0, 0, 0))
        entry = zipfile.ZipInfo(below + ("/" if content is None else ""), when)
        entry.external_attr = (stat.S_IMODE(status.st_mode) & 0o777) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        packed.writestr(entry, content or b"")
    return count


def unpack(call: HostCall, archive: str, target: str, *, overwrite: bool) -> list[str]:
    """Unpack into a directory; gives the paths written, sorted. Nothing is written when an entry is refused."""
    content = files.read_bytes(call, archive, MAX_BYTES)
    limits = _Limits(call, archive, len(content))
    try:
        entries = list(_zip_entries(content, limits) if zipfile.is_zipfile(io.BytesIO(content)) else
                       _tar_entries(content, limits))  # fmt: skip
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError) as error:
        raise call.fail("InvalidArgument", f"'{archive}' cannot be unpacked: {error}", path=archive) from None
    _check_places(call, target, entries, overwrite=overwrite)
    files.make_directory(call, target)
    written: list[str] = []
    for below, mode, data in entries:
        place = trees.join(target, below)
        if data is None:
            files.make_directory(call, place)
        else:
            files.write_bytes(call, place, data, overwrite=overwrite, parents=True, mode=mode)
            written.append(place)
    return sorted(written)


Entry = tuple[str, int, bytes | None]


class _Limits:
    """Counts what an archive becomes, and refuses names that lead elsewhere."""

    def __init__(self, call: HostCall, archive: str, packed: int) -> None:
        self.call = call
        self.archive = archive
        self.left = min(MAX_BYTES, max(FREE_BYTES, packed * MAX_RATIO))
        self.entries = 0

    def name(self, raw: str) -> str:
        self.call.context.charge(1)
        self.entries += 1
        if self.entries > MAX_ENTRIES:
            raise self.refused("LimitExceeded", f"has more than {MAX_ENTRIES} entries")
        parts = raw.replace("\\", "/").split("/")
        if raw.startswith(("/", "\\")) or ".." in parts or "\0" in raw or (parts[0] and parts[0][1:2] == ":"):
            raise self.refused("PolicyDenied", f"has an entry '{raw[:100]}' that leads out of the directory")
        return posixpath.normpath("/".join(parts))

    def read(self, stream: IO[bytes]) -> bytes:
        data = bytearray()
        while block := stream.read(1 << 16):
            self.call.context.charge(1)
            data += block
            self.left -= len(block)
            if self.left < 0:
                raise self.refused("LimitExceeded", "becomes too large when it is unpacked")
        return bytes(data)

    def refused(self, kind: str, what: str) -> Exception:
        return self.call.fail(kind, f"'{self.archive}' {what}", path=self.archive)


def _zip_entries(content: bytes, limits: _Limits) -> Iterator[Entry]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for entry in packed.infolist():
            name, mode = limits.name(entry.filename), entry.external_attr >> 16
            if stat.S_ISLNK(mode):
                raise limits.refused("PolicyDenied", f"has a link '{name[:100]}'")
            if entry.is_dir():
                yield name, 0o755, None
                continue
            with packed.open(entry) as stream:
                yield name, _rights(mode), limits.read(stream)


def _tar_entries(content: bytes, limits: _Limits) -> Iterator[Entry]:
    with tarfile.open(fileobj=io.BytesIO(content)) as packed:
        for entry in packed:
            name = limits.name(entry.name)
            if entry.isdir():
                yield name, 0o755, None
            elif entry.isreg():
                stream: Any = packed.extractfile(entry)
                yield name, _rights(entry.mode), limits.read(stream)
            else:
                raise limits.refused("PolicyDenied", f"has an entry '{name[:100]}' that is a link or special file")


def _rights(mode: int) -> int:
    return 0o755 if mode & 0o100 else 0o644


def _check_places(call: HostCall, target: str, entries: list[Entry], *, overwrite: bool) -> None:
    """Ask for every place before the first is written."""
    for below, _, data in entries:
        place = trees.join(target, below)
        try:
            with located(call, place, "write", follow=False) as found:
                status = files.status_at(found)
        except HostFailure as failure:
            if failure.failure != "NotFound":
                raise
            continue  # below a directory that does not exist yet, nothing can be in the way
        if status is not None and data is not None:
            if stat.S_ISDIR(status.st_mode) or stat.S_ISLNK(status.st_mode):
                raise call.fail("Conflict", f"'{place}' is a directory or a link", path=place)
            if not overwrite:
                raise call.fail("AlreadyExists", f"'{place}' exists already", path=place)
