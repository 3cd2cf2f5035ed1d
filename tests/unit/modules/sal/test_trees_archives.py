"""`os.sync_dir`, `os.archive`, `os.extract`, `text.replacer`, `process.start`, `platform`."""

import io
import os
import tarfile
import time
import zipfile
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from horus_runtime.errors import HostFailure, PolicyError
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import archives, sal_modules
from tests.support.host_calls import Caller, FakeContext

MODULES = sal_modules()


@pytest.fixture
def context(tmp_path):
    policy = Policy(read=(str(tmp_path),), write=(str(tmp_path),), run=("sh", "cat", "sleep"), sys=True)
    with ExitStack() as cleanup:
        yield FakeContext(policy, cwd=str(tmp_path), cleanup=cleanup)


@pytest.fixture
def fs(context):
    return Caller(MODULES["os"], context)


def tree(top: Path, **files: str) -> None:
    for name, text in files.items():
        path = top / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def content(top: Path) -> dict[str, str]:
    return {str(path.relative_to(top)): path.read_text() for path in sorted(top.rglob("*")) if path.is_file()}


def failure(call, *args):
    with pytest.raises(HostFailure) as caught:
        call(*args)
    return caught.value.failure, caught.value.value["message"]


def test_sync_makes_the_target_the_same_and_says_what_it_did(fs, tmp_path):
    tree(tmp_path / "a", x="1", d__y="2", d__e__z="3")
    tree(tmp_path / "b", x="1", d__y="old", extra__q="9")
    assert fs.sync_dir("a", "b", {"dry_run": True, "delete": True}) == {
        "copied": ["d/e/z", "d/y"], "deleted": ["extra", "extra/q"], "unchanged": 1,
    }  # fmt: skip
    assert content(tmp_path / "b") == {"d/y": "old", "extra/q": "9", "x": "1"}
    assert fs.sync_dir("a", "b")["copied"] == ["d/e/z", "d/y"]
    assert content(tmp_path / "b") == {"d/e/z": "3", "d/y": "2", "extra/q": "9", "x": "1"}
    assert fs.sync_dir("a", "b", {"delete": True}) == {"copied": [], "deleted": ["extra", "extra/q"], "unchanged": 3}
    assert content(tmp_path / "b") == content(tmp_path / "a")
    assert failure(fs.sync_dir, "none", "b") == ("NotFound", "there is no file or directory 'none'")
    assert failure(fs.sync_dir, "a/x", "b") == ("NotADirectory", "'a/x' is not a directory")


@pytest.mark.parametrize("name", ["o.tar", "o.tar.gz", "o.tgz", "o.tar.xz", "o.tar.bz2", "o.zip"])
def test_archives_go_round(fs, tmp_path, name):
    tree(tmp_path / "a", x="1", d__y="é")
    (tmp_path / "a" / "d" / "y").chmod(0o755)
    (tmp_path / "a" / "link").symlink_to("x")
    assert fs.archive("a", name) == name
    assert fs.extract(name, "out") == ["out/d/y", "out/x"]
    assert content(tmp_path / "out") == {"d/y": "é", "x": "1"}
    assert [(tmp_path / "out" / part).stat().st_mode & 0o777 for part in ("d/y", "x")] == [0o755, 0o644]
    assert failure(fs.extract, name, "out") == ("AlreadyExists", "'out/x' exists already")
    assert fs.extract(name, "out", {"overwrite": True}) == ["out/d/y", "out/x"]
    assert failure(fs.archive, "a", name) == ("AlreadyExists", f"'{name}' exists already")


def test_other_endings_and_other_files_are_refused(fs, tmp_path):
    tree(tmp_path / "a", x="1")
    assert failure(fs.archive, "a", "o.rar") == (
        "InvalidArgument",
        "os.archive: 'target' must end with one of .tar, .tar.gz, .tgz, .tar.xz, .tar.bz2, .zip",
    )
    kind, message = failure(fs.extract, "a/x", "out")
    assert (kind, message.split(":")[0]) == ("InvalidArgument", "'a/x' cannot be unpacked")
    assert not (tmp_path / "out").exists()


def packed(*entries: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        for entry in entries:
            file.addfile(entry, io.BytesIO(b"\0" * entry.size) if entry.isreg() else None)
    return out.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 1) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, target, size if kind == tarfile.REGTYPE else 0
    return made


@pytest.mark.parametrize(
    "bad",
    [
        entry("../evil"), entry("/etc/evil"), entry("a/../../evil"), entry("a\\..\\..\\evil"), entry("c:/evil"),
        entry("l", tarfile.SYMTYPE, "/etc/passwd"), entry("h", tarfile.LNKTYPE, "../x"),
        entry("f", tarfile.FIFOTYPE), entry("dev", tarfile.CHRTYPE),
    ],
    ids=lambda made: made.name,
)  # fmt: skip
def test_entries_that_lead_elsewhere_are_refused_before_anything_is_written(fs, tmp_path, bad):
    (tmp_path / "o.tar").write_bytes(packed(entry("good"), bad))
    assert failure(fs.extract, "o.tar", "out")[0] == "PolicyDenied"
    assert not (tmp_path / "out").exists()


