"""Paths and trees of every bad kind: each is refused with its kind, and leaves nothing open or half written."""

import os
import socket
from pathlib import Path

import pytest

from horus_runtime.errors import HostFailure, PolicyError
from horus_runtime.modules import disk, host
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import paths, sal_modules
from tests.support.host_calls import Caller, FakeContext

MODULES = sal_modules()


@pytest.fixture(params=["openat2", "walk", "overlay"])
def fs(request, monkeypatch, tmp_path):
    if request.param == "overlay":
        monkeypatch.setattr(host, "REAL", request.getfixturevalue("overlay"))
    if request.param == "walk":
        monkeypatch.setattr(paths, "kernel_walk", lambda: None)
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    policy = Policy(read=(str(root),), write=(str(root),))
    return Caller(MODULES["os"], FakeContext(policy, cwd=str(root)))


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


@pytest.fixture(autouse=True)
def descriptors():
    """No test leaves a descriptor behind."""
    before = list(Path("/proc/self/fd").iterdir())
    yield
    assert len(list(Path("/proc/self/fd").iterdir())) <= len(before)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def kind(call, *args) -> str:
    with pytest.raises(HostFailure) as caught:
        call(*args)
    return caught.value.failure


def bad_places(root: Path) -> dict[str, str]:
    """A path of every bad kind, and the kind of error that reading it gives."""
    (root / "dir").mkdir()
    (root / "loop").symlink_to("loop2")
    (root / "loop2").symlink_to("loop")
    (root / "dangling").symlink_to("none")
    (root / "out").symlink_to("../outside/secret")
    (root / "absolute").symlink_to("/etc/hostname")
    (root / "outdir").symlink_to("../outside")
    os.mkfifo(root / "fifo")
    (root / "binary").write_bytes(b"\xff\xfe")
    made = socket.socket(socket.AF_UNIX)
    made.bind(str(root / "socket"))
    made.close()
    (root / "device").symlink_to("/dev/zero")
    return {
        "none": "NotFound", "dir": "IsADirectory", "dir/": "IsADirectory", "binary/x": "NotADirectory",
        "loop": "InvalidArgument", "dangling": "NotFound", "out": "PolicyDenied", "absolute": "PolicyDenied",
        "outdir/secret": "PolicyDenied", "../outside/secret": "PolicyDenied", "/etc/passwd": "PolicyDenied",
        "fifo": "InvalidArgument", "socket": "InvalidArgument", "device": "PolicyDenied", "binary": "InvalidEncoding",
        "": "InvalidArgument", "nul\0name": "InvalidArgument", "x" * 300: "InvalidArgument",
        "y/" * 3000: "InvalidArgument", "/proc/self/mem": "PolicyDenied", "\udcff": "NotFound",
    }  # fmt: skip


def test_reading_says_what_is_wrong_with_every_bad_path(fs, root):
    assert {path: kind(fs.read, path) for path in bad_places(root)} == bad_places_again(root)


def bad_places_again(root: Path) -> dict[str, str]:
    for entry in root.iterdir():
        entry.rmdir() if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    return bad_places(root)


