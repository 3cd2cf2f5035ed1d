"""The script module `path`: work on the texts of paths. Nothing here looks at the disk but `resolve`."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from horus_runtime.modules.host import PURE, HostCall, HostModule
from horus_runtime.modules.sal.paths import MAX_PATH, allowed_path
from horus_runtime.modules.sal.trees import glob_matcher

PATH = HostModule("path", "Paths as texts: join, split, normalise, compare.")


def _checked(call: HostCall, path: str, argument: str = "path") -> str:
    if "\0" in path or len(path) > MAX_PATH:
        raise call.invalid(argument, "contains a NUL character" if "\0" in path else "is too long")
    return path


@PATH.fn(capability=PURE)
def join(call: HostCall, first: str, second: str, third: str = "", fourth: str = "", fifth: str = "") -> str:
    """Two to five parts with one slash between them; a part that begins with `/` starts afresh."""
    parts = [_checked(call, part) for part in (first, second, third, fourth, fifth)]
    return posixpath.join(parts[0], *[part for part in parts[1:] if part])


@PATH.fn(capability=PURE)
def name(call: HostCall, path: str) -> str:
    """The last part."""
    return posixpath.basename(_checked(call, path).rstrip("/"))


@PATH.fn(capability=PURE)
def stem(call: HostCall, path: str) -> str:
    """The last part without its extension."""
    return posixpath.splitext(posixpath.basename(_checked(call, path).rstrip("/")))[0]


@PATH.fn(capability=PURE)
def ext(call: HostCall, path: str) -> str:
    """The extension of the last part, without the dot; empty when there is none."""
    return posixpath.splitext(posixpath.basename(_checked(call, path).rstrip("/")))[1][1:]


@PATH.fn(capability=PURE)
def parent(call: HostCall, path: str) -> str:
    """Everything but the last part; `.` when there is only one."""
    return posixpath.dirname(_checked(call, path).rstrip("/")) or ("/" if path.startswith("/") else ".")


@PATH.fn(capability=PURE)
def parts(call: HostCall, path: str) -> list[str]:
    """The parts; an absolute path begins with `/`."""
    found = [part for part in _checked(call, path).split("/") if part not in {"", "."}]
    return ["/", *found] if path.startswith("/") else found


@PATH.fn(capability=PURE)
def is_absolute(call: HostCall, path: str) -> bool:
    """True for a path that begins with `/`."""
    return _checked(call, path).startswith("/")


@PATH.fn(capability=PURE)
def normalize(call: HostCall, path: str) -> str:
    """The path without `.`, doubled slashes, and parts that a following `..` takes back."""
    normal = posixpath.normpath(_checked(call, path))
    return normal[1:] if normal.startswith("//") else normal


@PATH.fn(capability=PURE)
def relative(call: HostCall, path: str, base: str) -> str:
    """The path as seen from a directory; both absolute, or both relative."""
    if _checked(call, path).startswith("/") != _checked(call, base, "base").startswith("/"):
        raise call.invalid("base", "and 'path' must both be absolute or both be relative")
    root = "" if path.startswith("/") else "/"  # relpath would look at the process's directory
    if path == "" or base == "":
        raise call.invalid("path" if path == "" else "base", "is empty")
    return posixpath.relpath(root + path, root + base)


@PATH.fn(capability=PURE)
def with_ext(call: HostCall, path: str, extension: str) -> str:
    """The path with another extension; an empty one takes it away."""
    if "/" in extension or "\0" in extension:
        raise call.invalid("extension", "must not contain '/'")
    stem_of, _ = posixpath.splitext(_checked(call, path))
    return stem_of + (f".{extension.lstrip('.')}" if extension else "")


@PATH.fn(capability=PURE)
def common(call: HostCall, paths: list[Any]) -> str:
    """The longest path that begins all of them, by whole parts."""
    if not paths or not all(isinstance(path, str) for path in paths):
        raise call.invalid("paths", "must be an array of texts with at least one")
    try:
        return posixpath.commonpath([_checked(call, path, "paths") for path in paths])
    except ValueError:
        raise call.invalid("paths", "must all be absolute or all be relative") from None


@PATH.fn(capability=PURE)
def matches(call: HostCall, path: str, glob: str) -> bool:
    """True when the last part (with a `/` in the glob: the whole path) matches `*`, `?` and `[abc]`."""
    subject = _checked(call, path) if "/" in glob else posixpath.basename(_checked(call, path).rstrip("/"))
    return glob_matcher(call, glob)(subject) is not None


@PATH.fn(capability=PURE)
def is_inside(call: HostCall, path: str, base: str) -> bool:
    """True when the normalised path is the base or below it, by parts; links are not looked at."""
    inner, outer = normalize(call, path), normalize(call, base)
    if inner.startswith("/") != outer.startswith("/") or re.match(r"\.\.(/|$)", inner):
        return False
    return outer in {".", inner} or inner.startswith(outer.rstrip("/") + "/")


@PATH.fn(capability="read")
def resolve(call: HostCall, path: str) -> str:
    """The absolute path of an existing file or directory with all links followed."""
    return allowed_path(call, path, "read")
