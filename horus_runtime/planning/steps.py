"""The steps of a commit: single renames and changes of mode, each done or not done, never half.

A step knows the inode of the object that it puts somewhere, so that undoing looks at what is there and not at what a
record says: doing it twice does no harm, and what another program put in a place is not touched.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Inode = tuple[int, int]
"""Device and number."""

TAKE: Final = "take"
"""Rename what is at `path` to `slot`: it is deleted, replaced or moved."""
PLACE: Final = "place"
"""Rename what is at `slot` to `path`, where nothing is."""
REPLACE: Final = "replace"
"""Rename the file at `slot` over the one at `path`, of which `backup` is a hard link."""
MODE: Final = "mode"
"""Give what is at `path` other permission bits."""
TIME: Final = "time"
"""Give what is at `path` another time."""


class UndoError(Exception):
    """A step cannot be undone, because something else is in its place."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `inode` is that of the object that moves, or whose mode or time changes."""

    kind: str
    path: str
    inode: Inode
    slot: str = ""
    backup: str = ""
    old: int = 0
    """The mode, or time in nanoseconds, before."""
    new: int = 0
    """The one after."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Step:
        """The step that `to_dict` wrote."""
        return cls(**{**data, "inode": tuple(data["inode"])})

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        plain = {"slot": self.slot, "backup": self.backup, "old": self.old, "new": self.new}
        return {"kind": self.kind, "path": self.path, "inode": list(self.inode)} | {
            name: value for name, value in plain.items() if value
        }

    # --- doing -------------------------------------------------------------------------------------------------------

    def do(self) -> None:
        """Take the step.

        Raises:
            OSError: it is not possible, or not any more; nothing was done.
        """
        if self.kind == TAKE:
            self._expect(self.path)
            os.rename(self.path, self.slot)
        elif self.kind == PLACE:
            if inode_at(self.path) is not None:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), self.path)
            os.rename(self.slot, self.path)
        elif self.kind == REPLACE:
            if inode_at(self.path) != inode_at(self.backup):
                raise _changed(self.path)
            os.rename(self.slot, self.path)
        else:
            self._expect(self.path)
            self._set(self.new)

    def undo(self) -> None:
        """Take the step back, if it was taken.

        Raises:
            UndoError: another object stands where the old one has to go.
            OSError: the system does not allow it.
        """
        if self.kind == TAKE:
            if inode_at(self.slot) == self.inode:
                self._back(self.slot, self.path)
        elif self.kind == PLACE:
            if inode_at(self.path) == self.inode:
                os.rename(self.path, self.slot)
        elif self.kind == REPLACE:
            if inode_at(self.path) == self.inode:
                os.rename(self.backup, self.path)
        elif inode_at(self.path) == self.inode and self._get() == self.new:
            self._set(self.old)

    def _back(self, source: str, target: str) -> None:
        if inode_at(target) is not None:
            raise UndoError(f"'{target}' was made anew meanwhile; the old one is '{source}'")
        os.rename(source, target)

    def _expect(self, path: str) -> None:
        if inode_at(path) != self.inode:
            raise _changed(path)

    def _get(self) -> int:
        status = os.lstat(self.path)
        return stat.S_IMODE(status.st_mode) if self.kind == MODE else status.st_mtime_ns

    def _set(self, value: int) -> None:
        if self.kind == MODE:
            os.chmod(self.path, value)
        else:
            access = os.lstat(self.path).st_atime_ns
            os.utime(self.path, ns=(access, value), follow_symlinks=False)


def inode_at(path: str) -> Inode | None:
    """What an object is known by; `None` where there is none."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino


def _changed(path: str) -> OSError:
    return OSError(errno.ESTALE, "it was changed by another program meanwhile", path)
