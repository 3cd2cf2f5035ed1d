"""What a directory holds, for comparing it before and after."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path
from typing import Any


def snapshot(top: Path, *, times: bool = True) -> dict[str, tuple[Any, ...]]:
    """Type, mode, content (or target) and with `times` the time of everything below a directory, and of itself."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in (top, *sorted(top.rglob("*"))):
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            held = str(path.readlink())
        else:
            held = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(status.st_mode) else ""
        facts = (stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode), held)
        name = str(path.relative_to(top))
        found[name] = (*facts, status.st_mtime_ns, status.st_ino) if times else facts
    return found


def predicted(
    before: dict[str, tuple[Any, ...]], changes: list[dict[str, Any]], top: Path
) -> dict[str, tuple[Any, ...]]:
    """What `snapshot(top, times=False)` will give once the changes of a plan (its JSON form) are real."""
    types = {"file": stat.S_IFREG, "dir": stat.S_IFDIR, "link": stat.S_IFLNK}
    tree = {name: facts[:3] for name, facts in before.items()}

    def name(path: str) -> str:
        return str(Path(path).relative_to(top))

    moved: dict[str, tuple[Any, ...]] = {}
    for change in changes:
        if change["kind"] == "delete":
            del tree[name(change["path"])]
    for change in changes:
        if change["kind"] == "move":
            old, new = name(change["from"]), name(change["path"])
            for inner in [inner for inner in tree if inner == old or inner.startswith(f"{old}/")]:
                moved[new + inner[len(old) :]] = tree.pop(inner)
    tree |= moved
    for change in changes:
        place, after = name(change["path"]), change.get("after")
        if change["kind"] in {"create", "modify", "mode"}:
            held = after.get("target") or after.get("sha256") or (tree[place][2] if place in tree else "")
            tree[place] = (types[change["type"]], int(after["mode"], 8), held)
    return tree
