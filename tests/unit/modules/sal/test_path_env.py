"""Paths as texts, and the script's own environment."""

import os

import pytest

from horus_runtime.errors import HostFailure, PolicyError
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import sal_modules
from tests.support.host_calls import Caller, FakeContext

MODULES = sal_modules()


def failure(function, *args) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args)
    return caught.value.value


@pytest.fixture
def path() -> Caller:
    return Caller(MODULES["path"], FakeContext())


def test_path_functions(path):
    assert [path.join("a", "b"), path.join("a/", "b", "c"), path.join("a", "/b"), path.join("a", "")] == [
        "a/b", "a/b/c", "/b", "a",
    ]  # fmt: skip
    assert [path.name(p) for p in ("a/b.txt", "a/b/", "/", "")] == ["b.txt", "b", "", ""]
    assert [path.stem(p) for p in ("a/b.tar.gz", ".bashrc", "a/")] == ["b.tar", ".bashrc", "a"]
    assert [path.ext(p) for p in ("a/b.tar.gz", ".bashrc", "a.b/c")] == ["gz", "", ""]
    assert [path.parent(p) for p in ("a/b", "a", "/a", "/", "a/b/")] == ["a", ".", "/", "/", "a"]
    assert [path.parts(p) for p in ("/a//./b", "a/../b")] == [["/", "a", "b"], ["a", "..", "b"]]
    assert [path.is_absolute(p) for p in ("/a", "a")] == [True, False]
    assert [path.normalize(p) for p in ("a/../b//c/.", "//a", "", "../a")] == ["b/c", "/a", ".", "../a"]
    assert [path.relative(*p) for p in (("/a/b", "/a/c"), ("a/b", "a"), ("/a", "/a"))] == ["../b", "b", "."]
    assert [path.with_ext(*p) for p in (("a/b.md", "html"), ("a", ".x"), ("a.b", ""))] == ["a/b.html", "a.x", "a"]
    assert path.common(["/a/bc/d", "/a/bd"]) == "/a"
    assert [path.matches(*p) for p in (("a/b.py", "*.py"), ("a/b.py", "b/*"), ("a/b.py", "a/?.py"))] == [
        True, False, True,
    ]  # fmt: skip
    inside = [("/a/b", "/a"), ("/ab", "/a"), ("/a/../b", "/a"), ("x", "."), ("../x", ".")]
    assert [path.is_inside(*pair) for pair in inside] == [True, False, False, True, False]


def test_wrong_paths_have_kinds(path):
    assert failure(path.name, "a\0")["message"] == "path.name: 'path' contains a NUL character"
    assert failure(path.relative, "/a", "b")["kind"] == "InvalidArgument"
    assert failure(path.common, [])["kind"] == "InvalidArgument"
    assert failure(path.common, ["/a", "b"])["kind"] == "InvalidArgument"
    assert failure(path.matches, "a", "")["kind"] == "InvalidArgument"
    assert failure(path.join, 1, "a")["kind"] == "TypeMismatch"


def test_resolve_looks_at_the_disk_and_needs_the_right_to(path, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(PolicyError):
        path.resolve(str(tmp_path / "link"))
    allowed = Caller(MODULES["path"], FakeContext(Policy(read=(str(tmp_path),))))
    assert allowed.resolve(str(tmp_path / "link")) == str((tmp_path / "real").resolve())


def test_the_jobs_variables_are_visible_and_the_real_ones_only_by_name(monkeypatch):
    monkeypatch.setenv("REAL_ONE", "1")
    monkeypatch.setenv("OTHER", "2")
    env = Caller(MODULES["env"], FakeContext(Policy(env=("REAL_*",)), env={"JOB": "j"}))
    assert (env.get("JOB"), env.get("REAL_ONE"), env.get("NONE", "d"), env.get("OTHER", "d")) == ("j", "1", "d", "d")
    assert (env.has("JOB"), env.has("OTHER"), env.has("NONE")) == (True, False, False)
    assert env.all() == {"JOB": "j", "REAL_ONE": "1"}
    with pytest.raises(PolicyError) as caught:
        env.get("OTHER")
    assert caught.value.message.endswith("grant it with --allow-env=OTHER")
    assert failure(env.get, "REAL_NONE")["kind"] == "NotFound"


def test_setting_a_variable_changes_only_the_script():
    env = Caller(MODULES["env"], FakeContext())
    env.set("MINE", "1")
    assert (env.get("MINE"), env.unset("MINE"), env.unset("MINE")) == ("1", True, False)
    assert "MINE" not in os.environ
    assert failure(env.set, "LD_PRELOAD", "x")["kind"] == "InvalidArgument"
    assert failure(env.set, "A=B", "x")["kind"] == "InvalidArgument"


def test_files_of_variables(tmp_path):
    (tmp_path / ".env").write_text("# c\nA=1\nexport B='two words'\n\nC=$A\n")
    (tmp_path / "bad").write_text("A=1\nnonsense\n")
    env = Caller(MODULES["env"], FakeContext(Policy(read=(str(tmp_path),)), cwd=str(tmp_path)))
    assert env.load_file(".env") == {"A": "1", "B": "two words", "C": "$A"}
    assert env.get("B") == "two words"
    assert failure(env.load_file, "bad")["message"] == "'bad' line 2 does not set a variable"
