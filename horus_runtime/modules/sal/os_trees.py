"""The script module `os`, third part: directories as a whole: synchronise, pack, unpack."""

from __future__ import annotations

from typing import Any

from horus_runtime.modules.host import HostCall, Options
from horus_runtime.modules.sal import files, os_machine, trees
from horus_runtime.modules.sal.trees import join

OS = os_machine.OS


class SyncOptions(Options):
    """Options of `os.sync_dir`."""

    delete: bool = False
    dry_run: bool = False


@OS.fn(capability="write")
def sync_dir(call: HostCall, source: str, target: str, opts: SyncOptions) -> dict[str, Any]:
    """Make a directory hold the same files as another one; `delete` takes away what is not there, `dry_run` only
    tells. Gives a map with the paths copied and deleted and the number unchanged. Links are left alone.
    """
    wanted = _listing(call, source)
    present = _listing(call, target) if files.kind_at(call, target) == "dir" else {}
    copied = [below for below, fact in wanted.items() if fact[0] == "file" and present.get(below) != fact]
    changed = [below for below in copied if _differs(call, source, target, below, present)]
    extra = [below for below in present if below not in wanted] if opts.delete else []
    if not opts.dry_run:
        _apply(call, source, target, wanted, changed, extra)
    unchanged = sum(fact[0] == "file" for fact in wanted.values()) - len(changed)
    return {"copied": sorted(changed), "deleted": sorted(extra), "unchanged": unchanged}


Fact = tuple[str, int, int]


def _listing(call: HostCall, top: str) -> dict[str, Fact]:
    """Kind, size and time of everything below a directory, parents before what is in them."""
    found: dict[str, Fact] = {}
    for visited in trees.walk(call, top):
        for name, kind in visited.entries:
            below = join(visited.below, name)
            if kind == "dir":
                found[below] = ("dir", 0, 0)
            elif kind == "file":
                facts = files.stat_map(call, join(top, below))
                found[below] = ("file", facts["size"], facts["modified"])
    return found


def _differs(call: HostCall, source: str, target: str, below: str, present: dict[str, Fact]) -> bool:
    """True unless the target has the same content already: of another time, so it has to be read."""
    there = present.get(below)
    if there is None or there[0] != "file":
        return True
    return files.digest(call, join(source, below)) != files.digest(call, join(target, below))


def _apply(
    call: HostCall, source: str, target: str, wanted: dict[str, Fact], changed: list[str], extra: list[str]
) -> None:
    # What has to go first: an entry may stand where a file or directory is wanted.
    for below in sorted(extra, key=len, reverse=True):
        trees.delete_tree(call, join(target, below))
    files.make_directory(call, target)
    for below, fact in wanted.items():
        if fact[0] == "dir":
            files.make_directory(call, join(target, below))
    for below in changed:
        trees.copy_tree(call, join(source, below), join(target, below), overwrite=True)
        files.copy_time(call, join(source, below), join(target, below))


class ArchiveOptions(Options):
    """Options of `os.archive` and `os.extract`."""

    overwrite: bool = False


@OS.fn(capability="write")
def archive(call: HostCall, dir_: str, out: str, opts: ArchiveOptions) -> str:
    """Pack a directory into a `.tar`, `.tar.gz`, `.tgz`, `.tar.xz`, `.tar.bz2` or `.zip`. Gives the path written."""
    from horus_runtime.modules.sal import archives

    archives.pack(call, dir_, out, overwrite=opts.overwrite)
    return out


@OS.fn(capability="write")
def extract(call: HostCall, archive: str, dir_: str, opts: ArchiveOptions) -> list[str]:
    """Unpack an archive into a directory. Gives the paths written. Links, special files and entries that lead out of
    the directory are refused before anything is written.
    """
    from horus_runtime.modules.sal import archives

    return archives.unpack(call, archive, dir_, overwrite=opts.overwrite)
