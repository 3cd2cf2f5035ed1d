"""From a tree of pending changes to the steps that make it real; new contents are put on the right file systems first.

Objects that leave their place are taken first, those deepest inside first; then everything new or moved is placed, from
the top down. What is only replaced by another file is exchanged in one step, so that readers find one of the two.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, NamedTuple

from horus_runtime.modules.policy import Policy, roots, split_path
from horus_runtime.planning.journal import STAGE_PREFIX, Crash, Journal, JournalError, sync_folder
from horus_runtime.planning.nodes import Base, Node, below, shown_origins
from horus_runtime.planning.overlay import Overlay
from horus_runtime.planning.steps import MODE, PLACE, REPLACE, TAKE, TIME, Inode, Step, inode_at

_PRIVATE: Final = 0o700
_OWNER: Final = "owner"


class _Taken(NamedTuple):
    """An object that leaves its place."""

    path: str
    inode: Inode
    device: int


class Staging:
    """Works out the steps of one commit, and stages what they need."""

    def __init__(self, overlay: Overlay, policy: Policy, journal: Journal, crash: Crash) -> None:
        self.overlay = overlay
        self.policy = policy
        self.journal = journal
        self.crash = crash
        self.takes: list[_Taken] = []
        self.kept = shown_origins(overlay.root)
        self.slots: dict[str, str] = {}
        """Where taken objects go, by their path."""
        self._stages: dict[int, str] = {}
        self._count = 0

    # --- what leaves its place ---------------------------------------------------------------------------------------

    def survey(self) -> None:
        """Find everything that leaves its place, and where the stages have to be. Nothing is written."""
        self.takes = sorted(set(self._taken(self.overlay.root)), key=lambda taken: -len(split_path(taken.path)))
        places: dict[int, list[str]] = {}
        for taken in self.takes:
            places.setdefault(taken.device, []).append(os.path.dirname(taken.path))
        for device, path in self._receiving(self.overlay.root, "/"):
            places.setdefault(device, []).append(path)
        for device, paths in sorted(places.items()):
            self._stages[device] = self._stage_for(device, paths)
        self.journal.stages = sorted(set(self._stages.values()))

    def _taken(self, folder: Node, *, only_kept: bool = False) -> Iterator[_Taken]:
        """What leaves a directory and those below it; `only_kept` in one that leaves as a whole."""
        for name, base in folder.was.items():
            child = folder.children.get(name)
            if base is None or folder.origin is None:
                continue
            old = below(folder.origin, name)
            stays = child is not None and child.origin == old
            if not stays and not self.is_exchange(old, base, child) and (old in self.kept or not only_kept):
                yield _Taken(old, (base.status.st_dev, base.status.st_ino), folder.device)
            if not stays and base.node is not None and base.node.is_dir and old not in self.kept:
                yield from self._taken(base.node, only_kept=True)
        for child in folder.children.values():
            if child is not None and child.is_dir:
                yield from self._taken(child, only_kept=only_kept)

    def is_exchange(self, old: str, base: Base, child: Node | None) -> bool:
        """Is a file or link that goes replaced by a pending one?"""
        if child is None or child.origin is not None or child.is_dir or old in self.kept:
            return False
        return stat.S_ISREG(base.status.st_mode) and child.kind == stat.S_IFREG

    def _receiving(self, folder: Node, path: str) -> Iterator[tuple[int, str]]:
        """The devices on which new contents are needed, each with a directory that is really there."""
        for name, child in folder.children.items():
            if child is None:
                continue
            if (child.origin is None or child.content is not None) and folder.origin is not None:
                yield folder.device, folder.origin
            yield from self._receiving(child, below(path, name))

    # --- stages ------------------------------------------------------------------------------------------------------

    def _stage_for(self, device: int, paths: list[str]) -> str:
        """Where on a file system the stage goes: as far up as the policy's roots and the system's rights allow, but not
        above what the changes have in common where everything is granted.
        """
        known = [root.real for root in roots(self.policy, "write") if _is_below(paths[0], root.real)]
        top = known[0] if known else paths[0]
        common = os.path.commonpath([path for path in paths if _is_below(path, top)])
        parts = split_path(common)
        for length in range(len(split_path(top)) or len(parts), len(parts) + 1):
            place = "/" + "/".join(parts[:length])
            with suppress(OSError):
                fits = os.lstat(place).st_dev == device and os.access(place, os.W_OK | os.X_OK)
                if fits and not any(_is_below(place, taken.path) for taken in self.takes):
                    return below(place, STAGE_PREFIX + self.journal.id)
        raise JournalError(f"there is no directory above '{common}' in which the old files could be kept")

    def stage(self) -> list[Step]:
        """Make the stages, put new contents and links to old ones there. Gives the steps, in order."""
        for stage in self.journal.stages:
            self.crash(f"make {stage}")
            os.mkdir(stage, _PRIVATE)
            self.crash(f"own {stage}")
            with open(f"{stage}/{_OWNER}", "w", encoding="utf-8") as owner:
                owner.write(f"{self.journal.folder.parent}\n")
        steps = [step for taken in self.takes for step in self._take(taken)]
        steps += self._placed(self.overlay.root, "/")
        for stage in self.journal.stages:
            self.crash(f"sync {stage}")
            sync_folder(stage)
            sync_folder(os.path.dirname(stage))
        return steps

    def _take(self, taken: _Taken) -> Iterator[Step]:
        mode = os.lstat(taken.path).st_mode
        if stat.S_ISDIR(mode) and not mode & stat.S_IWUSR and taken.path not in self.kept:
            # It may be deleted where it is, but not renamed: its entry `..` would change.
            old = stat.S_IMODE(mode)
            yield Step(MODE, taken.path, taken.inode, old=old, new=old | stat.S_IWUSR)
        slot = self.slots[taken.path] = self._slot(taken.device)
        yield Step(TAKE, taken.path, taken.inode, slot=slot)

    def _slot(self, device: int) -> str:
        self._count += 1
        return f"{self._stages[device]}/{self._count}"

    # --- what is put somewhere ---------------------------------------------------------------------------------------

    def _placed(self, folder: Node, path: str) -> Iterator[Step]:
        for name, child in sorted(folder.children.items()):
            if child is None:
                continue
            place = below(path, name)
            old = None if folder.origin is None else below(folder.origin, name)
            if child.origin is not None and child.origin == old:
                yield from self._in_place(folder, child, place)
            elif child.origin is None:
                yield from self._pending(folder, name, child, place)
            else:
                yield from self._moved(folder, child, place)

    def _in_place(self, folder: Node, node: Node, place: str) -> Iterator[Step]:
        assert node.origin is not None
        if node.content is not None:
            yield from self._exchanged(folder, node, place, node.origin)
        else:
            yield from self._facts(node, place)
            yield from self._placed(node, place)

    def _pending(self, folder: Node, name: str, node: Node, place: str) -> Iterator[Step]:
        base = folder.was.get(name)
        if base is not None and folder.origin is not None:
            old = below(folder.origin, name)
            if self.is_exchange(old, base, node):
                yield from self._exchanged(folder, node, place, old)
                return
        if node.is_dir and base is None and _is_folder(place):
            yield from self._placed(node, place)  # a program made it meanwhile: its content joins
            return
        yield from self._new(folder, node, place)

    def _new(self, folder: Node, node: Node, place: str) -> Iterator[Step]:
        slot = self._slot(folder.device)
        mode = 0o777 if node.mode is None else node.mode
        if not node.is_dir:
            self._write(node, slot)
            yield Step(PLACE, place, _inode(slot), slot=slot)
            return
        self.crash(f"stage {place}")
        os.mkdir(slot, _PRIVATE)
        inode = _inode(slot)
        whole = _is_whole(node)
        if whole:
            self._fill(node, slot)
        if whole and mode & stat.S_IWUSR:
            os.chmod(slot, mode)
            yield Step(PLACE, place, inode, slot=slot)
            return
        yield Step(PLACE, place, inode, slot=slot)
        if not whole:
            yield from self._placed(node, place)
        yield Step(MODE, place, inode, old=_PRIVATE, new=mode)  # only now: it may be one that nobody may write to

    def _fill(self, folder: Node, path: str) -> None:
        """Stage a directory that is new as a whole."""
        for name, node in sorted(folder.children.items()):
            if node is None:
                continue
            inner = f"{path}/{name}"
            if not node.is_dir:
                self._write(node, inner)
                continue
            self.crash(f"stage {inner}")
            os.mkdir(inner, _PRIVATE)
            self._fill(node, inner)
            os.chmod(inner, 0o777 if node.mode is None else node.mode)
        sync_folder(path)

    def _moved(self, folder: Node, node: Node, place: str) -> Iterator[Step]:
        assert node.origin is not None
        if node.content is not None:
            slot = self._slot(folder.device)
            self._write(node, slot)
            yield Step(PLACE, place, _inode(slot), slot=slot)
            return
        slot = self.slots[node.origin]
        inode = inode_at(node.origin)
        assert inode is not None
        yield Step(PLACE, place, inode, slot=slot)
        yield from self._facts(node, place)
        yield from self._placed(node, place)

    def _exchanged(self, folder: Node, node: Node, place: str, old: str) -> Iterator[Step]:
        """A new file for an old one: in one step where the file system has hard links, else in two."""
        slot, backup = self._slot(folder.device), self._slot(folder.device)
        self._write(node, slot)
        try:
            self.crash(f"link {place}")
            os.link(old, backup, follow_symlinks=False)
        except OSError:
            yield Step(TAKE, place, _inode(old), slot=backup)
            yield Step(PLACE, place, _inode(slot), slot=slot)
            return
        yield Step(REPLACE, place, _inode(slot), slot=slot, backup=backup)

    def _facts(self, node: Node, place: str) -> Iterator[Step]:
        """Mode and time of a real object."""
        assert node.origin is not None
        status = os.lstat(node.origin)
        inode = (status.st_dev, status.st_ino)
        if node.mode is not None and node.mode != stat.S_IMODE(status.st_mode):
            yield Step(MODE, place, inode, old=stat.S_IMODE(status.st_mode), new=node.mode)
        if node.modified is not None:
            yield Step(TIME, place, inode, old=status.st_mtime_ns, new=node.modified)

    def _write(self, node: Node, path: str) -> None:
        """Stage a file or link."""
        self.crash(f"stage {path}")
        if node.is_link:
            os.symlink(self.overlay.target(node), path)
            return
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            self.crash(f"write {path}")
            for block in self.overlay.blocks(node):
                view = memoryview(block)
                while view:
                    view = view[os.write(handle, view) :]
            if node.origin is not None:
                _keep_facts(node.origin, path)
            os.fchmod(handle, stat.S_IMODE(self.overlay.status(node).st_mode))
            if node.modified is not None:
                os.utime(handle, ns=(node.modified, node.modified))
            self.crash(f"sync {path}")
            os.fsync(handle)
        finally:
            os.close(handle)


def _keep_facts(old: str, new: str) -> None:
    """Owner and extended attributes of a file that grows: it is a new object under the old name."""
    status = os.lstat(old)
    with suppress(PermissionError):
        os.chown(new, status.st_uid, status.st_gid)
    shutil.copystat(old, new)


def _is_whole(node: Node) -> bool:
    """Is everything in a pending directory pending, too?"""
    children = [child for child in node.children.values() if child is not None]
    return all(child.origin is None and (not child.is_dir or _is_whole(child)) for child in children)


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _is_below(path: str, top: str) -> bool:
    parts, above = split_path(path), split_path(top)
    return parts[: len(above)] == above


def _inode(path: str) -> Inode:
    found = inode_at(path)
    assert found is not None
    return found
