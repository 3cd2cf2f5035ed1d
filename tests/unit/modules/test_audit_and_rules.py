"""Rules for programs, presets, fatal refusals, quotas, the audit log, and the smallest policy that would do."""

import io
import json

import pytest

from horus_runtime.engine import Engine
from horus_runtime.errors import EvalError, HostFailure, PolicyError, PolicyStop
from horus_runtime.modules.audit import AuditLog, Needs, as_flags, as_toml
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import sal_modules
from tests.support.host_calls import Caller, FakeContext

MODULES = sal_modules()


@pytest.mark.parametrize(
    ("rule", "argv", "allowed"),
    [
        ("git", ["git"], True),
        ("git", ["git", "push", "--force"], True),
        ("git status", ["git", "status"], True),
        ("git status", ["git", "status", "-s"], False),
        ("git status", ["git"], False),
        ("git log **", ["git", "log"], True),
        ("git log **", ["git", "log", "-1", "x"], True),
        ("git log **", ["git", "logs"], False),
        ("git show * **", ["git", "show"], False),
        ("git show * **", ["git", "show", "HEAD", "a"], True),
        ("systemctl restart app-*", ["systemctl", "restart", "app-web"], True),
        ("systemctl restart app-*", ["systemctl", "restart", "ssh"], False),
        ("echo 'two words'", ["echo", "two words"], True),
        ("* --version", ["anything", "--version"], True),
        ("* --version", ["anything", "--help"], False),
    ],
)
def test_argument_patterns(rule, argv, allowed):
    assert Policy(run=(rule,)).program(argv[0], None, argv[1:]).allowed is allowed


def test_denied_arguments_beat_every_grant():
    policy = Policy(run=("git", "*"), deny_run=("git push **",))
    assert policy.program("git", None, ["status"]).allowed
    assert policy.program("git", None, ["push", "origin"]) == (False, "deny_run=git push **")
    assert policy.program("git").allowed
    assert not Policy.allow_all().grant(deny_run=("rm",)).program("rm", None, []).allowed


def test_rules_may_be_tables_in_policy_files():
    policy = Policy.from_dict({"run": ["ls", {"program": "git", "args": ["log", "two words", "**"]}]})
    assert policy.run == ("ls", "git log 'two words' '**'")
    assert policy.program("git", None, ["log", "two words", "x"]).allowed
    with pytest.raises(ValueError) as caught:
        Policy.from_dict({"run": [{"prog": "git"}]})
    assert str(caught.value) == (
        "a rule of policy field 'run' has a program and perhaps a list args, not {'prog': 'git'}"
    )


def test_narrowing_keeps_the_narrower_rule_and_never_widens():
    mine = Policy(run=("git", "ls -l", "git log *"))
    assert mine.narrow(Policy(run=("git log **", "ls"))).run == ("git log **", "ls -l")
    assert mine.narrow(Policy(run=("*",))).run == mine.run
    assert Policy(run=("git log *",)).narrow(Policy(run=("git log a b",))).run == ()


def test_a_refused_argument_names_the_flag_that_would_grant_it(tmp_path):
    process = Caller(MODULES["process"], FakeContext(Policy(run=("printf ok",)), cwd=str(tmp_path)))
    assert process.output(["printf", "ok"]) == "ok"
    with pytest.raises(PolicyError) as caught:
        process.output(["printf", "not ok"])
    assert caught.value.message.endswith("grant it with --allow-run='printf '\"'\"'not ok'\"'\"''")


def test_presets(tmp_path):
    root = str(tmp_path)
    assert Policy.preset("none") == Policy()
    assert Policy.preset("readonly", root) == Policy.readonly(root)
    assert Policy.preset("workspace", root) == Policy.workspace(root)
    assert (Policy.preset("network", root).git, Policy.preset("network", root).docker) == ("remote", "off")
    assert Policy.preset("operator", root).docker == "manage"
    assert Policy.preset("full") == Policy.allow_all()
    with pytest.raises(ValueError) as caught:
        Policy.preset("everything")
    assert str(caught.value) == (
        "a preset is one of none, readonly, workspace, network, operator, full, not 'everything'"
    )


