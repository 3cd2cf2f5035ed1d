"""The script module `os`: files and directories."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import Any

from horus_runtime.errors import HostFailure
from horus_runtime.modules.disk import remove_all
from horus_runtime.modules.host import HostCall, HostModule, Options
from horus_runtime.modules.jsonable import NotJsonError, format_json, parse_json
from horus_runtime.modules.sal import files, trees
from horus_runtime.modules.sal.paths import LOOK, current_directory, located, opened
from horus_runtime.modules.sal.trees import MAX_TREE_DEPTH, join

OS = HostModule("os", "Files, directories and facts about the machine.")


# --- what is there ---------------------------------------------------------------------------------------------------


class ListOptions(Options):
    """Options of `os.list_dir`."""

    full: bool = False
    hidden: bool = True
    dirs_only: bool = False
    files_only: bool = False
    details: bool = False


@OS.fn(capability="read")
def list_dir(call: HostCall, path: str, opts: ListOptions) -> list[Any]:
    """The sorted names in a directory; `full` gives paths, `details` maps as from `stat`."""
    if not (opts.details or opts.dirs_only or opts.files_only):
        names = files.names(call, path)
        if not opts.hidden:
            names = [name for name in names if not name.startswith(".")]
        return [join(path, name) for name in names] if opts.full else names
    with opened(call, path, "read", os.O_RDONLY | os.O_DIRECTORY) as (handle, _):
        found = [entry for entry in files.entries(call, handle, path) if opts.hidden or entry.name[0] != "."]
        if opts.dirs_only or opts.files_only:
            wanted = {kind for kind, asked in (("dir", opts.dirs_only), ("file", opts.files_only)) if asked}
            found = [entry for entry in found if entry.kind in wanted]
        if not opts.details:
            return [join(path, entry.name) if opts.full else entry.name for entry in found]
        return [_details(call, handle, entry, join(path, entry.name) if opts.full else entry.name) for entry in found]


def _details(call: HostCall, handle: int, entry: files.Entry, shown: str) -> dict[str, Any]:
    status = call.disk.stat(entry.name, dir_fd=handle, follow_symlinks=False)
    target = call.disk.readlink(entry.name, dir_fd=handle) if entry.kind == "link" else None
    return files.status_map(shown, status, target)


@OS.fn(capability="read")
def exists(call: HostCall, path: str) -> bool:
    """True when something is there. A link that leads nowhere is nothing."""
    return files.kind_at(call, path) is not None


@OS.fn(capability="read")
def is_file(call: HostCall, path: str) -> bool:
    """True for a regular file, links followed."""
    return files.kind_at(call, path) == "file"


@OS.fn(capability="read")
def is_dir(call: HostCall, path: str) -> bool:
    """True for a directory, links followed."""
    return files.kind_at(call, path) == "dir"


@OS.fn(capability="read")
def is_link(call: HostCall, path: str) -> bool:
    """True for a symbolic link, wherever it leads."""
    try:
        with located(call, path, "read", follow=False) as place:
            status = files.status_at(place)
    except HostFailure as failure:
        if failure.failure in {"NotFound", "NotADirectory"}:
            return False
        raise
    return status is not None and files.kind_of(status.st_mode) == "link"


@OS.fn(capability="read")
def stat(call: HostCall, path: str) -> dict[str, Any]:
    """A map of facts: path, kind, size, mode, modified, is_link, and target for links."""
    return files.stat_map(call, path)


@OS.fn(capability="read")
def size(call: HostCall, path: str) -> int:
    """The bytes in a file."""
    with opened(call, path, "read", LOOK) as (handle, _):
        status = call.disk.fstat(handle)
        files.check_regular(call, status, path)
        return status.st_size


@OS.fn(capability="read")
def read_link(call: HostCall, path: str) -> str:
    """Where a symbolic link points, as it is written in the link."""
    with located(call, path, "read", follow=False) as place:
        return call.disk.readlink(place.name or ".", dir_fd=place.directory)


# --- search ----------------------------------------------------------------------------------------------------------


class FindOptions(Options):
    """Options of `os.find_files` and `os.find_dirs`."""

    max_depth: int = MAX_TREE_DEPTH
    hidden: bool = True
    limit: int = files.MAX_ENTRIES


@OS.fn(capability="read")
def find_files(call: HostCall, dir_: str, glob: str, opts: FindOptions) -> list[str]:
    """Paths of all files below a directory whose name matches the glob; a glob with `/` is held against the path."""
    return _find(call, dir_, glob, "file", opts)


@OS.fn(capability="read")
def find_dirs(call: HostCall, dir_: str, glob: str, opts: FindOptions) -> list[str]:
    """Paths of all directories below a directory whose name matches the glob."""
    return _find(call, dir_, glob, "dir", opts)


@OS.fn(capability="read")
def find_file(call: HostCall, dir_: str, glob: str) -> str:
    """The one file below a directory that matches the glob."""
    return _the_one(call, _find(call, dir_, glob, "file", FindOptions()), dir_, glob)


@OS.fn(capability="read")
def find_dir(call: HostCall, dir_: str, glob: str) -> str:
    """The one directory below a directory that matches the glob."""
    return _the_one(call, _find(call, dir_, glob, "dir", FindOptions()), dir_, glob)


def _find(call: HostCall, path: str, glob: str, kind: str, opts: FindOptions) -> list[str]:
    if opts.max_depth < 1 or opts.limit < 0:
        raise call.invalid("max_depth" if opts.max_depth < 1 else "limit", "must be positive")
    depth = min(opts.max_depth, MAX_TREE_DEPTH)
    return trees.find(call, path, glob, kind, max_depth=depth, hidden=opts.hidden, limit=opts.limit)


def _the_one(call: HostCall, found: list[str], path: str, glob: str) -> str:
    if not found:
        raise call.fail("NotFound", f"nothing in '{path}' matches '{glob}'", path=path)
    if len(found) > 1:
        raise call.fail("Ambiguous", f"{len(found)} entries in '{path}' match '{glob}'", path=path, count=len(found))
    return found[0]


class WalkOptions(Options):
    """Options of `os.walk`."""

    max_depth: int = MAX_TREE_DEPTH
    hidden: bool = True


@OS.fn(capability="read")
def walk(call: HostCall, dir_: str, opts: WalkOptions) -> list[Any]:
    """The tree below a directory, top-down: an array of maps with path, dirs and files."""
    depth = max(1, min(opts.max_depth, MAX_TREE_DEPTH))
    return [
        {
            "path": join(dir_, visited.below) if visited.below else dir_,
            "dirs": [entry.name for entry in visited.entries if entry.kind == "dir"],
            "files": [entry.name for entry in visited.entries if entry.kind != "dir"],
        }
        for visited in trees.walk(call, dir_, max_depth=depth, hidden=opts.hidden)
    ]


# --- reading ---------------------------------------------------------------------------------------------------------


class ReadOptions(Options):
    """Options of `os.read`."""

    max_bytes: int = files.MAX_READ
    errors: str = "strict"


@OS.fn(capability="read")
def read(call: HostCall, path: str, opts: ReadOptions) -> str:
    """The text of a UTF-8 file; `errors: "replace"` accepts other bytes, `max_bytes` limits the size."""
    if opts.errors not in {"strict", "replace", "ignore"}:
        raise call.invalid("errors", "is one of strict, replace, ignore")
    if opts.max_bytes < 0:
        raise call.invalid("max_bytes", "must not be negative")
    return files.decode(call, files.read_bytes(call, path, opts.max_bytes), path, opts.errors)


@OS.fn(capability="read")
def read_lines(call: HostCall, path: str) -> list[str]:
    """The lines of a text file without their line ends."""
    lines = files.decode(call, files.read_bytes(call, path), path).replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    call.context.check_array(len(lines))
    return lines


@OS.fn(capability="read")
def read_bytes(call: HostCall, path: str) -> bytearray:
    """The exact content of a file as a blob."""
    content = files.read_bytes(call, path)
    call.context.check_array(len(content))
    return bytearray(content)


@OS.fn(capability="read")
def read_json(call: HostCall, path: str) -> Any:
    """The value in a JSON file."""
    try:
        return parse_json(files.decode(call, files.read_bytes(call, path), path))
    except NotJsonError as error:
        raise call.fail("InvalidArgument", f"'{path}': {error}", path=path) from None


# --- writing ---------------------------------------------------------------------------------------------------------


class WriteOptions(Options):
    """Options of `os.write` and its siblings."""

    parents: bool = False
    overwrite: bool = True
    mode: int | None = None


class WriteJsonOptions(WriteOptions):
    """Options of `os.write_json`."""

    indent: int | None = None
    sort_keys: bool = False


@OS.fn(capability="write")
def write(call: HostCall, path: str, text: str, opts: WriteOptions) -> int:
    """Write a text file in one step: readers see the old or the new content. Gives the number of bytes."""
    return _write(call, path, text.encode("utf-8"), opts)


@OS.fn(capability="write")
def write_bytes(call: HostCall, path: str, content: bytearray, opts: WriteOptions) -> int:
    """Write a blob to a file in one step."""
    return _write(call, path, bytes(content), opts)


@OS.fn(capability="write")
def write_json(call: HostCall, path: str, value: Any, opts: WriteJsonOptions) -> int:
    """Write a value as JSON; `indent` lays it out, `sort_keys` makes equal values equal files."""
    try:
        text = format_json(value, indent=opts.indent, sort_keys=opts.sort_keys)
    except NotJsonError as error:
        raise call.fail("InvalidArgument", f"os.write_json: {error}", argument="value") from None
    return _write(call, path, f"{text}\n".encode(), opts)


def _write(call: HostCall, path: str, content: bytes, opts: WriteOptions) -> int:
    if opts.mode is not None and opts.mode & ~0o777:
        raise call.invalid("mode", "may only have the bits 0o777")
    return files.write_bytes(call, path, content, overwrite=opts.overwrite, parents=opts.parents, mode=opts.mode)


@OS.fn(capability="write")
def append(call: HostCall, path: str, text: str) -> int:
    """Add text to the end of a file, which is made when it is not there. Gives the number of bytes added."""
    return files.append_bytes(call, path, text.encode("utf-8"))


@OS.fn(capability="write")
def touch(call: HostCall, path: str) -> bool:
    """Make an empty file, or set the time of an existing one to now; true when it was made."""
    with located(call, path, "write") as place:
        there = files.status_at(place) is not None
        if not there:
            files.append_bytes(call, path, b"")
            return True
        call.disk.utime(place.name or ".", dir_fd=place.directory, follow_symlinks=False)
    return False


@OS.fn(capability="write")
def mkdir(call: HostCall, path: str) -> bool:
    """Make a directory and its parents; true when it was made, false when it was there."""
    return files.make_directory(call, path)


class DeleteOptions(Options):
    """Options of `os.delete`."""

    recursive: bool = False


@OS.fn(capability="write")
def delete(call: HostCall, path: str, opts: DeleteOptions) -> bool:
    """Remove a file or directory; true when something went. A directory with content needs `recursive`."""
    return trees.delete_tree(call, path) if opts.recursive else files.remove_file(call, path)


class CopyOptions(Options):
    """Options of `os.copy` and `os.move`."""

    overwrite: bool = False


@OS.fn(capability="write")
def copy(call: HostCall, source: str, target: str, opts: CopyOptions) -> str:
    """Copy a file or a directory with its content. Gives the path written."""
    trees.copy_tree(call, source, target, overwrite=opts.overwrite)
    return target


@OS.fn(capability="write")
def move(call: HostCall, source: str, target: str, opts: CopyOptions) -> str:
    """Move a file or directory, also to another device. Gives the path written."""
    # Moving shows the content in a new place, so it needs to be readable in the old one.
    if files.kind_at(call, source) is None and not is_link(call, source):
        raise call.fail("NotFound", f"there is no file or directory '{source}'", path=source)
    if not files.rename(call, source, target, overwrite=opts.overwrite):
        trees.copy_tree(call, source, target, overwrite=opts.overwrite)
        trees.delete_tree(call, source)
    return target


OS.alias("rename", "move")


@OS.fn(capability="write")
def chmod(call: HostCall, path: str, mode: int) -> None:
    """Set the permission bits of a file or directory; setuid, setgid and sticky are refused."""
    files.change_mode(call, path, mode)


@OS.fn(capability="write")
def make_executable(call: HostCall, path: str) -> None:
    """Let everybody start a file who may read it."""
    with opened(call, path, "write") as (handle, _):
        mode = call.disk.fstat(handle).st_mode
        call.disk.fchmod(handle, (mode | ((mode & 0o444) >> 2)) & 0o777)


@OS.fn(capability="write")
def link(call: HostCall, target: str, path: str) -> str:
    """Make a symbolic link at `path` to `target`, which must be a place the script may read. Gives the path."""
    with located(call, _target_of(target, path), "read"):
        pass
    with located(call, path, "write", follow=False) as place:
        if files.status_at(place) is not None:
            raise OSError(errno.EEXIST, "")
        call.disk.symlink(target, place.name, dir_fd=place.directory)
    return path


def _target_of(target: str, path: str) -> str:
    return target if target.startswith("/") else join(os.path.dirname(path), target)


# --- the script's own directory and temporary places -----------------------------------------------------------------


@OS.fn(capability="read")
def chdir(call: HostCall, path: str) -> str:
    """Change the directory that the script's relative paths start from; the process keeps its own."""
    with opened(call, path, "read", os.O_RDONLY | os.O_DIRECTORY) as (_, real):
        call.context.services["cwd"] = real
    return real