READERS = {
    "read_lines": (), "read_bytes": (), "read_json": (), "size": (), "hash": (), "stat": (), "list_dir": (),
    "find_files": ("*",), "walk": (), "disk_usage": (), "chdir": (), "read_link": (),
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_no_reader_leaves_the_root_or_waits_for_ever(fs, root, name):
    for path, wanted in bad_places(root).items():
        if wanted != "PolicyDenied" or (name in {"stat", "read_link"} and (root / path).is_symlink()):
            continue  # a link itself lies inside
        assert kind(getattr(fs, name), path, *READERS[name]) == "PolicyDenied", path
    for path in ("", "nul\0", "y/" * 3000):
        assert kind(getattr(fs, name), path, *READERS[name]) == "InvalidArgument", path
    if name not in {"stat", "disk_usage"}:
        assert kind(getattr(fs, name), "fifo", *READERS[name]) in {"InvalidArgument", "NotADirectory"}
    assert kind(getattr(fs, name), "none", *READERS[name]) == "NotFound"


WRITERS = {
    "write": ("x",), "append": ("x",), "write_json": (1,), "touch": (), "mkdir": (), "chmod": (0o600,),
    "make_executable": (), "delete": (),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
def test_no_writer_leaves_the_root_or_changes_what_is_outside(fs, root, name, tmp_path):
    places = bad_places(root)
    for path, wanted in places.items():
        if wanted != "PolicyDenied" or (name == "delete" and (root / path).is_symlink()):
            continue  # deleting a link takes the link, which lies inside
        assert kind(getattr(fs, name), path, *WRITERS[name]) == "PolicyDenied", path
    for path in ("", "nul\0", "y/" * 3000):
        assert kind(getattr(fs, name), path, *WRITERS[name]) == "InvalidArgument", path
    assert (tmp_path / "outside" / "secret").read_text() == "secret"
    assert names(tmp_path) == ["outside", "root"]
    assert not [entry for entry in names(root) if entry.endswith(".tmp")]


def test_writing_into_wrong_places_leaves_nothing_half_written(fs, root):
    (root / "dir").mkdir()
    (root / "file").write_text("old")
    os.mkfifo(root / "fifo")
    assert kind(fs.write, "dir", "x") == "IsADirectory"
    assert kind(fs.write, "none/x", "x") == "NotFound"
    assert kind(fs.write, "file/x", "x") == "NotADirectory"
    assert kind(fs.write, "file", "x", {"overwrite": False}) == "AlreadyExists"
    assert kind(fs.append, "fifo", "x") in {"InvalidArgument", "NotFound"}
    assert kind(fs.write_json, "file", {"a": float("nan")}) == "InvalidArgument"
    assert kind(fs.write, "file", "x", {"mode": 0o4755}) == "InvalidArgument"
    assert kind(fs.mkdir, "file") == "NotADirectory"
    assert kind(fs.chmod, "file", 0o4755) == "InvalidArgument"
    assert (names(root), (root / "file").read_text()) == (["dir", "fifo", "file"], "old")


def test_a_hard_link_to_the_outside_cannot_be_made(fs, root):
    assert kind(fs.link, "../outside/secret", "link") == "PolicyDenied"
    assert kind(fs.link, "/etc/passwd", "link") == "PolicyDenied"
    assert names(root) == []


def test_names_that_differ_in_case_only_are_other_names(fs, root):
    (root / "Name").write_text("big")
    assert kind(fs.read, "name") == "NotFound"
    assert kind(fs.read, str(root).upper() + "/Name") == "PolicyDenied"


def test_a_huge_file_is_refused_before_it_is_read(fs, root):
    with (root / "huge").open("wb") as file:
        file.truncate(10 << 30)
    for call in (fs.read, fs.read_lines, fs.read_bytes, fs.read_json):
        assert kind(call, "huge") == "LimitExceeded"
    assert fs.size("huge") == 10 << 30
    assert kind(fs.read, "huge", {"max_bytes": 10}) == "LimitExceeded"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_the_system_refuses_is_told_as_that(fs, root):
    (root / "locked").mkdir(0o000)
    (root / "file").write_text("x")
    (root / "file").chmod(0)
    assert kind(fs.read, "file") == "PermissionDenied"
    assert kind(fs.list_dir, "locked") == "PermissionDenied"


# --- trees -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(root):
    """A tree with links that leave it, at several depths."""
    (root / "tree" / "a").mkdir(parents=True)
    (root / "tree" / "a" / "f").write_text("1")
    (root / "tree" / "out").symlink_to("../../outside")
    (root / "tree" / "a" / "secret").symlink_to("/etc/passwd")
    return root / "tree"


def test_tree_work_stays_inside(fs, tree, root, tmp_path):
    assert fs.find_files("tree", "*") == ["tree/a/f"]
    assert [visited["path"] for visited in fs.walk("tree")] == ["tree", "tree/a"]
    assert kind(fs.copy, "tree", "copy") == "InvalidArgument"
    assert kind(fs.hash, "tree/a/secret") == "PolicyDenied"
    assert fs.move("tree", "moved") == "moved"
    assert fs.delete("moved", {"recursive": True}) is True
    assert (tmp_path / "outside" / "secret").read_text() == "secret"
    assert not (root / "moved").exists()


def test_deleting_does_not_cross_into_another_file_system(fs, tree, root, monkeypatch):
    if host.REAL is not disk.REAL:
        pytest.skip("what is faked here is a call of the system")
    real = os.fstat

    def fstat(handle):
        found = real(handle)
        if Path(f"/proc/self/fd/{handle}").readlink().match("tree/a"):
            values = list(found)
            values[2] += 1
            return os.stat_result(values)
        return found

    monkeypatch.setattr(os, "fstat", fstat)
    assert kind(fs.delete, "tree", {"recursive": True}) == "Conflict"
    assert (root / "tree" / "a" / "f").read_text() == "1"


def test_a_denied_entry_saves_the_whole_tree(root, tree):
    policy = Policy(read=(str(root),), write=(str(root),), deny_write=(str(tree / "a" / "f"),))
    fs = Caller(MODULES["os"], FakeContext(policy, cwd=str(root)))
    (tree / "b").write_text("2")
    with pytest.raises(PolicyError):
        fs.delete("tree", {"recursive": True})
    assert names(tree) == ["a", "b", "out"]


def test_deep_trees_end_with_an_error(fs, root):
    deep = root / "deep"
    deep.joinpath(*["d"] * 80).mkdir(parents=True)
    assert kind(fs.delete, "deep", {"recursive": True}) == "LimitExceeded"
    assert kind(fs.copy, "deep", "copy") == "LimitExceeded"
    assert deep.joinpath(*["d"] * 80).is_dir()
