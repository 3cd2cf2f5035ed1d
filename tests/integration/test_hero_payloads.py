"""Hero payloads from text to output: real repositories, a container engine that may be missing, script lines."""

from pathlib import Path
from typing import Any

import pytest

from horus_runtime.engine import Engine
from horus_runtime.errors import DeadlineError, EvalError, HostFailure, ParseError, PolicyError
from horus_runtime.heroscript import Event, check_payload, run_payload
from horus_runtime.limits import Limits
from horus_runtime.modules.policy import Policy
from horus_runtime.runtime.scope import Scope
from tests.support.repositories import make_repository

SEED = '!!git.list\nprint("Repositories listed")\n!!docker.ps\n'
DAEMON = "Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?"


class Bench:
    """An engine with a code root, a fake container engine, and what was printed."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.code = place / "code"
        make_repository(self.code / "github" / "acme" / "app")
        (place / "bin").mkdir()
        self.docker(f"echo '{DAEMON}' >&2; exit 1")
        self.printed: list[str] = []
        self.engine = self.make()

    def make(self, policy: Policy | None = None, limits: Limits | None = None) -> Engine:
        engine = Engine.sal(
            policy or Policy.hero(str(self.place)), limits=limits, code_root=str(self.code),
            search_path=f"{self.place}/bin:/usr/bin:/bin",
        )  # fmt: skip
        engine.on_print(self.printed.append)
        return engine

    def docker(self, body: str) -> None:
        program = self.place / "bin" / "docker"
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)

    def run(self, text: str, **options: Any) -> Any:
        return run_payload(text, self.engine, name="p.hero", **options)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def listing(bench: Bench) -> list[str]:
    place = f"{bench.code}/github/acme/app"
    return [f"{'REPOSITORY'.ljust(len(place))}  BRANCH  STATE", f"{place}  [main]  OK"]


def test_the_seed_payload_with_an_engine_that_answers(bench):
    row = '{"ID":"1","Names":"web","Image":"nginx","Status":"Up","Ports":"80/tcp","State":"running"}'
    bench.docker(f"echo '{row}'")
    result = bench.run(SEED)
    assert bench.printed == [
        *listing(bench), "Repositories listed", "NAME  IMAGE  STATUS  PORTS", "web   nginx  Up      80/tcp",
    ]  # fmt: skip
    assert result[0]["name"] == "web"


def test_the_seed_payload_without_an_engine_fails_clearly(bench):
    with pytest.raises(HostFailure) as caught:
        bench.run(SEED)
    error = caught.value
    assert error.failure == "Unavailable"
    assert error.render() == (
        "p.hero:3:1\n3: !!docker.ps\n"
        f"   ^ docker.ps: Unavailable: the container engine does not answer: {DAEMON}\n"
        "hint: start it, or let the payload go on without: --allow-unavailable docker"
    )
    assert bench.printed == [*listing(bench), "Repositories listed"]


def test_a_missing_engine_can_be_a_warning(bench):
    assert bench.run(SEED, allow_unavailable={"docker"}) is None
    assert bench.printed[-1] == f"warning: docker.ps: the container engine does not answer: {DAEMON}"


def test_only_the_named_engine_may_be_missing(bench):
    with pytest.raises(HostFailure):
        bench.run(SEED, allow_unavailable={"git"})


def test_scope_and_functions_are_shared_by_all_lines(bench):
    text = (
        "let a = twice(2)\n!!git.list name:none\nlet b = a + 1\n!!git.list name:none\nfn twice(x) { x * 2 }\ntwice(b)"
    )
    assert bench.run(text) == 10


def test_the_value_is_that_of_the_last_element(bench):
    assert bench.run("!!git.list\n1 + 1") == 2
    assert [item["name"] for item in bench.run("let a = 1\n!!git.list")] == ["app"]
    assert bench.run("") is None


def test_statements_before_an_action_need_no_semicolon(bench):
    for statement in (
        "let m = #{}",
        "print(1)",
        "let s = `x`",
        "fn f() {}",
        "if true { 1 } else { 2 }",
        "{ let x = 1 }",
    ):
        bench.run(f"{statement}\n!!git.list name:none\nprint(2)")


def test_a_scope_of_the_caller_is_used_and_left_clean(bench):
    scope = Scope()
    scope.push("x", 20)
    assert bench.run("!!git.list name:none\nlet y = x + 1;\ny", scope=scope) == 21
    assert (scope["y"], scope.contains("__payload__")) == (21, False)


def test_everything_is_checked_before_anything_runs(bench):
    for text in ("!!git.list\nlet x = ;", '!!git.list\n!!git.list x:"open', "!!git.list\n!!docker.nothing"):
        with pytest.raises(ParseError):
            bench.run(text)
    assert bench.printed == []


def test_all_problems_of_actions_are_reported_at_once(bench):
    with pytest.raises(ParseError) as caught:
        bench.run("!!git.list filer:x extra\nprint(1)\n!!docker.pss\n!!nobody.does it:1\n!!docker.ps all:maybe")
    assert (caught.value.kind, caught.value.position) == ("InvalidAction", (1, 12))
    assert caught.value.message.split("\n") == [
        "unknown parameter 'filer' of git.list, did you mean 'filter'?",
        "line 1: git.list takes no arguments without a name, 'extra' is one",
        "line 3: unknown action 'docker.pss', did you mean 'docker.ps'?",
        "line 4: unknown action 'nobody.does' (there is no actor 'nobody')",
        "line 5: 'all' of docker.ps is 'maybe': should be a valid boolean, unable to interpret input",
    ]


def test_an_unknown_parameter_hides_no_other_problem_of_its_action(bench):
    with pytest.raises(ParseError) as caught:
        bench.run("!!osal.exec timeout:soon comand:x")
    assert caught.value.message.split("\n") == [
        "osal.exec needs the parameter 'cmd'",
        "line 1: 'timeout' of osal.exec is 'soon': should be a valid number, unable to parse string as a number",
        "line 1: unknown parameter 'comand' of osal.exec, did you mean 'cmd'?",
    ]


def test_errors_of_script_lines_show_the_payloads_own_lines(bench):
    with pytest.raises(EvalError) as caught:
        bench.run("!!git.list\n    name:none\n\nlet a = 1;\nprint(b)")
    assert caught.value.render() == "p.hero:5:7\n5: print(b)\n         ^ Variable not found: b"
    with pytest.raises(ParseError) as parse:
        bench.run("!!git.list\nlet x = ;")
    assert parse.value.render().startswith("p.hero:2:9\n2: let x = ;\n")


def test_an_action_needs_the_same_rights_as_the_function_behind_it(bench):
    bench.engine = bench.make(Policy.deny_all())
    with pytest.raises(PolicyError) as caught:
        bench.run("!!git.list")
    assert caught.value.capability == "git"
    assert caught.value.exit_code == 4
    assert caught.value.position == (1, 1)


def test_the_deadline_holds_for_actions_too(bench):
    bench.docker("sleep 60")
    bench.engine = bench.make(limits=Limits(max_duration=0.3))
    with pytest.raises(DeadlineError):
        bench.run("!!docker.ps")


def test_listeners_are_told_what_happens(bench):
    seen: list[tuple[str, str]] = []

    def listen(event: Event) -> None:
        seen.append((event.what, event.action.full_name))

    bench.run(SEED, allow_unavailable={"docker"}, on_event=listen)
    assert seen == [
        ("started", "git.list"), ("done", "git.list"), ("started", "docker.ps"), ("unavailable", "docker.ps"),
    ]  # fmt: skip


def test_hosts_add_their_own_actions(bench):
    from horus_runtime.heroscript.builtin import builtin_actions
    from horus_runtime.heroscript.registry import ActionCall, ActionParams

    actions = builtin_actions().copy()

    class Greet(ActionParams):
        name: str
        times: int = 1
        args: list[str] = []  # noqa: RUF012 - pydantic copies it

    @actions.action("demo.greet")
    def greet(call: ActionCall, params: Greet) -> str:
        """Say hello."""
        call.print(f"hello {params.name} " * params.times + " ".join(params.args))
        return params.name

    greet.__annotations__["params"] = Greet
    assert bench.run("!!demo.greet loudly name:Ann times:2", actions=actions) == "Ann"
    assert bench.printed == ["hello Ann hello Ann loudly"]
    with pytest.raises(ParseError) as caught:
        bench.run("!!demo.greet times:two", actions=actions)
    assert caught.value.message == (
        "demo.greet needs the parameter 'name'\nline 1: 'times' of demo.greet is 'two': should be a valid integer, "
        "unable to parse string as an integer"
    )


def test_checking_runs_nothing(bench):
    payload = check_payload(SEED, bench.engine, name="p.hero")
    assert [action.full_name for action in payload.actions] == ["git.list", "docker.ps"]
    assert bench.printed == []
    with pytest.raises(ParseError):
        check_payload("!!git.list\nlet", bench.engine)


def test_hundreds_of_actions_run(bench):
    bench.run("!!git.list name:none\n" * 30)
    assert len(bench.printed) == 30
