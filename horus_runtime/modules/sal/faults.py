"""Operating-system errors turned into the error map's kinds, in words that name the script's own path."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Final

from horus_runtime.errors import HostFailure
from horus_runtime.modules.host import HostCall

_KINDS: Final[Mapping[int, tuple[str, str]]] = {
    errno.ENOENT: ("NotFound", "there is no file or directory '{path}'"),
    errno.ENOTDIR: ("NotADirectory", "'{path}' is not a directory"),
    errno.EISDIR: ("IsADirectory", "'{path}' is a directory"),
    errno.ENOTEMPTY: ("NotEmpty", "the directory '{path}' is not empty"),
    errno.EEXIST: ("AlreadyExists", "'{path}' exists already"),
    errno.EACCES: ("PermissionDenied", "the operating system does not permit access to '{path}'"),
    errno.EPERM: ("PermissionDenied", "the operating system does not permit this on '{path}'"),
    errno.EROFS: ("PermissionDenied", "'{path}' is on a read-only file system"),
    errno.ELOOP: ("InvalidArgument", "'{path}' leads through too many links"),
    errno.ENAMETOOLONG: ("InvalidArgument", "the path '{path}' is too long"),
    errno.EINVAL: ("InvalidArgument", "'{path}' cannot be used for this"),
    errno.ENXIO: ("InvalidArgument", "'{path}' is not a regular file"),
    errno.EBUSY: ("Conflict", "'{path}' is in use"),
    errno.ETXTBSY: ("Conflict", "'{path}' is in use"),
    errno.EXDEV: ("InvalidArgument", "'{path}' is on another device"),
    errno.ENOSPC: ("StorageError", "no space is left to write '{path}'"),
    errno.EDQUOT: ("StorageError", "the disk quota does not allow writing '{path}'"),
    errno.EFBIG: ("StorageError", "'{path}' would become too large"),
    errno.EMFILE: ("StorageError", "too many files are open to use '{path}'"),
    errno.ENFILE: ("StorageError", "too many files are open to use '{path}'"),
}


def os_failure(call: HostCall, error: OSError, path: str) -> HostFailure:
    """The `HostFailure` for an `OSError` that an operation on `path` (as the script wrote it) met."""
    kind, text = _KINDS.get(error.errno or 0, ("StorageError", "'{path}': " + (error.strerror or str(error))))
    return call.fail(kind, text.replace("{path}", shorten(path)), path=path)


def shorten(text: str, limit: int = 200) -> str:
    """A text for a message: long ones lose their middle."""
    return text if len(text) <= limit else f"{text[: limit // 2]}…{text[-limit // 2 :]}"
