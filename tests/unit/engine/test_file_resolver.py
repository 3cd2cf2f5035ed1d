"""Which files an import can reach: those below the root, by whatever path, and no others."""

import os

import pytest

import horus_runtime as hr


@pytest.fixture
def engine(tmp_path):
    base = tmp_path / "base"
    base.mkdir()
    (base / "inner").mkdir()
    (tmp_path / "outside.rhai").write_text("export const X = 1;")
    (base / "inside.rhai").write_text("export const X = 2;")
    (base / "inner" / "deep.rhai").write_text("export const X = 3;")
    (base / "leaving.rhai").symlink_to(tmp_path / "outside.rhai")
    (base / "staying.rhai").symlink_to(base / "inner" / "deep.rhai")
    (base / "round.rhai").symlink_to(base / "round.rhai")
    (base / "up").symlink_to(tmp_path)
    engine = hr.Engine()
    engine.module_resolver = hr.FileModuleResolver(base)
    return engine


@pytest.mark.parametrize(
    ("path", "value"),
    [("inside", 2), ("./inside", 2), ("inner/deep", 3), ("inner/../inside", 2), ("inside.rhai", 2), ("staying", 3)],
)
def test_files_below_the_root_are_found(engine, path, value):
    assert engine.eval(f'import "{path}" as m; m::X') == value


@pytest.mark.parametrize(
    "path",
    [
        "../outside",
        "inner/../../outside",
        "leaving",
        "up/outside",
        "round",
        "nothing",
        "inner",
        "",
        "a\\x00b",
        "x" * 300,
    ],
)
def test_everything_else_is_not_there(engine, path):
    with pytest.raises(hr.EvalError) as caught:
        engine.eval(f'import "{path}" as m; m::X')
    assert caught.value.kind == "ErrorModuleNotFound"


def test_absolute_paths_do_not_leave_the_root(engine, tmp_path):
    with pytest.raises(hr.EvalError) as caught:
        engine.eval(f'import "{tmp_path}/outside" as m; m::X')
    assert caught.value.message == f"Module not found: {tmp_path}/outside"


def test_a_changed_file_is_read_again_and_a_cleared_cache_forgets(engine, tmp_path):
    file = tmp_path / "base" / "inside.rhai"
    assert engine.eval('import "inside" as m; m::X') == 2
    file.write_text("export const X = 20;")
    assert engine.eval('import "inside" as m; m::X') == 20
    status = file.stat()
    file.write_text("export const X = 30;")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert engine.eval('import "inside" as m; m::X') == 20
    engine.module_resolver.clear_cache()
    assert engine.eval('import "inside" as m; m::X') == 30


def write(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / "base" / f"{name}.rhai").write_text(text)


def test_a_file_runs_once_by_whatever_path_it_is_imported(engine, tmp_path):
    printed = []
    engine.on_print(printed.append)
    write(tmp_path, once='print("runs"); fn f() { 1 }')
    script = 'import "once" as a; import "./once" as b; import "once.rhai" as c; [a::f(), b::f(), c::f()]'
    assert engine.eval(script) == [1, 1, 1]
    assert printed == ["runs"]


def test_exit_ends_the_module_that_loads_and_later_the_script(engine, tmp_path):
    write(tmp_path, leaves="export let x = 1; exit(5); export let y = 2; fn f() { exit(9) }")
    assert engine.eval('import "leaves" as m; m::x') == 1
    assert engine.eval('import "leaves" as m; m::f(); 3') == 9
    with pytest.raises(hr.EvalError, match="Variable not found: m::y"):
        engine.eval('import "leaves" as m; m::y')


def test_a_module_counts_after_those_that_it_imports(engine, tmp_path):
    write(tmp_path, low="fn f() { 1 }", high='import "low" as low; fn g() { low::f() }')
    engine.max_modules = 1
    assert engine.eval('import "high" as m; m::g()') == 1
    engine.max_modules = 2
    with pytest.raises(hr.LimitError) as caught:
        engine.eval('import "high" as m; import "low" as n;')
    assert (caught.value.message, caught.value.position) == ("Too many modules imported", (1, 21))


def test_errors_name_the_file_and_closures_go_by_their_caller(engine, tmp_path):
    write(tmp_path, calling="fn apply(f) { f.call(1) }\nfn fails() { nope }\nfn outer() { fails() }")
    with pytest.raises(hr.EvalError) as caught:
        engine.eval('import "calling" as m; m::outer()')
    assert caught.value.message == (
        "Variable not found: nope @ 'calling' (line 2, position 14)\n"
        "in call to function 'fails' (from 'calling') @ 'calling' (line 3, position 14)\n"
        "in call to function 'outer' (from 'calling')"
    )
    with pytest.raises(hr.EvalError) as caught:
        engine.eval('import "calling" as m; m::apply(|x| throw x)')
    assert caught.value.message == (
        "Runtime error: 1 @ 'calling' (line 1, position 37)\n"
        "in closure call (from 'calling') @ 'calling' (line 1, position 17)\n"
        "in call to function 'apply' (from 'calling')"
    )
