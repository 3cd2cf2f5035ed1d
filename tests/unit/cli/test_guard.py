"""The outermost frame of every command."""

import io

import pytest

from horus_runtime.cli.guard import exit_code_of, guarded
from horus_runtime.errors import (
    DeadlineError,
    EvalError,
    JobError,
    LimitError,
    ParseError,
    PolicyError,
    TerminatedError,
)
from horus_runtime.source import Position, SourceFile


def failing(error):
    def action():
        raise error

    return action


def test_the_exit_code_of_the_action_is_returned(capsys):
    assert guarded(lambda: 7) == 7
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ParseError("MissingToken", "m"), 1),
        (EvalError("ErrorRuntime", "m", None), 1),
        (LimitError("ErrorTooManyOperations", "m", None), 3),
        (PolicyError("m", capability="read"), 4),
        (JobError("payload", "m"), 5),
        (DeadlineError("ErrorTerminated", "m", None), 124),
        (TerminatedError("m"), 130),
        (EvalError("ErrorInFunctionCall", "m", None, inner=PolicyError("m", capability="read")), 4),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error, code):
    assert exit_code_of(error) == code
    assert guarded(failing(error)) == code


def test_a_script_error_is_shown_with_source_line_and_caret(capsys):
    error = EvalError("ErrorArithmetic", "Division by zero: 1 / 0", Position(2, 3))
    error.source = SourceFile("let a = 1;\na / 0", "x.rhai")
    assert guarded(failing(error)) == 1
    assert capsys.readouterr().err == "x.rhai:2:3\n2: a / 0\n     ^ Division by zero: 1 / 0\n"


def test_control_characters_of_a_script_do_not_reach_the_terminal(capsys):
    assert guarded(failing(EvalError("ErrorRuntime", "\x1b[2J\u202eabc\x7f\ttab", None))) == 1
    assert capsys.readouterr().err == "\\x1b[2J\\u202eabc\\x7f\ttab\n"


def test_what_was_printed_stands_before_the_error(capfd):
    def action():
        print("printed", end="")  # noqa: T201 - as a script would
        raise EvalError("ErrorRuntime", "m", None)

    guarded(action)
    assert capfd.readouterr() == ("printed", "m\n")


def test_an_interrupt_is_a_cancellation(capsys):
    assert guarded(failing(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "cancelled\n"


def test_a_defect_is_told_without_a_traceback(capsys, monkeypatch):
    monkeypatch.delenv("HORUS_DEBUG", raising=False)
    assert guarded(failing(ValueError("odd"))) == 70
    assert capsys.readouterr().err == (
        "internal error: ValueError: odd\n"
        "hint: this is a defect of horus, not of the script; HORUS_DEBUG=1 shows where\n"
    )


def test_a_defect_shows_its_traceback_on_demand(capsys, monkeypatch):
    monkeypatch.setenv("HORUS_DEBUG", "1")
    assert guarded(failing(ValueError("odd"))) == 70
    assert capsys.readouterr().err.startswith("Traceback (most recent call last):\n")


def test_memory_that_runs_out_is_a_limit(capsys):
    assert guarded(failing(MemoryError())) == 3
    assert capsys.readouterr().err == "out of memory\n"


def test_a_closed_pipe_ends_the_program_quietly(capsys):
    assert guarded(failing(BrokenPipeError())) == 141
    assert capsys.readouterr().err == ""


def test_a_full_disk_behind_the_output_is_told(capsys):
    assert guarded(failing(OSError(28, "No space left on device"))) == 1
    assert capsys.readouterr().err == "cannot write the output: no space left on device\n"


def test_a_character_the_terminal_lacks_is_escaped(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    assert guarded(lambda: stream.write("é\n")) == 2
    assert stream.buffer.getvalue() == b"\\xe9\n"