@OS.fn(capability="read")
def cwd(call: HostCall) -> str:
    """The directory that the script's relative paths start from."""
    return current_directory(call)


class TempOptions(Options):
    """Options of `os.temp_dir` and `os.temp_file`."""

    keep: bool = False
    suffix: str = ""


@OS.fn(capability="write")
def temp_dir(call: HostCall, opts: TempOptions) -> str:
    """A new empty directory only for this script, removed at its end unless `keep`."""
    path = _temporary_path(call, opts)
    files.make_directory(call, path)
    files.change_mode(call, path, 0o700)
    _remove_later(call, path, opts.keep)
    return path


@OS.fn(capability="write")
def temp_file(call: HostCall, opts: TempOptions) -> str:
    """A new empty file only for this script, removed at its end unless `keep`."""
    path = _temporary_path(call, opts)
    files.write_bytes(call, path, b"", overwrite=False, mode=0o600)
    _remove_later(call, path, opts.keep)
    return path


def _temporary_path(call: HostCall, opts: TempOptions) -> str:
    import tempfile

    if "/" in opts.suffix or "\0" in opts.suffix:
        raise call.invalid("suffix", "must not contain '/' or a NUL character")
    base = call.context.services.get("temp_dir") or tempfile.gettempdir()
    return join(str(base), f"horus-{os.urandom(8).hex()}{opts.suffix}")


