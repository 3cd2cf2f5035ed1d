"""The guarded runner: output limits, time limits, process groups, environments."""

import os
import time
from pathlib import Path

import pytest

from horus_runtime.errors import DeadlineError, HostFailure, TerminatedError
from horus_runtime.modules.host import HostCall
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal.commands import Command, built_environment, is_refused_name, run
from tests.support.host_calls import FakeContext


def call(**services) -> HostCall:
    return HostCall(FakeContext(**services), "process", "run")


def sh(script: str, **options) -> Command:
    return Command(("/bin/sh", "-c", script), **options)


def test_output_code_and_input():
    outcome = run(call(), sh("cat; echo err >&2; exit 3", stdin=b"in" * 100_000))
    assert (outcome.stdout, outcome.stderr, outcome.code) == (b"in" * 100_000, b"err\n", 3)
    assert (outcome.success, outcome.timed_out, outcome.truncated) == (False, False, False)
    assert list(outcome.to_map()) == [
        "stdout", "stderr", "code", "success", "timed_out", "truncated", "duration_ms", "command",
    ]  # fmt: skip


def test_a_program_that_ignores_its_input_is_fine():
    assert run(call(), sh("exit 0", stdin=b"x" * 1_000_000)).success


def test_output_beyond_the_limit_is_dropped_not_kept():
    outcome = run(call(), sh("yes | head -c 3000000", max_output=1000))
    assert (len(outcome.stdout), outcome.truncated, outcome.code) == (1000, True, 0)


def test_a_program_that_never_ends_is_stopped_at_its_limit():
    started = time.monotonic()
    outcome = run(call(), sh("exec sleep 60", timeout=0.2))
    assert (outcome.timed_out, outcome.code, outcome.success) == (True, -1, False)
    assert time.monotonic() - started < 5


def test_a_program_that_prints_for_ever_is_stopped():
    outcome = run(call(), sh("yes", timeout=0.2, max_output=10))
    assert (outcome.timed_out, outcome.stdout) == (True, b"y\ny\ny\ny\ny\n")


def test_grandchildren_die_with_the_group(tmp_path):
    script = f"(trap '' TERM; sleep 60) & echo $! > {tmp_path}/pid; wait"
    run(call(), sh(script, timeout=0.3))
    pid = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not _alive(pid):
            break
        time.sleep(0.02)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_helpers_left_behind_do_not_hold_the_call():
    started = time.monotonic()
    outcome = run(call(), sh("sleep 60 & echo done"))
    assert (outcome.stdout, outcome.success) == (b"done\n", True)
    assert time.monotonic() - started < 5


def test_the_scripts_deadline_ends_the_program():
    with pytest.raises(DeadlineError):
        run(HostCall(FakeContext(seconds=0.2), "process", "run"), sh("sleep 60"))


def test_a_stop_from_the_host_ends_the_program():
    context = FakeContext()
    calls = 0

    def charge(operations: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise TerminatedError

    context.charge = charge
    started = time.monotonic()
    with pytest.raises(TerminatedError):
        run(HostCall(context, "process", "run"), sh("sleep 60"))
    assert time.monotonic() - started < 5


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptors_are_left_open_or_inherited(tmp_path):
    before = open_descriptors()
    with (tmp_path / "f").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        outcome = run(call(), sh("ls /proc/self/fd"))
    assert outcome.stdout.split() == [b"0", b"1", b"2", b"3"]
    assert open_descriptors() == before


def test_missing_programs_have_kinds(tmp_path):
    (tmp_path / "plain").write_text("")
    for name, kind in ((f"{tmp_path}/none", "CommandNotFound"), (f"{tmp_path}/plain", "PermissionDenied")):
        with pytest.raises(HostFailure) as caught:
            run(call(), Command((name,)))
        assert caught.value.failure == kind


def test_the_environment_is_built_not_inherited(monkeypatch):
    monkeypatch.setenv("SECRET", "s")
    monkeypatch.setenv("APP_MODE", "m")
    monkeypatch.setenv("LD_PRELOAD", "x")
    monkeypatch.delenv("TZ", raising=False)
    made = built_environment(
        call(
            policy=Policy(env=("APP_*", "LD_*")), env={"JOB": "1", "PATH": "/evil"}, search_path="/bin", temp_dir="/t"
        ),
        {"X": "y"},
    )
    assert made == {"PATH": "/bin", "LANG": "C.UTF-8", "HOME": "/t", "APP_MODE": "m", "JOB": "1", "X": "y"}


def test_names_that_choose_programs_are_refused():
    refused = ["PATH", "LD_PRELOAD", "PYTHONPATH", "GIT_SSH_COMMAND", "BASH_ENV", "https_proxy", "A=B", "", "IFS"]
    assert [is_refused_name(name) for name in refused] == [True] * len(refused)
    assert [is_refused_name(name) for name in ("GIT_AUTHOR_NAME", "HOME_PAGE", "FOO")] == [False] * 3
