"""The cache on disk: private files, keyed digests, a bound on its size, and silence when anything is wrong."""

import os
import stat
from pathlib import Path

import pytest

from horus_runtime import cache
from horus_runtime.cache import DiskCache, digest

KEY = digest(b"a key")


@pytest.fixture
def disk(tmp_path):
    return DiskCache(str(tmp_path / "base"))


def entry_of(disk, key=KEY):
    return Path(disk.folder) / f"{key.hex()}.entry"


def test_what_was_put_is_found_by_another_process(disk, tmp_path):
    disk.put(KEY, b"content")
    assert DiskCache(str(tmp_path / "base")).get(KEY) == b"content"


def test_nothing_is_made_before_something_is_put(disk, tmp_path):
    assert disk.get(KEY) is None
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_was_not_put_has_no_entry(disk):
    disk.put(KEY, b"content")
    assert disk.get(digest(b"another key")) is None


def test_folder_secret_and_entries_belong_to_the_owner_alone(disk):
    disk.put(KEY, b"content")
    modes = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in Path(disk.folder).iterdir()}
    assert modes == {".secret": 0o600, f"{KEY.hex()}.entry": 0o600}
    assert stat.S_IMODE(Path(disk.folder).lstat().st_mode) == 0o700


@pytest.mark.parametrize("at", [0, 20, 46, -1])
def test_an_entry_with_one_changed_byte_is_not_there(disk, at):
    disk.put(KEY, b"content")
    data = bytearray(entry_of(disk).read_bytes())
    data[at] ^= 1
    entry_of(disk).write_bytes(bytes(data))
    assert disk.get(KEY) is None


@pytest.mark.parametrize("kept", [0, 10, 40, 50])
def test_an_entry_that_was_cut_off_is_not_there(disk, kept):
    disk.put(KEY, b"content")
    entry_of(disk).write_bytes(entry_of(disk).read_bytes()[:kept])
    assert disk.get(KEY) is None


def test_an_entry_under_another_name_is_not_there(disk):
    other = digest(b"another key")
    disk.put(KEY, b"content")
    entry_of(disk).rename(entry_of(disk, other))
    assert disk.get(other) is None


def test_an_entry_from_the_cache_of_somebody_else_is_not_there(disk, tmp_path):
    foreign = DiskCache(str(tmp_path / "foreign"))
    foreign.put(KEY, b"foreign content")
    disk.put(digest(b"another key"), b"content")
    entry_of(disk).write_bytes(entry_of(foreign).read_bytes())
    entry_of(disk).chmod(0o600)
    assert disk.get(KEY) is None


def test_an_entry_that_others_may_write_is_not_there(disk):
    disk.put(KEY, b"content")
    entry_of(disk).chmod(0o622)
    assert disk.get(KEY) is None


def test_an_entry_that_is_a_link_is_not_there(disk, tmp_path):
    disk.put(KEY, b"content")
    entry_of(disk).rename(tmp_path / "elsewhere")
    entry_of(disk).symlink_to(tmp_path / "elsewhere")
    assert disk.get(KEY) is None


def test_a_folder_that_others_may_enter_is_not_used(disk, tmp_path):
    disk.put(KEY, b"content")
    Path(disk.folder).chmod(0o755)
    again = DiskCache(str(tmp_path / "base"))
    again.put(digest(b"another key"), b"content")
    assert again.get(KEY) is None
    assert again.info()["usable"] is False
    assert again.info()["entries"] == 1


def test_a_folder_that_is_a_link_is_not_used(disk, tmp_path):
    disk.put(KEY, b"content")
    Path(disk.folder).rename(tmp_path / "elsewhere")
    Path(disk.folder).symlink_to(tmp_path / "elsewhere")
    assert DiskCache(str(tmp_path / "base")).get(KEY) is None


def test_a_folder_that_cannot_be_made_means_no_cache(tmp_path):
    (tmp_path / "base").write_text("a file")
    disk = DiskCache(str(tmp_path / "base"))
    disk.put(KEY, b"content")
    assert disk.get(KEY) is None


def test_a_second_put_replaces_the_first(disk):
    disk.put(KEY, b"first")
    disk.put(KEY, b"second")
    assert disk.get(KEY) == b"second"
    assert disk.info()["entries"] == 1


def test_the_entries_not_used_for_longest_go_when_the_bound_is_passed(tmp_path):
    disk = DiskCache(str(tmp_path), max_bytes=10_000)
    keys = [digest(b"%d" % number) for number in range(6)]
    for age, key in enumerate(keys):
        disk.put(key, bytes(1900))
        if entry_of(disk, key).exists():
            os.utime(entry_of(disk, key), (1_000_000 + age, 1_000_000 + age))
    disk.evict()
    assert [disk.get(key) is not None for key in keys] == [False, False, False, True, True, True]


def test_content_larger_than_the_bound_is_not_stored(tmp_path):
    disk = DiskCache(str(tmp_path), max_bytes=2_000)
    disk.put(KEY, bytes(2_000))
    assert disk.info()["entries"] == 0


def test_eviction_removes_what_a_dead_writer_left(disk):
    disk.put(KEY, b"content")
    left = Path(f"{entry_of(disk)}.1-1.part")
    left.write_bytes(b"half")
    os.utime(left, (1_000_000, 1_000_000))
    disk.evict()
    assert not left.exists()
    assert disk.get(KEY) == b"content"


def test_clear_removes_every_entry_and_says_how_many(disk):
    disk.put(KEY, b"content")
    disk.put(digest(b"another key"), b"content")
    assert disk.clear() == 2
    assert disk.get(KEY) is None
    assert disk.info()["entries"] == 0


def test_a_hit_marks_an_old_entry_as_used(disk):
    disk.put(KEY, b"content")
    os.utime(entry_of(disk), (1_000_000, 1_000_000))
    assert disk.get(KEY) == b"content"
    assert entry_of(disk).lstat().st_mtime > 1_000_000


def test_keys_tell_where_parts_end():
    assert digest(b"ab", b"c") != digest(b"a", b"bc")


@pytest.mark.parametrize("value", ["off", "OFF", "0", "no", "false", ""])
def test_the_environment_switches_the_default_cache_off(monkeypatch, value):
    monkeypatch.setenv("HORUS_CACHE", value)
    assert cache.default_cache() is None


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HORUS_CACHE", str(tmp_path))
    assert cache.default_cache().folder == f"{tmp_path}/compiled"


def test_the_default_folder_is_the_users(monkeypatch, tmp_path):
    monkeypatch.delenv("HORUS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.default_cache().folder == f"{tmp_path}/horus/compiled"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.default_cache().folder == f"{tmp_path}/.cache/horus/compiled"


def test_the_code_stamp_is_the_same_in_one_installation():
    first = cache.code_stamp()
    cache.code_stamp.cache_clear()
    assert cache.code_stamp() == first


def test_the_code_stamp_looks_at_every_folder_of_the_compiler_and_runtime(monkeypatch):
    seen = []
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: seen.append(Path(path)) or scan(path))
    cache.code_stamp.__wrapped__()
    package = Path(cache.__file__).parent
    outside = {"analysis/lints", "syntax/formatting"}
    parts = {"ast", "syntax", "analysis", "optimize", "codegen", "runtime", "engine", "modules"}
    folders = {path.parent.relative_to(package).as_posix() for path in package.rglob("*.py")}
    wanted = {folder for folder in folders if folder.split("/")[0] in parts} - outside
    assert wanted - {path.relative_to(package).as_posix() for path in seen if path.is_relative_to(package)} == set()
