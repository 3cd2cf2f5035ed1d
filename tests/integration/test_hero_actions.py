"""The package's actions, includes, placeholders and the module `hero`, from payload text to what is printed."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from horus_runtime.engine import Engine
from horus_runtime.engine.presets import add_osiris
from horus_runtime.errors import EvalError, HostFailure, ParseError, PolicyError
from horus_runtime.heroscript import ActionCall, ActionParams, run_payload
from horus_runtime.heroscript.builtin import builtin_actions
from horus_runtime.modules.policy import Policy
from tests.support.repositories import make_repository


class Bench:
    def __init__(self, place: Path) -> None:
        self.place = place
        self.printed: list[str] = []

    def run(self, text: str, policy: Policy | None = None, **options: Any) -> Any:
        self.printed = []
        granted = policy or Policy.workspace(str(self.place)).grant(run=("sh", "printf", "false", "env"), git="remote")
        engine = Engine.sal(granted, cwd=str(self.place), code_root=str(self.place / "code"))
        add_osiris(engine, self.place / "store.db")
        engine.on_print(self.printed.append)
        try:
            return run_payload(text, engine, name=options.pop("name", "p.hero"), **options)
        finally:
            engine.services["osiris"].close()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


# --- placeholders ----------------------------------------------------------------------------------------------------


def test_values_are_filled_from_the_scope_then_from_the_session(bench):
    text = (
        "!!session.env_set key:who val:world\n"
        "let name = 'x'; let n = 41;\n"
        "!!play.echo content:'{who} ${n} {name} {later} {none}'\n"
        "let later = 1;\n"
        "!!session.env_set key:n val:session\n"
        "n += 1;\n"
        "!!play.echo content:'{n} {later}'\n"
    )
    bench.run(text)
    assert bench.printed == ["# world 41 x {later} {none}", "# 42 1"]


def test_a_typed_value_may_wait_for_its_words_and_is_checked_then(bench):
    text = "let seconds = {};\n!!osal.exec cmd:'printf hi' timeout:{{seconds}}\n"
    bench.run(text.format("5"))
    assert bench.printed == ["hi"]
    with pytest.raises(HostFailure) as caught:
        bench.run(text.format('"soon"'))
    assert caught.value.render() == (
        "p.hero:2:1\n2: !!osal.exec cmd:'printf hi' timeout:{seconds}\n"
        "   ^ osal.exec: InvalidArgument: 'timeout' of osal.exec is 'soon': should be a valid number, "
        "unable to parse string as a number"
    )


def test_a_variable_can_be_set_once_only(bench):
    text = "!!session.env_set_once key:a value:1\n!!session.env_set_once key:A val:2"
    with pytest.raises(HostFailure) as caught:
        bench.run(text)
    assert caught.value.failure == "AlreadyExists"


# --- includes --------------------------------------------------------------------------------------------------------


def test_an_included_file_runs_in_the_place_of_the_action_in_the_same_scope(bench):
    (bench.place / "lib").mkdir()
    included = "let y = twice(x)\n!!play.echo content:'{y} @word'\nfn twice(n) { n * 2 }"
    (bench.place / "lib" / "a.hero").write_text(included)
    text = "let x = 4\n!!play.include path:lib/a.hero replace:word:ok\nprint(y + 1)\n!!play.include path:lib/a.hero"
    bench.run(text)
    assert bench.printed == ["# 8 ok", "9"]
    (bench.place / "lib" / "b.hero").write_text("")
    assert bench.run("!!play.include path:lib/b.hero") is None
    (bench.place / "lib" / "b.hero").write_text("6 * 7")
    assert bench.run("1\n!!play.include path:lib/b.hero") == 42


def test_errors_name_the_included_file_and_its_line(bench):
    (bench.place / "a.hero").write_text("let a = 1;\n\nfail(a)\n")
    with pytest.raises(EvalError) as caught:
        bench.run("print(1)\n!!play.include path:a.hero\nprint(2)")
    assert caught.value.render() == "a.hero:3:1\n3: fail(a)\n   ^ Function not found: fail (i64)"
    assert bench.printed == ["1"]
    (bench.place / "b.hero").write_text("\n!!nobody.acts\n")
    with pytest.raises(ParseError) as wrong:
        bench.run("!!git.lst\n!!play.include path:b.hero")
    assert wrong.value.message.split("\n") == [
        "unknown action 'git.lst', did you mean 'git.list'?",
        "b.hero line 2: unknown action 'nobody.acts' (there is no actor 'nobody')",
    ]
    (bench.place / "c.hero").write_text("let z = 1")
    with pytest.raises(EvalError) as after:
        bench.run("!!play.include path:c.hero\nfail(2)")
    assert after.value.render() == "p.hero:2:1\n2: fail(2)\n   ^ Function not found: fail (i64)"


def test_circles_missing_files_and_refused_files_end_before_anything_runs(bench):
    (bench.place / "a.hero").write_text("!!play.include path:b.hero")
    (bench.place / "b.hero").write_text("!!play.include path:a.hero")
    with pytest.raises(ParseError) as circle:
        bench.run("print(1)\n!!play.include path:a.hero")
    assert circle.value.message == "files include each other in a circle: a.hero -> b.hero -> a.hero"
    with pytest.raises(HostFailure) as missing:
        bench.run("print(1)\n!!play.include path:none.hero")
    assert missing.value.render() == (
        "p.hero:2:1\n2: !!play.include path:none.hero\n   ^ NotFound: there is no file or directory 'none.hero'"
    )
    with pytest.raises(PolicyError) as refused:
        bench.run("print(1)\n!!play.include path:/etc/hostname", Policy())
    assert "--allow-read=/etc/hostname" in refused.value.message
    assert bench.printed == []


# --- actions from script code ----------------------------------------------------------------------------------------


def test_script_code_runs_actions_anywhere_and_reads_the_latest_result(bench):
    text = (
        "!!play.echo content:first\n"
        "print(hero.last());\n"
        'fn each(items) { for item in items { hero.run("play.echo", #{content: `n ${item}`}); } hero::last() }\n'
        "each([1, 2])"
    )
    assert bench.run(text) == "n 2"
    assert bench.printed == ["# first", "first", "# n 1", "# n 2"]
    with pytest.raises(EvalError) as caught:
        bench.run('!!play.echo content:x\nhero.run("play.eco", #{});')
    assert caught.value.message == "InvalidArgument: unknown action 'play.eco', did you mean 'play.echo'?"


def test_hosts_add_actions_of_their_own(bench):
    actions = builtin_actions().copy()

    class Greet(ActionParams):
        name: str
        args: list[str] = Field([])

    @actions.action("my.greet")
    def greet(call: ActionCall, params: Greet) -> Any:
        """Say hello."""
        call.print(f"hello {params.name} {params.args}")
        return params.name

    assert bench.run("!!my.greet loudly name:Ann", actions=actions) == "Ann"
    assert bench.printed == ["hello Ann ['loudly']"]
    assert "my.greet" not in builtin_actions().specs


# --- the actions -----------------------------------------------------------------------------------------------------


def test_programs_run_with_their_output_codes_and_retries(bench):
    assert bench.run("!!osal.exec cmd:'printf hi'")["stdout"] == "hi"
    assert bench.printed == ["hi"]
    assert bench.run("!!osal.exec_silent cmd:false ignore_error:true")["code"] == 1
    assert bench.run("!!process.run cmd:false ignore_error_codes:1,2 retry:2")["success"] is False
    with pytest.raises(HostFailure) as caught:
        bench.run("!!osal.exec cmd:false")
    assert caught.value.value["message"] == "'false' ended with code 1"
    with pytest.raises(HostFailure) as signs:
        bench.run("!!osal.exec cmd:'printf a | sh'")
    assert signs.value.failure == "InvalidArgument"
    with pytest.raises(PolicyError) as shell:
        bench.run("!!osal.exec cmd:'printf a | sh' shell:")
    assert "--allow-shell" in shell.value.message
    got = bench.run("!!osal.exec cmd:env environment:'A=1, B=2 3' stdout:false")["stdout"].splitlines()
    assert {"A=1", "B=2 3"} <= set(got)


def test_variables_and_markers(bench):
    (bench.place / "x.env").write_text("FROM_FILE='f 1'\n")
    text = (
        "!!osal.env_set key:A value:1\n!!osal.env_set key:A value:2 overwrite:false\n"
        "!!osal.env_set_all bee:3\n!!osal.load_env_file file_path:x.env\n!!osal.env_unset key:NONE\n"
        "print([env.A, env.BEE, env.FROM_FILE]);\n"
        "!!osal.done_set key:install\n!!osal.done_set key:config value:v2\n!!osal.done_print\n"
        "!!osal.done_delete key:install\n!!osal.done_print\n!!osal.done_reset\n!!osal.done_print\n"
    )
    bench.run(text)
    assert bench.printed == ['["1", "3", "f 1"]', "config: v2", "install", "config: v2"]
    assert not (bench.place / ".horus-done.json").exists()


def test_repositories_are_selected_and_changed(bench):
    app = make_repository(bench.place / "code" / "github" / "acme" / "app")
    (app / "new.txt").write_text("x")
    bench.run("!!git.repo_action name:app action:commit message:'add it'")
    assert bench.printed[0].startswith(f"{app}: commit ")
    bench.run("!!git.repo_action filter:acme action:branch_create branchname:dev\n!!git.list\n!!git.reload_cache")
    assert bench.printed[-1] == f"{app}  [dev]   OK"
    bench.run("!!git.repo_action action:commit message:again\n!!git.repo_action action:tag_create tagname:v1")
    assert bench.printed == [f"{app}: nothing to commit", f"{app}: tag_create done"]
    with pytest.raises(HostFailure) as none:
        bench.run("!!git.repo_action name:other action:pull")
    assert none.value.value["message"] == "no repository is selected"
    assert bench.run("!!git.repo_action name:other action:pull error_ignore:true") == []
    with pytest.raises(HostFailure) as word:
        bench.run("!!git.repo_action name:app action:commit")
    assert word.value.value["message"] == "the action 'commit' needs the parameter 'message'"
    with pytest.raises(ParseError) as unknown:
        bench.run("!!git.repo_action name:app action:explode")
    assert unknown.value.message.startswith("'action' of git.repo_action is 'explode': should be 'pull', 'commit'")
    bench.run("!!git.repo_action name:app action:delete")
    assert not app.exists()


def test_clone_is_idempotent_and_define_counts_once(bench):
    origin = make_repository(bench.place / "origin" / "acme" / "lib")
    text = (
        "!!git.define coderoot:work light:false\n!!git.define coderoot:other\n"
        f"!!git.clone url:file://{origin} path:work/x/acme/lib\n!!git.clone url:file://{origin} path:work/x/acme/lib\n"
        "!!git.list\n"
    )
    bench.run(text)
    assert bench.printed[:2] == ["work/x/acme/lib: cloned", "work/x/acme/lib: there already"]
    assert bench.printed[3] == "work/x/acme/lib  [main]  OK"
    with pytest.raises(HostFailure) as offline:
        bench.run(f"!!git.define offline:true\n!!git.clone url:file://{origin} path:work/y")
    assert offline.value.failure == "Unavailable"


def test_files_that_do_not_belong_into_repositories_are_reported(bench):
    app = make_repository(bench.place / "code" / "github" / "acme" / "app")
    (app / "bin").mkdir()
    (app / "bin" / "tool").write_text("x")
    (app / "a.zip").write_text("x")
    assert bench.run("!!git.check error_ignore:true") == [f"{app}/a.zip", f"{app}/bin/tool"]
    with pytest.raises(HostFailure) as caught:
        bench.run("!!git.check name:app")
    assert caught.value.failure == "ValidationFailed"


def test_records_of_the_model_store(bench):
    text = (
        "!!osiris.create model:users name:Ann city:'New York'\n"
        "let id = hero.last().id;\n"
        '!!osiris.create model:users json:\'{"name": "Bob", "age": 5}\'\n'
        "!!osiris.update model:users id:{id} city:Gent\n"
        "!!osiris.count model:users\n"
        "!!osiris.count model:users name:Bob\n"
        "!!osiris.delete model:users id:{id}\n"
        "!!osiris.find model:users\n"
    )
    found = bench.run(text)
    assert [(record["name"], record["age"]) for record in found] == [("Bob", 5)]
    assert bench.printed[:2] == ["users: 2", "users: 1"]
