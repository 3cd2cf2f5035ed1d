"""`horus cache`, and scripts that come from it."""

import json

import pytest


@pytest.fixture
def cached(tmp_path, monkeypatch, work):
    """A cache of the test's own and a script to run."""
    monkeypatch.setenv("HORUS_CACHE", str(tmp_path / "cache"))
    (work / "hello.rhai").write_text('print("hi");')
    return tmp_path / "cache" / "compiled"


def test_a_script_that_ran_is_in_the_cache(horus, cached):
    assert json.loads(horus("cache", "info", "--json").out)["entries"] == 0
    assert horus("run", "hello.rhai") == (0, "hi\n", "")
    found = json.loads(horus("cache", "info", "--json").out)
    assert (found["enabled"], found["folder"], found["usable"]) == (True, str(cached), True)
    assert found["entries"] >= 1
    assert 0 < found["size"] < found["max_bytes"] == 64 * 1024 * 1024


def test_info_is_what_cache_alone_shows(horus, cached):
    assert (
        horus("cache")
        == horus("cache", "info")
        == (0, f"folder:  {cached}\nentries: 0\nsize:    0 of 67108864 bytes\n", "")
    )


def test_clear_says_how_many_entries_there_were(horus, cached):
    horus("run", "hello.rhai")
    count = json.loads(horus("cache", "info", "--json").out)["entries"]
    assert json.loads(horus("cache", "clear", "--json").out) == {"removed": count}
    assert horus("cache", "clear") == (0, "removed 0 entries\n", "")
    assert horus("run", "hello.rhai") == (0, "hi\n", "")


def test_a_folder_that_is_open_to_others_is_told(horus, cached):
    cached.mkdir(parents=True)
    cached.chmod(0o755)
    assert horus("cache").out.splitlines()[-1] == (
        "not in use: the folder must belong to you and be closed to others (mode 0700)"
    )


def test_a_cache_that_is_off_is_told(horus, monkeypatch):
    monkeypatch.setenv("HORUS_CACHE", "off")
    assert horus("cache") == (0, "the cache is off (HORUS_CACHE)\n", "")
    assert json.loads(horus("cache", "info", "--json").out) == {"enabled": False}
    assert horus("cache", "clear") == (0, "removed 0 entries\n", "")
