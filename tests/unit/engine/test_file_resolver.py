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
