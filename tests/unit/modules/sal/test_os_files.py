"""The functions of `os`, on real files below a temporary root."""

import os
import stat
from pathlib import Path

import pytest

from horus_runtime.errors import HostFailure, PolicyError
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import sal_modules
from tests.support.host_calls import Caller, FakeContext


@pytest.fixture
def fs(tmp_path: Path) -> Caller:
    policy = Policy(read=(str(tmp_path),), write=(str(tmp_path),), sys=True)
    return Caller(sal_modules()["os"], FakeContext(policy, cwd=str(tmp_path)))


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def failure(function, *args) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args)
    return caught.value.value


def test_list_dir_gives_sorted_names(fs, tmp_path):
    for name in ("b", "a", ".hidden"):
        (tmp_path / name).write_text("")
    (tmp_path / "sub").mkdir()
    base = str(tmp_path)
    assert fs.list_dir(base) == [".hidden", "a", "b", "sub"]
    assert fs.list_dir(base, {"hidden": False}) == ["a", "b", "sub"]
    assert fs.list_dir(base, {"full": True, "dirs_only": True}) == [f"{base}/sub"]
    assert fs.list_dir(base, {"files_only": True}) == [".hidden", "a", "b"]
    assert fs.list_dir(".", {"full": True, "hidden": False}) == ["./a", "./b", "./sub"]


def test_list_dir_details_are_like_stat(fs, tmp_path):
    (tmp_path / "a").write_text("xyz")
    (tmp_path / "l").symlink_to("a")
    first, second = fs.list_dir(str(tmp_path), {"details": True})
    assert {**fs.stat("a"), "path": "a"} == first
    assert (second["kind"], second["is_link"], second["target"]) == ("link", True, "a")


def test_list_dir_of_a_missing_place_or_a_file_has_a_kind(fs, tmp_path):
    (tmp_path / "file").write_text("")
    assert failure(fs.list_dir, "gone") == {
        "kind": "NotFound",
        "message": "there is no file or directory 'gone'",
        "module": "os",
        "function": "list_dir",
        "path": "gone",
    }
    assert failure(fs.list_dir, "file")["kind"] == "NotADirectory"


def test_wrong_types_and_options_name_function_and_argument(fs):
    assert failure(fs.list_dir, 1)["message"] == "os.list_dir: 'path' must be a string, not i64"
    assert failure(fs.list_dir, 1)["kind"] == "TypeMismatch"
    assert failure(fs.list_dir, ".", {"hiden": 1})["message"] == (
        "os.list_dir: unknown option 'hiden', did you mean 'hidden'?"
    )
    assert failure(fs.list_dir, ".", {"full": 1})["message"] == "os.list_dir: 'full' must be true or false, not i64"
    assert failure(fs.read, "")["message"] == "os.read: 'path' is empty"
    assert failure(fs.read, "a\0b")["kind"] == "InvalidArgument"
    assert failure(fs.read, "x" * 5000)["kind"] == "InvalidArgument"


def test_write_and_read_back(fs, tmp_path):
    assert fs.write("a.txt", "héllo\n") == 7
    assert fs.read("a.txt") == "héllo\n"
    assert fs.append("a.txt", "x\r\ny") == 4
    assert fs.read_lines("a.txt") == ["héllo", "x", "y"]
    assert fs.read_bytes("a.txt") == bytearray("héllo\nx\r\ny".encode())
    assert fs.size("a.txt") == 11
    assert names(tmp_path) == ["a.txt"]


def test_write_replaces_in_one_step_and_keeps_the_mode(fs, tmp_path):
    target = tmp_path / "a"
    target.write_text("old")
    target.chmod(0o640)
    before = target.stat().st_ino
    fs.write("a", "new")
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("new", 0o640)
    assert target.stat().st_ino != before
    fs.write("b", "x", {"mode": 0o600})
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600


def test_write_refuses_what_it_should(fs, tmp_path):
    (tmp_path / "dir").mkdir()
    fs.write("a", "1")
    assert failure(fs.write, "dir", "x")["kind"] == "IsADirectory"
    assert failure(fs.write, "no/such", "x")["kind"] == "NotFound"
    assert failure(fs.write, "a", "x", {"overwrite": False})["kind"] == "AlreadyExists"
    assert failure(fs.write, "a", "x", {"mode": 0o4755})["kind"] == "InvalidArgument"
    assert fs.read("a") == "1"
    assert names(tmp_path) == ["a", "dir"]
    assert fs.write("x/y/z", "deep", {"parents": True}) == 4
    assert fs.write("new", "n", {"overwrite": False}) == 1


def test_writing_through_a_link_changes_its_target(fs, tmp_path):
    fs.write("real", "1")
    (tmp_path / "alias").symlink_to("real")
    fs.write("alias", "2")
    assert (tmp_path / "alias").is_symlink()
    assert (tmp_path / "real").read_text() == "2"


