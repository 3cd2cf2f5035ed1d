"""Scripts that use the system modules through the engine, as runners do."""

import contextlib
import os
from pathlib import Path

import pytest

from horus_runtime.engine import Engine
from horus_runtime.errors import EvalError, HostFailure, LimitError, PolicyError
from horus_runtime.limits import Limits
from horus_runtime.modules.policy import Policy


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    policy = Policy(read=(str(tmp_path),), write=(str(tmp_path),), run=("echo",), sys=True)
    return Engine.sal(policy, cwd=str(tmp_path), env={"NAME": "job"})


def test_the_seed_payload(tmp_path):
    printed: list[str] = []
    engine = Engine.sal(Policy.workspace())
    engine.on_print(printed.append)
    engine.run('let files = os.list_dir("/tmp");\nfor file in files {\n    print(file);\n}')
    assert printed == sorted(printed)
    assert len(printed) > 0


def test_both_spellings_work_everywhere(engine):
    script = """
        fn write(name) { os.write(name, "x"); os::exists(name) }
        let inside = || os.exists("a");
        [write("a"), inside.call(), os::read("a"), [1].map(|n| os.size("a") + n)]
    """
    assert engine.eval(script) == [True, True, "x", [2]]


def test_a_variable_shadows_a_module(engine):
    assert engine.eval("let os = #{exists: 7}; os.exists") == 7


def test_errors_are_maps_with_kind_and_place(engine):
    script = """
        let found = #{};
        try { os.read("none") } catch (e) { found = e }
        [found.kind, found.message, found["module"], found["function"], found.path]
    """
    assert engine.eval(script) == [
        "NotFound", "there is no file or directory 'none'", "os", "read", "none",
    ]  # fmt: skip
    with pytest.raises(HostFailure) as caught:
        engine.eval('let x = 1;\nos.read("none")', name="s.rhai")
    assert caught.value.position == (2, 4)


def test_refusals_name_flag_and_place_and_can_be_caught(engine):
    with pytest.raises(PolicyError) as caught:
        engine.eval('os.read("/etc/passwd")')
    assert caught.value.exit_code == 4
    assert caught.value.position == (1, 4)
    assert engine.eval('let k = ""; try { os.read("/etc/passwd") } catch (e) { k = e.kind } k') == "PolicyDenied"


def test_runs_do_not_see_each_others_changes(engine, tmp_path):
    (tmp_path / "d").mkdir()
    engine.run('os.chdir("d"); env.set("X", "1");')
    assert engine.eval("os.cwd()") == str(tmp_path)
    assert engine.eval('[env.has("X"), env.get("NAME")]') == [False, "job"]


def test_changes_hold_within_a_run(engine, tmp_path):
    (tmp_path / "d").mkdir()
    script = 'os.chdir("d"); os.write("f", "1"); env.set("X", "1"); [os.exists("../d/f"), env.get("X")]'
    assert engine.eval(script) == [True, "1"]


def test_handles_have_names_and_no_insides(engine):
    assert engine.eval('type_of(text.template("a"))') == "Template"
    assert engine.eval('text.template("{{ n }}").add_var("n", 3).render()') == "3"
    with pytest.raises(EvalError):
        engine.eval('text.template("a").body')


def test_programs_print_and_pipe(engine):
    printed: list[str] = []
    engine.on_print(printed.append)
    assert engine.eval('process.run(["echo", "hi"], #{echo: true}).success') is True
    assert printed == ["hi"]


def test_wrong_calls_say_what_is_wrong(engine):
    with pytest.raises(HostFailure) as caught:
        engine.eval("os.list_dir(1)")
    assert caught.value.message == "TypeMismatch: os.list_dir: 'path' must be a string, not i64"
    with pytest.raises(EvalError) as missing:
        engine.eval('os.list_dri("a")')
    assert missing.value.kind == "ErrorFunctionNotFound"


def test_arguments_stay_the_scripts_own(engine):
    assert engine.eval("let a = [1]; let m = #{a: a}; json.format(m); m.a.push(2); [a, m.a.len()]") == [[1], 2]


def test_the_seed_job_variables_are_properties(tmp_path):
    from horus_runtime.modules.sal.env import environment_module

    engine = Engine.sal(Policy.deny_all(), env={"MY_VAR": "v"})
    engine.register_static_module("env", environment_module({"MY_VAR": "v"}))
    assert engine.eval('[env.MY_VAR, env::MY_VAR, env.get("MY_VAR"), env.has("NO")]') == ["v", "v", "v", False]


@pytest.mark.parametrize("ending", ["pid", 'throw "no"', "loop {}"])
def test_what_belongs_to_a_run_ends_with_it(tmp_path, ending):
    policy = Policy(write=(str(tmp_path),), run=("sleep",))
    engine = Engine.sal(policy, temp_dir=str(tmp_path), limits=Limits(max_operations=10_000))
    pids = []
    engine.on_print(pids.append)
    script = (
        'let d = os.temp_dir(); os.write(d + "/x", "1"); let pid = process.start(["sleep", "100"]).pid(); print(pid);'
    )
    with contextlib.suppress(EvalError, LimitError):
        engine.eval(script + ending)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(pids[0]), 0)


def test_a_host_may_keep_what_belongs_to_a_run_for_longer(tmp_path):
    with contextlib.ExitStack() as cleanup:
        engine = Engine.sal(Policy(write=(str(tmp_path),)), temp_dir=str(tmp_path), cleanup=cleanup)
        place = engine.eval("os.temp_file()")
        assert [str(path) for path in tmp_path.iterdir()] == [place]
    assert list(tmp_path.iterdir()) == []
