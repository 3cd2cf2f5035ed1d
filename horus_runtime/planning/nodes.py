"""The tree of an overlay: what pending changes made of files and directories, over what is really there."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from horus_runtime.planning.contents import Content


class Line(NamedTuple):
    """A place in a script."""

    line: int | None = None
    source: str | None = None


class Base(NamedTuple):
    """What really stood under a name when the overlay first changed something there."""

    status: os.stat_result
    node: Node | None
    """For a directory that is gone from its place: what was known about the inside."""


class Node:
    """A file, directory or link as the run sees it.

    `origin` is the real path of the object that it shows, wherever the run moved it; without one the object is pending.
    """

    __slots__ = (
        "children",
        "content",
        "device",
        "kind",
        "lines",
        "mode",
        "modified",
        "number",
        "origin",
        "target",
        "was",
    )

    def __init__(self, kind: int, *, origin: str | None, device: int, number: int = 0) -> None:
        self.kind = kind
        """The file type bits of a mode, `stat.S_IFDIR` and so on."""
        self.origin = origin
        self.device = device
        self.number = number
        """Of a pending object: what stands for its inode number."""
        self.mode: int | None = None
        """Permission bits, where they are not those of the origin."""
        self.modified: int | None = None
        """The time in nanoseconds, where it is not the origin's."""
        self.content: Content | None = None
        self.target = ""
        """Where a pending link points."""
        self.children: dict[str, Node | None] = {}
        """Of a directory: the names that are not simply the origin's; `None` stands for what is gone."""
        self.was: dict[str, Base | None] = {}
        """What really stood under each of the names in `children` that the run changed."""
        self.lines: dict[str, Line] = {}
        """Where the script last changed something under a name, as far as that is known."""

    @property
    def is_dir(self) -> bool:
        """Is it a directory?"""
        return self.kind == stat.S_IFDIR

    @property
    def is_link(self) -> bool:
        """Is it a symbolic link?"""
        return self.kind == stat.S_IFLNK

    @property
    def is_changed(self) -> bool:
        """Is the object itself (not what is in it) other than its origin?"""
        return self.origin is None or self.content is not None or self.mode is not None or self.modified is not None


def shown_origins(node: Node) -> set[str]:
    """The real paths of all objects that a tree still shows somewhere, and that something was asked of."""
    found = set() if node.origin is None else {node.origin}
    for child in node.children.values():
        if child is not None:
            found |= shown_origins(child)
    return found


def below(path: str, name: str) -> str:
    """The path of a name in a directory."""
    return f"/{name}" if path == "/" else f"{path}/{name}"
