"""Programs without a shell, and processes."""

import os
import subprocess

import pytest

from horus_runtime.errors import HostFailure, PolicyError
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import sal_modules
from tests.support.host_calls import Caller, FakeContext

PROCESS = sal_modules()["process"]
PROGRAMS = ("echo", "cat", "sh", "false", "sleep", "env", "wc", "pwd", "printf")


@pytest.fixture
def api(tmp_path) -> Caller:
    policy = Policy(run=PROGRAMS, read=(str(tmp_path),), write=(str(tmp_path),), sys=True)
    return Caller(PROCESS, FakeContext(policy, cwd=str(tmp_path), search_path="/usr/bin:/bin", env={"JOB": "j"}))


def failure(function, *args) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args)
    return caught.value.value


def test_run_gives_the_command_result(api):
    result = api.run(["echo", "a b", "c"])
    assert {key: result[key] for key in ("stdout", "stderr", "code", "success", "timed_out", "truncated")} == {
        "stdout": "a b c\n", "stderr": "", "code": 0, "success": True, "timed_out": False, "truncated": False,
    }  # fmt: skip
    assert result["command"][1:] == ["a b", "c"]


def test_a_text_is_split_by_quoting_rules_and_never_seen_by_a_shell(api):
    assert api.output("echo 'a  b' \"c\" $HOME *") == "a  b c $HOME *"
    for text in ("echo a | cat", "echo a; echo b", "echo a > f", "echo a && echo b", "echo `id`"):
        assert failure(api.run, text)["message"] == (
            "process.run: 'argv' has signs of a shell, and there is none; use process.pipe or an array"
        )
    assert failure(api.run, "echo 'open")["message"] == "process.run: 'argv' cannot be split: no closing quotation"
    assert failure(api.run, "")["kind"] == "InvalidArgument"
    assert failure(api.run, [])["kind"] == "InvalidArgument"
    assert failure(api.run, ["echo", 1])["kind"] == "InvalidArgument"


def test_failures_carry_the_result(api):
    found = failure(api.run, ["sh", "-c", "echo out; echo why >&2; exit 3"])
    assert (found["kind"], found["code"], found["message"]) == ("CommandFailed", 3, "'sh' ended with code 3: why")
    assert found["result"]["stdout"] == "out\n"
    assert api.run(["false"], {"check": False})["code"] == 1
    assert api.try_run(["false"])["success"] is False
    assert failure(api.run, ["sleep", "9"], {"timeout": 0.1})["kind"] == "Timeout"
    assert api.try_run(["sleep", "9"], {"timeout": 0.1})["timed_out"] is True


def test_options(api, tmp_path):
    (tmp_path / "d").mkdir()
    assert api.output(["pwd"], {"cwd": "d"}) == str(tmp_path / "d")
    assert api.output(["cat"], {"stdin": "in"}) == "in"
    assert api.lines(["env"], {"env": {"X": "y"}})[-2:] == ["JOB=j", "X=y"]
    assert api.output(["sh", "-c", "echo a; echo b >&2"], {"merge_stderr": True}) == "a\nb"
    assert api.run(["printf", "12345"], {"max_output": 3})["truncated"] is True
    assert failure(api.run, ["env"], {"env": {"LD_PRELOAD": "x"}})["kind"] == "InvalidArgument"
    assert failure(api.run, ["env"], {"env": {"A": 1}})["kind"] == "InvalidArgument"
    assert failure(api.run, ["pwd"], {"cwd": "/"})["kind"] == "PolicyDenied"
    assert failure(api.run, ["pwd"], {"timeout": 0.0})["kind"] == "InvalidArgument"


def test_pipes_have_all_codes(api):
    result = api.pipe([["echo", "a\nb"], "wc -l"])
    assert (result["stdout"].strip(), result["codes"], result["success"]) == ("2", [0, 0], True)
    assert failure(api.pipe, ["false", "cat"])["kind"] == "CommandFailed"
    assert api.pipe(["false", "cat"], {"check": False})["codes"] == [1, 0]
    assert failure(api.pipe, [])["kind"] == "InvalidArgument"


def test_only_allowed_programs_run(api):
    with pytest.raises(PolicyError) as caught:
        api.run(["id"])
    assert caught.value.message == (
        "PolicyDenied: process.run on 'id' is not allowed: the capability 'run' is missing, "
        "grant it with --allow-run=id"
    )
    denied = Caller(PROCESS, FakeContext(Policy(run=("*",), deny_run=("echo",)), search_path="/usr/bin:/bin"))
    with pytest.raises(PolicyError):
        denied.run(["echo"])
    assert denied.output(["printf", "x"]) == "x"
    assert failure(denied.run, ["no-such-program"])["kind"] == "CommandNotFound"
    assert failure(denied.run, ["./relative"])["kind"] == "CommandNotFound"


def test_a_program_that_the_script_can_write_does_not_run(tmp_path):
    program = tmp_path / "tool"
    program.write_text("#!/bin/sh\necho evil\n")
    program.chmod(0o755)
    policy = Policy(run=("tool", "*"), write=(str(tmp_path),))
    api = Caller(PROCESS, FakeContext(policy, search_path=str(tmp_path)))
    with pytest.raises(PolicyError):
        api.run(["tool"])
    named = Policy(run=(str(program),), write=(str(tmp_path),))
    assert Caller(PROCESS, FakeContext(named, search_path=str(tmp_path))).output(["tool"]) == "evil"