def test_bad_text_is_refused_or_replaced(fs, tmp_path):
    (tmp_path / "bad").write_bytes(b"a\xffb")
    assert failure(fs.read, "bad")["kind"] == "InvalidEncoding"
    assert fs.read("bad", {"errors": "replace"}) == "a\ufffdb"
    assert failure(fs.read, "bad", {"max_bytes": 2}) == {
        "kind": "LimitExceeded",
        "message": "'bad' has more than 2 bytes",
        "module": "os",
        "function": "read",
        "path": "bad",
    }


def test_pipes_and_devices_are_not_opened_for_reading(fs, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert failure(fs.read, "pipe")["message"] == "'pipe' is not a regular file"
    assert failure(fs.write, "pipe", "x")["kind"] == "InvalidArgument"
    everything = Caller(sal_modules()["os"], FakeContext(Policy.allow_all()))
    assert failure(everything.read, "/dev/zero")["kind"] == "InvalidArgument"


def test_files_of_proc_which_have_no_size_are_read(fs):
    everything = Caller(sal_modules()["os"], FakeContext(Policy.allow_all()))
    assert "\n" in everything.read("/proc/self/status")


def test_json_round_trip_and_errors(fs, tmp_path):
    value = {"a": [1, 2.5, "x", None, True]}
    fs.write_json("v.json", value)
    assert (tmp_path / "v.json").read_text() == '{"a":[1,2.5,"x",null,true]}\n'
    assert fs.read_json("v.json") == value
    fs.write("bad.json", '{"a": }')
    assert failure(fs.read_json, "bad.json")["message"] == (
        "'bad.json': the value is not JSON: Expecting value at line 1, column 7"
    )
    fs.write("big.json", "[18446744073709551616]")
    assert failure(fs.read_json, "big.json")["message"] == "'big.json': '[0]' is an integer beyond 64 bits"
    assert failure(fs.write_json, "n.json", {"a": [float("nan")]})["message"] == (
        "os.write_json: 'a[0]' is not a finite number"
    )
    assert not (tmp_path / "n.json").exists()


def test_mkdir_makes_parents_and_says_whether_it_made_something(fs, tmp_path):
    assert fs.mkdir("a/b/c") is True
    assert fs.mkdir("a/b/c") is False
    assert fs.mkdir("a/b/") is False
    (tmp_path / "file").write_text("")
    assert failure(fs.mkdir, "file")["kind"] == "NotADirectory"
    assert failure(fs.mkdir, "file/x")["kind"] == "NotADirectory"


def test_delete_says_whether_something_went(fs, tmp_path):
    fs.write("d/e/f", "x", {"parents": True})
    assert fs.delete("nothing") is False
    assert failure(fs.delete, "d")["kind"] == "NotEmpty"
    assert fs.delete("d", {"recursive": True}) is True
    assert fs.delete("d", {"recursive": True}) is False
    fs.mkdir("empty")
    assert fs.delete("empty") is True
    assert names(tmp_path) == []


def test_delete_removes_a_link_and_not_its_target(fs, tmp_path):
    fs.write("keep/file", "x", {"parents": True})
    (tmp_path / "link").symlink_to("keep")
    fs.mkdir("tree")
    (tmp_path / "tree" / "inner").symlink_to("../keep")
    assert fs.delete("link") is True
    assert fs.delete("tree", {"recursive": True}) is True
    assert fs.read("keep/file") == "x"


def test_exists_follows_links_and_is_link_does_not(fs, tmp_path):
    fs.write("a", "")
    fs.mkdir("d")
    (tmp_path / "good").symlink_to("a")
    (tmp_path / "broken").symlink_to("gone")
    (tmp_path / "loop").symlink_to("loop")
    assert [fs.exists(name) for name in ("a", "d", "good", "broken", "gone", "a/x")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert [fs.is_link(name) for name in ("a", "good", "broken", "loop", "gone")] == [False, True, True, True, False]
    assert [fs.is_file(name) for name in ("a", "d", "good")] == [True, False, True]
    assert [fs.is_dir(name) for name in ("a", "d", "good")] == [False, True, False]
    assert failure(fs.read, "loop")["message"] == "'loop' leads through too many links"


def test_stat_of_files_links_and_broken_links(fs, tmp_path):
    fs.write("a", "xyz", {"mode": 0o600})
    modified = int((tmp_path / "a").stat().st_mtime)
    facts = {"path": "a", "kind": "file", "size": 3, "mode": 0o600, "modified": modified, "is_link": False}
    assert fs.stat("a") == facts
    (tmp_path / "l").symlink_to("a")
    assert fs.stat("l") == {**facts, "path": "l", "is_link": True, "target": "a"}
    (tmp_path / "b").symlink_to("gone")
    assert fs.stat("b")["kind"] == "link"
    assert failure(fs.stat, "gone")["kind"] == "NotFound"


def test_find_walks_sorted_and_honours_depth_and_hidden(fs):
    for path in ("t/a.py", "t/s/b.py", "t/s/deep/c.py", "t/.h/d.py", "t/n.txt"):
        fs.write(path, "", {"parents": True})
    assert fs.find_files("t", "*.py") == ["t/.h/d.py", "t/a.py", "t/s/b.py", "t/s/deep/c.py"]
    assert fs.find_files("t", "*.py", {"hidden": False, "max_depth": 2}) == ["t/a.py", "t/s/b.py"]
    assert fs.find_files("t", "s/*.py") == ["t/s/b.py", "t/s/deep/c.py"]
    assert fs.find_dirs("t", "*") == ["t/.h", "t/s", "t/s/deep"]
    assert fs.find_file("t", "n.*") == "t/n.txt"
    assert failure(fs.find_file, "t", "*.py")["count"] == 4
    assert failure(fs.find_dir, "t", "zz")["kind"] == "NotFound"
    assert failure(fs.find_files, "t", "*", {"limit": 2})["kind"] == "LimitExceeded"
    assert failure(fs.find_files, "t", "")["kind"] == "InvalidArgument"
    assert fs.walk("t", {"hidden": False})[0] == {"path": "t", "dirs": ["s"], "files": ["a.py", "n.txt"]}


def test_copy_and_move_files_and_trees(fs, tmp_path):
    fs.write("s/a", "1", {"parents": True})
    fs.write("s/d/b", "2", {"parents": True})
    (tmp_path / "s" / "l").symlink_to("a")
    assert fs.copy("s", "t") == "t"
    assert (tmp_path / "t" / "l").readlink() == Path("a")
    assert fs.read("t/d/b") == "2"
    assert failure(fs.copy, "s", "t")["kind"] == "AlreadyExists"
    assert failure(fs.copy, "s", "s/inner")["kind"] == "InvalidArgument"
    assert fs.move("t", "u") == "u"
    assert not fs.exists("t")
    assert failure(fs.move, "gone", "x")["kind"] == "NotFound"
    assert failure(fs.rename, "u/a", "u/d/b")["kind"] == "AlreadyExists"
    assert fs.rename("u/a", "u/d/b", {"overwrite": True}) == "u/d/b"
    assert fs.read("u/d/b") == "1"


def test_chmod_refuses_setuid_bits(fs, tmp_path):
    fs.write("a", "")
    fs.chmod("a", 0o640)
    fs.make_executable("a")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o750
    assert failure(fs.chmod, "a", 0o4755)["kind"] == "InvalidArgument"


def test_chdir_changes_only_the_script(fs, tmp_path):
    fs.mkdir("d")
    before = Path.cwd()
    assert fs.chdir("d") == str(tmp_path / "d")
    fs.write("x", "1")
    assert (tmp_path / "d" / "x").read_text() == "1"
    assert fs.cwd() == str(tmp_path / "d")
    assert Path.cwd() == before


def test_temporary_places_are_private_and_go_away(tmp_path):
    from contextlib import ExitStack

    with ExitStack() as stack:
        policy = Policy(read=(str(tmp_path),), write=(str(tmp_path),))
        fs = Caller(sal_modules()["os"], FakeContext(policy, temp_dir=str(tmp_path), cleanup=stack))
        directory, file, kept = fs.temp_dir(), fs.temp_file({"suffix": ".txt"}), fs.temp_file({"keep": True})
        assert stat.S_IMODE(Path(directory).stat().st_mode) == 0o700
        assert stat.S_IMODE(Path(file).stat().st_mode) == 0o600
        assert file.endswith(".txt")
        fs.write(f"{directory}/x", "1")
    assert names(tmp_path) == [Path(kept).name]


def test_hash_and_touch_and_disk_usage(fs):
    assert fs.touch("a") is True
    assert fs.touch("a") is False
    assert fs.hash("a") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert fs.hash("a", "md5") == "d41d8cd98f00b204e9800998ecf8427e"
    assert failure(fs.hash, "a", "crc")["kind"] == "InvalidArgument"
    assert sorted(fs.disk_usage(".")) == ["free", "total", "used"]


def test_platform_and_sleep(fs):
    assert sorted(fs.platform()) == ["arch", "hostname", "os", "release"]
    assert fs.is_windows() is False
    assert failure(fs.require_platform, "plan9")["kind"] == "Unavailable"
    fs.sleep(0.001)
    assert failure(fs.sleep, -1)["kind"] == "InvalidArgument"


def test_a_refused_path_names_capability_and_flag(fs):
    with pytest.raises(PolicyError) as caught:
        fs.read("/etc/passwd")
    assert caught.value.message == (
        "PolicyDenied: os.read on '/etc/passwd' is not allowed: the capability 'read' is missing, "
        "grant it with --allow-read=/etc/passwd"
    )
    assert caught.value.capability == "read"
    assert caught.value.exit_code == 4