def test_a_fatal_refusal_passes_through_every_try():
    script = 'try { os.read("/etc/hostname"); } catch { print("caught"); }'
    printed = []
    engine = Engine.sal(Policy(on_denied="fatal"))
    engine.on_print(printed.append)
    with pytest.raises(PolicyStop) as caught:
        engine.eval(script)
    assert (caught.value.exit_code, caught.value.position, printed) == (4, (1, 10), [])
    assert caught.value.message == (
        "PolicyDenied: os.read on '/etc/hostname' is not allowed: the capability 'read' is missing, "
        "grant it with --allow-read=/etc/hostname"
    )
    with pytest.raises(ValueError) as wrong:
        Policy(on_denied="maybe")
    assert str(wrong.value) == "policy field 'on_denied' is error or fatal, not 'maybe'"
    assert Policy(on_denied="fatal").narrow(Policy()).on_denied == "fatal"


@pytest.mark.parametrize(
    ("quota", "call"),
    [
        ("processes", lambda use: use("process").run(["true"])),
        ("bytes written", lambda use: use("os").write("f", "x")),
        ("network requests", lambda use: use("http").status("http://127.0.0.1:1/")),
    ],
)
def test_a_run_may_use_only_so_much(tmp_path, quota, call):
    policy = Policy(write=(str(tmp_path),), run=("true",), net=("127.0.0.1",), private_net=True)
    context = FakeContext(policy, cwd=str(tmp_path), quotas={quota: 0})
    with pytest.raises(HostFailure) as caught:
        call(lambda name: Caller(MODULES[name], context))
    assert (caught.value.failure, caught.value.value["message"].endswith(f": a run may use 0 {quota}")) == (
        "LimitExceeded", True,
    )  # fmt: skip


SCRIPT = """let a = os.read("a.txt");
os.write("out/b.txt", a, #{parents: true});
os.exists("sub/c");
env.HOME;
process.which("git");
platform.os();
fn inner() { git.list() }
inner();
"""


def test_the_log_has_a_line_for_every_decision_with_its_place(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    stream = io.StringIO()
    engine = Engine.sal(Policy(read=(str(tmp_path),)), cwd=str(tmp_path))
    engine.services["audit"] = AuditLog(stream, job="j-1", everything=True)
    with pytest.raises(EvalError):
        engine.eval(SCRIPT)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "job": "j-1", "capability": "read", "function": "os.read", "subject": "a.txt", "allowed": True,
        "rule": "read", "line": 1, "column": 12,
    }  # fmt: skip
    assert (second["function"], second["allowed"], second["line"], second["rule"]) == ("os.write", False, 2, "")


def test_granted_reads_are_left_out_of_a_plain_log(tmp_path):
    stream = io.StringIO()
    engine = Engine.sal(Policy(read=(str(tmp_path),)), cwd=str(tmp_path))
    engine.services["audit"] = AuditLog(stream)
    engine.eval('os.exists("a"); try { os.read("/etc/hostname"); } catch {}')
    assert [json.loads(line)["allowed"] for line in stream.getvalue().splitlines()] == [False]


def test_the_smallest_policy_is_enough_and_its_parts_are_needed(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "code").mkdir()
    needs = Needs(cwd=str(tmp_path))
    services = {"cwd": str(tmp_path), "code_root": str(tmp_path / "code")}
    Engine.sal(Policy.allow_all(), audit=needs, **services).eval(SCRIPT)
    found = needs.policy()
    root = str(tmp_path)
    assert found == Policy(
        read=(f"{root}/a.txt", f"{root}/code", f"{root}/sub/c"), write=(f"{root}/out",),
        run=("git",), env=("HOME",), git="read", sys=True,
    )  # fmt: skip
    Engine.sal(found, **services).eval(SCRIPT)
    for name in ("read", "write", "run", "env", "git", "sys"):
        without = Policy(**{**found.to_dict(), name: getattr(Policy(), name)})
        with pytest.raises(EvalError) as caught:
            Engine.sal(without, **services).eval(SCRIPT)
        assert isinstance(caught.value.root(), PolicyError)
    assert Policy.from_dict(__import__("tomllib").loads(as_toml(found))) == found
    assert "--allow-git=read" in as_flags(found)


def test_deny_rules_are_not_undone(tmp_path):
    needs = Needs(cwd=str(tmp_path))
    engine = Engine.sal(Policy(read=(str(tmp_path),), deny_read=(str(tmp_path),)), cwd=str(tmp_path), audit=needs)
    (tmp_path / "x").write_text("")
    with pytest.raises(PolicyError):
        engine.eval('os.read("x")')
    assert needs.policy() == Policy()
