"""An overlay answers like the real disk on which the same was done, and the disk below it stays as it was."""

import os
import random
import shutil
import stat

import pytest

from horus_runtime.modules.disk import entry_status, remove_all
from horus_runtime.planning.overlay import Overlay
from tests.support.snapshots import snapshot

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW


@pytest.fixture
def overlay():
    made = Overlay(memory=64)
    yield made
    made.end()


def put(disk, path, data, flags=APPEND, mode=0o644):
    handle = disk.open(str(path), flags, mode)
    try:
        while data:
            data = data[disk.write(handle, data) :]
    finally:
        disk.close(handle)


def get(disk, path):
    handle = disk.open(str(path), os.O_RDONLY)
    try:
        found = b""
        while block := disk.read(handle, 7):
            found += block
        return found
    finally:
        disk.close(handle)


def tree(disk, top):
    """Everything below a directory as the disk shows it: type, mode, content or target."""
    found = {}
    for name in sorted(disk.listdir(top)):
        path = f"{top}/{name}"
        status = disk.stat(path, follow_symlinks=False)
        kind = stat.S_IFMT(status.st_mode)
        mode = stat.S_IMODE(status.st_mode)
        if kind == stat.S_IFDIR:
            found[name] = (kind, mode, tree(disk, path))
        elif kind == stat.S_IFLNK:
            found[name] = (kind, None, disk.readlink(path))
        else:
            content = get(disk, path)
            assert status.st_size == len(content)
            found[name] = (kind, mode, content)
    return found


def make(top):
    (top / "a" / "deep" / "er").mkdir(parents=True)
    (top / "b").mkdir()
    (top / "a" / "one.txt").write_text("one\n")
    (top / "a" / "deep" / "two.txt").write_text("two\n" * 40)
    (top / "a" / "deep" / "er" / "three").write_bytes(b"\0\1\2")
    (top / "b" / "four").write_text("")
    (top / "b" / "four").chmod(0o600)
    (top / "b" / "to_one").symlink_to("../a/one.txt")
    (top / "to_a").symlink_to("a")
    (top / "nowhere").symlink_to("none/at/all")


NAMES = ["a", "b", "c", "one.txt", "two.txt", "deep", "er", "three", "four", "to_one", "to_a", "nowhere", "new", "x"]


def places(rng):
    return "/".join(rng.choice(NAMES) for _ in range(rng.choice([1, 2, 2, 3])))


def step(disk, top, rng):
    """One random operation; what it gives, or the number of its error."""
    one, two, kind = f"{top}/{places(rng)}", f"{top}/{places(rng)}", rng.randrange(12)
    data = bytes([65 + rng.randrange(20)]) * rng.randrange(100)
    mode = rng.choice([0o600, 0o644, 0o755, 0o700])
    try:
        if kind == 0:
            return put(disk, one, data, NEW, mode)
        if kind in {1, 2}:
            return put(disk, one, data)
        if kind == 3:
            return disk.mkdir(one, mode)
        if kind == 4:
            return disk.unlink(one)
        if kind == 5:
            return disk.rmdir(one)
        if kind in {6, 7}:
            return disk.rename(one, two)
        if kind == 8:
            return disk.symlink(rng.choice(["a", "../b", "one.txt", "x"]), one)
        if kind == 9:
            handle = disk.open(one, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                return disk.fchmod(handle, mode)
            finally:
                disk.close(handle)
        if kind == 10:
            return remove_all(disk, one) if entry_status(disk, one) else None
        return get(disk, one) if stat.S_ISREG(disk.stat(one).st_mode) else sorted(disk.listdir(one))
    except OSError as error:
        return error.errno


@pytest.mark.parametrize("seed", range(90))
def test_it_answers_like_the_disk(tmp_path, seed):
    below, real = tmp_path / "below", tmp_path / "real"
    below.mkdir()
    make(below)
    shutil.copytree(below, real, symlinks=True)
    before = snapshot(below)
    overlay = Overlay(memory=random.Random(seed).choice([0, 100, 10_000]))
    try:
        first, second = random.Random(seed), random.Random(seed)
        for number in range(60):
            assert step(overlay, str(below), first) == step(os, str(real), second), number
            assert tree(overlay, str(below)) == tree(os, str(real)), number
    finally:
        overlay.end()
    assert snapshot(below) == before
