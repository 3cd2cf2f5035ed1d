"""`horus.toml`, shells that complete, and scripts that are programs."""

import os
import subprocess
import sys

import pytest


def test_the_nearest_settings_hold_for_a_command(horus, work):
    (work / "horus.toml").write_text("[run]\nmax_operations = 1000\n")
    (work / "a.rhai").write_text("loop {}")
    assert horus("run", "a.rhai") == (
        3,
        "",
        "a.rhai:1:6\n1: loop {}\n        ^ Too many operations\nhint: max_operations is 1000\n",
    )
    assert horus("eval", "let i = 0; while i < 9999 { i += 1; } i").code == 3
    inner = work / "inner"
    inner.mkdir()
    os.chdir(inner)
    assert horus("run", "../a.rhai").code == 3


def test_what_is_typed_wins(horus, work):
    (work / "horus.toml").write_text("[run]\nmax-operations = 10\n")
    assert horus("eval", "--max-operations=100000", "let i = 0; while i < 99 { i += 1; } i") == (0, "99\n", "")


def test_settings_of_other_commands_are_theirs(horus, work):
    (work / "horus.toml").write_text('[check]\nstrict = true\nignore = ["unused-import"]\n')
    (work / "a.rhai").write_text('import "std/json" as j;\nlet a = 1;\na + 1;\na')
    done = horus("check", "a.rhai")
    assert (done.code, done.out.splitlines()[-1]) == (1, "a.rhai: 1 warning")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[run]\nallow-read = '.'",
            "'allow-read' grants something, which must be typed: a settings file can only limit",
        ),
        (
            "[run]\nallow_all = true",
            "'allow_all' grants something, which must be typed: a settings file can only limit",
        ),
        ("[run]\npolicy = 'p.toml'", "'policy' grants something, which must be typed: a settings file can only limit"),
        ("[run]\nnope = 1", "'run' has no option 'nope'"),
        ("[run]\ntimeout = {}", "the value of 'timeout' must be a text, a number, true, false or a list of these"),
        (
            "max_operations = 1",
            "'max_operations' must be a table, such as [max_operations]; options belong to a command",
        ),
    ],
)
def test_wrong_settings_are_refused_with_their_file(horus, work, text, message):
    (work / "horus.toml").write_text(text)
    (work / "a.rhai").write_text("1")
    assert horus("run", "a.rhai") == (2, "", f"{work}/horus.toml: {message}\n")


def test_settings_that_are_no_toml_are_refused(horus, work):
    (work / "horus.toml").write_text("[run\n")
    done = horus("eval", "1")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"{work}/horus.toml is not TOML: ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_get_a_completion(horus, shell):
    done = horus("completion", shell)
    assert done.code == 0
    assert f"_HORUS_COMPLETE={shell}_complete" in done.out


def test_commands_are_completed():
    environment = {**os.environ, "_HORUS_COMPLETE": "bash_complete", "COMP_WORDS": "horus che", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "horus_runtime"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("plain,check\n", 0)


def test_a_script_can_be_a_program(work):
    script = work / "hello.rhai"
    script.write_text('#!/usr/bin/env horus\nprint("hello");\n')
    done = subprocess.run(
        [sys.executable, "-m", "horus_runtime", str(script)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("hello\n", "", 0)