def test_the_scripts_path_variable_does_not_choose_the_program(api, tmp_path):
    (tmp_path / "echo").write_text("#!/bin/sh\necho evil\n")
    (tmp_path / "echo").chmod(0o755)
    assert failure(api.run, ["echo", "good"], {"env": {"PATH": str(tmp_path)}})["kind"] == "InvalidArgument"
    assert api.output(["echo", "good"]) == "good"


def test_a_shell_needs_its_own_grant(api):
    with pytest.raises(PolicyError) as caught:
        api.shell("echo a | cat")
    assert caught.value.capability == "shell"
    free = Caller(PROCESS, FakeContext(Policy(shell=True), search_path="/usr/bin:/bin"))
    assert free.shell("echo a | cat")["stdout"] == "a\n"


def test_which_exists_and_require(api):
    assert api.which("echo").endswith("/echo")
    assert api.exists("echo") is True
    assert failure(api.which, "id")["kind"] == "PolicyDenied"
    everything = Caller(PROCESS, FakeContext(Policy(run=("*",)), search_path="/usr/bin:/bin"))
    assert everything.which("no-such") is None
    assert failure(everything.require, ["echo", "no-a", "no-b"])["message"] == "these programs are missing: no-a, no-b"


def test_processes_are_listed_and_ended():
    child = subprocess.Popen(["/bin/sleep", "61.5"])
    try:
        api = Caller(PROCESS, FakeContext(Policy(sys=True, kill_user=True)))
        assert api.find("sleep 61.5")["pid"] == child.pid
        assert api.info(os.getpid())["pid"] == os.getpid()
        assert [item["pid"] for item in api.list("sleep 61.5")] == [child.pid]
        assert failure(api.kill, 1)["kind"] == "InvalidArgument"
        assert failure(api.kill, child.pid, {"signal": "stop"})["kind"] == "InvalidArgument"
        assert api.kill(child.pid) is True
        child.wait()
        assert api.kill(child.pid) is False
        assert failure(api.find, "sleep 61.5")["kind"] == "NotFound"
        assert failure(api.info, -1)["kind"] == "NotFound"
        with pytest.raises(PolicyError):
            Caller(PROCESS, FakeContext(Policy(run=("*",)))).kill(child.pid)
    finally:
        child.kill()
        child.wait()


def test_texts_have_the_encoding_that_the_option_names(api):
    assert api.output(["printf", r"caf\351"], {"encoding": "latin-1"}) == "café"
    assert api.output(["cat"], {"stdin": "café", "encoding": "utf-16-le"}) == "café"
    assert api.output(["wc", "-c"], {"stdin": "é", "encoding": "latin-1"}).strip() == "1"
    assert api.output(["printf", r"caf\351"]) == "caf\ufffd"
    assert failure(api.run, ["cat"], {"encoding": "klingon"})["message"] == (
        "process.run: 'encoding' has the value 'klingon', which is not a known encoding of texts"
    )
    for codec in ("base64", "rot13", "idna\0"):
        assert failure(api.run, ["cat"], {"encoding": codec})["kind"] == "InvalidArgument"
    found = failure(api.run, ["cat"], {"stdin": "a€", "encoding": "latin-1"})
    assert (found["kind"], found["message"]) == (
        "InvalidEncoding",
        "'€' cannot be written in latin-1",
    )


SHOW = "read go; ulimit -v; ulimit -f"
"""A child is restrained right after it started: it waits for its input, which comes later than that."""


def test_memory_and_files_are_as_large_as_the_options_say(api):
    options = {"stdin": "go\n", "max_memory": 512 << 20, "max_file_size": 1 << 20}
    memory, size = api.output(["sh", "-c", SHOW], options).split()
    assert int(memory) == 512 << 10  # KiB
    assert int(size) in {1 << 10, 2 << 10}  # blocks of 1024 or 512 bytes
    assert failure(api.run, ["echo"], {"max_memory": -1})["message"] == "process.run: 'max_memory' must be positive"


def test_the_host_can_set_a_lower_limit_for_all_programs(tmp_path):
    context = FakeContext(Policy(run=PROGRAMS), cwd=str(tmp_path), search_path="/usr/bin:/bin")
    context.services["program_limits"] = {"memory": 256 << 20}
    api = Caller(PROCESS, context)
    assert api.output(["sh", "-c", SHOW], {"stdin": "go\n", "max_memory": 512 << 20}).split()[0] == str(256 << 10)
    assert api.output(["sh", "-c", SHOW], {"stdin": "go\n"}).split()[0] == str(256 << 10)


def test_a_program_that_wants_too_much_fails_and_nothing_else(api):
    grow = 'read go; a=x; while :; do a="$a$a"; done'
    result = api.try_run(["sh", "-c", grow], {"stdin": "go\n", "max_memory": 64 << 20, "timeout": 30})
    assert (result["success"], result["timed_out"]) == (False, False)
    big = api.try_run(["sh", "-c", "read go; printf '%02000d' 1 > big.txt"], {"stdin": "go\n", "max_file_size": 1000})
    assert big["success"] is False