def _remove_later(call: HostCall, path: str, keep: bool) -> None:
    """Put the removal on the run's clean-up stack, or at the end of the process when the host keeps none."""
    disk = call.disk

    def remove() -> None:
        with suppress(OSError):  # what cannot be removed stays; the run is over
            remove_all(disk, path)

    if not keep:
        call.at_end(remove)


# --- measuring -------------------------------------------------------------------------------------------------------


@OS.fn(capability="read")
def hash_(call: HostCall, path: str, algo: str = "sha256") -> str:
    """The hash of a file's content in hex: sha256, sha512, sha1, blake2b or md5."""
    if algo not in {"sha256", "sha512", "sha1", "blake2b", "md5"}:
        raise call.invalid("algo", "is one of sha256, sha512, sha1, blake2b, md5")
    return files.digest(call, path, algo)


@OS.fn(capability="read")
def disk_usage(call: HostCall, path: str) -> dict[str, int]:
    """The bytes of the file system that holds a path: total, used and free."""
    with opened(call, path, "read") as (handle, _):
        facts = call.disk.fstatvfs(handle)
    total, free = facts.f_blocks * facts.f_frsize, facts.f_bavail * facts.f_frsize
    return {"total": total, "used": total - facts.f_bfree * facts.f_frsize, "free": free}