def test_a_link_in_the_way_is_not_followed(fs, tmp_path):
    (tmp_path / "o.tar").write_bytes(packed(entry("d/x")))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "d").symlink_to("/etc")
    assert failure(fs.extract, "o.tar", "out", {"overwrite": True})[0] == "PolicyDenied"
    (tmp_path / "out" / "d").unlink()
    (tmp_path / "out" / "d").mkdir()
    (tmp_path / "out" / "d" / "x").symlink_to("y")
    assert failure(fs.extract, "o.tar", "out", {"overwrite": True}) == (
        "Conflict", "'out/d/x' is a directory or a link",
    )  # fmt: skip


def test_an_archive_that_grows_without_bound_is_stopped(fs, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "FREE_BYTES", 100_000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", b"\0" * 5_000_000)
    assert failure(fs.extract, "bomb.zip", "out") == (
        "LimitExceeded", "'bomb.zip' becomes too large when it is unpacked",
    )  # fmt: skip
    monkeypatch.setattr(archives, "MAX_ENTRIES", 3)
    (tmp_path / "many.tar").write_bytes(packed(*(entry(f"f{n}") for n in range(5))))
    assert failure(fs.extract, "many.tar", "out") == ("LimitExceeded", "'many.tar' has more than 3 entries")
    assert not (tmp_path / "out").exists()


def test_replacers_apply_their_rules_in_order(context, tmp_path):
    text = Caller(MODULES["text"], context)
    rules = [
        {"find": "a.c", "with": "X"}, {"find": r"(\w+)-(\d+)", "with": "$2:$1", "regex": True},
        {"find": "HELLO", "with": "bye", "ignore_case": True},
    ]  # fmt: skip
    made = text.replacer(rules)
    assert text.replace(made, "a.c abc n-1 hello") == "X abc 1:n bye"
    chain = text.replacement(text.pattern(text.replacer(), "cat"), "dog")
    assert text.replace(text.build(text.case_insensitive(chain, True)), "Cat") == "dog"
    tree(tmp_path, t="n-1")
    assert text.replace_file(made, "t") == "1:n"
    assert (text.replace_file_in_place(made, "t"), text.replace_file_in_place(made, "t")) == (True, False)
    assert text.replace_file_to(made, "t", "u") is False
    assert content(tmp_path) == {"t": "1:n", "u": "1:n"}
    assert failure(text.replacer, [{"find": "(", "with": "", "regex": True}])[0] == "InvalidArgument"
    assert failure(text.replacer, [{"find": "a"}])[0] == "InvalidArgument"


def test_spawned_programs_run_beside_the_script(context):
    process = Caller(MODULES["process"], context)
    job = process.start(["sh", "-c", "echo out; echo err >&2; exit 3"])
    done = process.wait(job, 10.0)
    assert {key: done[key] for key in ("stdout", "stderr", "code", "success", "timed_out")} == {
        "stdout": "out\n", "stderr": "err\n", "code": 3, "success": False, "timed_out": False,
    }  # fmt: skip
    assert process.is_running(job) is False
    echo = process.start(["cat"], {"stdin": "fed"})
    assert process.wait(echo, 10.0)["stdout"] == "fed"


def gone_for_good(pid: int) -> None:
    """The process is not there, or only as an entry that its parent has not read yet."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return
        except psutil.NoSuchProcess:
            return
    raise AssertionError(f"process {pid} still runs")


def test_spawned_programs_are_waited_for_in_bounds_and_ended_whole(context):
    process = Caller(MODULES["process"], context)
    job = process.start(["sh", "-c", "sleep 100 & echo $!; wait"])
    assert process.wait(job, 0.05)["timed_out"] is True
    assert process.kill(process.pid(job)) is True  # a process of the script's own needs no further right
    assert (process.kill(job), process.is_running(job)) == (False, False)
    gone_for_good(int(process.output(job)))


def test_spawned_programs_end_with_the_run(tmp_path):
    with ExitStack() as cleanup:
        context = FakeContext(Policy(run=("sleep",)), cwd=str(tmp_path), cleanup=cleanup)
        process = Caller(MODULES["process"], context)
        jobs = [process.start(["sleep", "100"]) for _ in range(8)]
        assert failure(process.start, ["sleep", "100"]) == (
            "LimitExceeded", "8 programs are running beside the script already",
        )  # fmt: skip
    assert [job.running() for job in jobs] == [False] * 8


def test_processes_of_others_need_a_right_of_their_own(context):
    process = Caller(MODULES["process"], context)
    with pytest.raises(PolicyError) as caught:
        process.kill(os.getppid())
    assert "--allow-kill-user" in caught.value.message
    with pytest.raises(PolicyError):
        process.kill_matching("python")
    assert failure(process.kill_matching, "py")[0] == "InvalidArgument"


def test_the_machine(context):
    platform, process = Caller(MODULES["platform"], context), Caller(MODULES["process"], context)
    assert platform.info()["os"] == platform.os()
    assert (platform.arch(), platform.cpus() >= 1, platform.is_linux()) == (
        platform.info()["arch"], True, platform.os() == "linux",
    )  # fmt: skip
    assert 0 < platform.memory()["available"] <= platform.memory()["total"]
    own = process.info(os.getpid())
    assert (own["pid"], sorted(own)) == (
        os.getpid(), ["command", "cpu_seconds", "memory", "name", "pid", "user"],
    )  # fmt: skip
