"""Did another program change, since the run looked, what the run read or wants to change?"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from horus_runtime.planning.nodes import Base, Node, below, shown_origins
from horus_runtime.planning.overlay import Overlay, signature


def conflicts(overlay: Overlay) -> list[str]:
    """The real paths that are not any more as the run found them, sorted."""
    found = set(_inside(overlay.root, shown_origins(overlay.root)))
    for path, seen in overlay.reads.items():
        status = _status(path)
        if status is None or signature(status) != seen:
            found.add(path)
    return sorted(found)


def _inside(folder: Node, kept: set[str]) -> Iterator[str]:
    """What changed among the names that a run touched, in a directory and those below it."""
    for name, base in folder.was.items():
        if folder.origin is None:
            continue
        path, child = below(folder.origin, name), folder.children.get(name)
        yield from _base(path, base, child)
        if base is not None and base.node is not None and base.node.is_dir and path not in kept:
            yield from _inside(base.node, kept)
            yield from _unknown(base.node)
    for child in folder.children.values():
        if child is not None and child.is_dir:
            yield from _inside(child, kept)


def _base(path: str, base: Base | None, child: Node | None) -> Iterator[str]:
    """One place: is there what was there?"""
    status = _status(path)
    if base is None:
        joins = child is not None and child.is_dir and status is not None and stat.S_ISDIR(status.st_mode)
        if status is not None and not joins:
            yield path
    elif status is None or _identity(status) != _identity(base.status):
        yield path


def _identity(status: os.stat_result) -> tuple[int, ...]:
    """A directory is the same whatever is in it; a file only with the same size and time."""
    if stat.S_ISDIR(status.st_mode):
        return status.st_dev, status.st_ino
    return signature(status)


def _unknown(folder: Node) -> Iterator[str]:
    """Names in a directory that goes which the run never saw."""
    if folder.origin is None or not _is_folder(folder.origin):
        return
    for name in os.listdir(folder.origin):
        if name not in folder.was:
            yield below(folder.origin, name)


def _is_folder(path: str) -> bool:
    status = _status(path)
    return status is not None and stat.S_ISDIR(status.st_mode)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
