"""What an overlay would change: one entry for each file, directory and link, with a diff where there is text.

Input: the tree of an overlay. Output: `Change` objects, sorted by path. The real files are looked at once more, so what
another program changed meanwhile is compared as it is now.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from horus_runtime.planning.nodes import Node, below, shown_origins
from horus_runtime.planning.overlay import Overlay

MAX_DIFF: Final = 256 * 1024
"""Bytes of a file that is compared line by line; of larger ones sizes and hashes are told."""
_BLOCK: Final = 1 << 20
_TYPES: Final = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link"}


@dataclass(frozen=True, slots=True)
class Facts:
    """One side of a change."""

    mode: int
    size: int | None = None
    """Bytes of a file."""
    sha256: str | None = None
    """Of a file's content, where it was read."""
    target: str | None = None
    """Where a link points."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON data; what is not known is left out."""
        data: dict[str, Any] = {"mode": f"{self.mode:04o}"}
        found = {"size": self.size, "sha256": self.sha256, "target": self.target}
        return data | {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `create`, `modify`, `delete`, `move`, `mode` or `touch`, of a `file`, `dir`, `link` or `other`.

    A file that is moved and changed is two entries with the same path.
    """

    kind: str
    path: str
    type: str
    before: Facts | None = None
    after: Facts | None = None
    moved_from: str | None = None
    diff: str | None = None
    """A unified diff; `None` for what is no text, too large, or no file."""
    line: int | None = None
    """Of the script, where it made the change last."""
    source: str | None = None
    """The script's file."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        data: dict[str, Any] = {"kind": self.kind, "path": self.path, "type": self.type}
        if self.moved_from is not None:
            data["from"] = self.moved_from
        for name, facts in (("before", self.before), ("after", self.after)):
            if facts is not None:
                data[name] = facts.to_dict()
        found = {"diff": self.diff, "line": self.line, "source": self.source}
        return data | {name: value for name, value in found.items() if value is not None}


def changes_of(overlay: Overlay, masked: Callable[[str], str] = lambda text: text) -> list[Change]:
    """All pending changes, sorted by path; `masked` takes secrets out of diffs."""
    return sorted(_Comparison(overlay, masked).all(), key=lambda change: (change.path, change.kind != "move"))


class _Comparison:
    """One look at the tree."""

    def __init__(self, overlay: Overlay, masked: Callable[[str], str]) -> None:
        self.overlay = overlay
        self.masked = masked
        self.kept = shown_origins(overlay.root)

    def all(self) -> Iterator[Change]:
        yield from self._inside(self.overlay.root, "/")

    def _inside(self, folder: Node, path: str) -> Iterator[Change]:
        for name, node in folder.children.items():
            place = below(path, name)
            yield from self._gone(folder, name, node)
            if node is not None:
                yield from self._there(folder, name, node, place)

    def _gone(self, folder: Node, name: str, node: Node | None) -> Iterator[Change]:
        """What really stood under the name, if it is nowhere any more."""
        base = folder.was.get(name)
        if base is None or folder.origin is None:
            return
        old = below(folder.origin, name)
        if old in self.kept or (node is not None and node.origin is None and self._same_type(base.status, node)):
            return
        before = self._real(old, base.status, hashed=False)
        yield Change("delete", old, _type(base.status.st_mode), before, **_place(folder, name))
        if base.node is not None and base.node.is_dir:
            yield from self._gone_inside(base.node)

    def _gone_inside(self, folder: Node) -> Iterator[Change]:
        for name, base in folder.was.items():
            if base is not None and folder.origin is not None:
                yield from self._gone(folder, name, None)

    def _same_type(self, status: os.stat_result, node: Node) -> bool:
        return stat.S_IFMT(status.st_mode) == node.kind

    def _there(self, folder: Node, name: str, node: Node, path: str) -> Iterator[Change]:
        if node.origin is None:
            yield from self._pending(folder, name, node, path)
        else:
            if node.origin != path and (folder.origin is None or node.origin != below(folder.origin, name)):
                kind = _TYPES.get(node.kind, "other")
                yield Change("move", path, kind, moved_from=node.origin, **_place(folder, name))
            if node.is_changed:
                yield from self._compared(node, path, node.origin, os.lstat(node.origin), _place(folder, name))
        yield from self._inside(node, path)

    def _pending(self, folder: Node, name: str, node: Node, path: str) -> Iterator[Change]:
        base = folder.was.get(name)
        old = None if folder.origin is None else below(folder.origin, name)
        replaces = base is not None and old is not None and old not in self.kept and self._same_type(base.status, node)
        if replaces and base is not None and old is not None:
            yield from self._compared(node, path, old, base.status, _place(folder, name))
            return
        after = self._facts(node)
        diff = self._diff(b"", self._content(node), path, created=True) if node.content is not None else None
        yield Change("create", path, _TYPES.get(node.kind, "other"), after=after, diff=diff, **_place(folder, name))

    def _compared(
        self, node: Node, path: str, old: str, status: os.stat_result, place: dict[str, Any]
    ) -> Iterator[Change]:
        """An object against the real one that it stands for now."""
        before, after = self._real(old, status, hashed=node.content is not None), self._facts(node)
        kind = _TYPES.get(node.kind, "other")
        if (before.sha256, before.target) != (after.sha256, after.target):
            diff = self._diff(self._real_content(old), self._content(node), path) if kind == "file" else None
            yield Change("modify", path, kind, before, after, diff=diff, **place)
        elif before.mode != after.mode and kind != "link":
            yield Change("mode", path, kind, before, after, **place)
        elif node.modified is not None and node.modified != status.st_mtime_ns and node.origin is not None:
            yield Change("touch", path, kind, before, after, **place)

    # --- the two sides -----------------------------------------------------------------------------------------------

    def _facts(self, node: Node) -> Facts:
        status = self.overlay.status(node)
        mode = stat.S_IMODE(status.st_mode)
        if node.is_link:
            return Facts(mode, target=self.overlay.target(node))
        if node.kind != stat.S_IFREG:
            return Facts(mode)
        digest = None if node.content is None else _digest(self.overlay.blocks(node))
        return Facts(mode, status.st_size, digest)

    def _real(self, path: str, status: os.stat_result, *, hashed: bool) -> Facts:
        mode = stat.S_IMODE(status.st_mode)
        if stat.S_ISLNK(status.st_mode):
            return Facts(mode, target=os.readlink(path))
        if not stat.S_ISREG(status.st_mode):
            return Facts(mode)
        digest = _digest(self.overlay.real_blocks(path)) if hashed else None
        return Facts(mode, status.st_size, digest)

    def _content(self, node: Node) -> bytes | None:
        """A pending content, if it can be compared line by line."""
        size = self.overlay.status(node).st_size
        return b"".join(self.overlay.blocks(node)) if size <= MAX_DIFF else None

    def _real_content(self, path: str) -> bytes | None:
        try:
            small = os.lstat(path).st_size <= MAX_DIFF
            return b"".join(self.overlay.real_blocks(path)) if small else None
        except OSError:
            return None

    def _diff(self, old: bytes | None, new: bytes | None, path: str, *, created: bool = False) -> str | None:
        if old is None or new is None or b"\0" in old or b"\0" in new:
            return None
        try:
            texts = self.masked(old.decode("utf-8")), self.masked(new.decode("utf-8"))
        except UnicodeDecodeError:
            return None
        return unified(*texts, "/dev/null" if created else path, path)


def unified(old: str, new: str, old_name: str, new_name: str) -> str:
    """A unified diff with three lines around each change; a missing last line end is told as `diff` tells it."""
    import difflib

    lines = difflib.unified_diff(_lines(old), _lines(new), old_name, new_name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """Lines by line feed only: other signs that Python takes for line ends are part of a line."""
    return [line + "\n" for line in text.split("\n")[:-1]] + (
        [text.rsplit("\n", maxsplit=1)[-1]] if text.rsplit("\n", maxsplit=1)[-1] else []
    )


def _digest(blocks: Iterator[bytes]) -> str:
    found = hashlib.sha256()
    for block in blocks:
        found.update(block)
    return found.hexdigest()


def _place(folder: Node, name: str) -> dict[str, Any]:
    """Where the script changed something under a name."""
    found = folder.lines.get(name)
    return {} if found is None else found._asdict()


def _type(mode: int) -> str:
    return _TYPES.get(stat.S_IFMT(mode), "other")
