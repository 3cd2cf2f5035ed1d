"""Reading scripts from files and standard input."""

import io
import os

import pytest

from horus_runtime.cli.sources import MAX_SCRIPT, UsageError, check_size, read_script, read_text
from horus_runtime.errors import LimitError, ParseError


@pytest.fixture
def write(tmp_path):
    def write(content, name="script.rhai"):
        path = tmp_path / name
        path.write_bytes(content)
        return str(path)

    return write


def test_a_script_is_read_with_its_name(write):
    path = write(b"print(1);")
    script = read_script(path)
    assert (script.source.text, script.source.name, script.is_hero) == ("print(1);", path, False)


def test_standard_input_is_read(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("'é'".encode())))
    script = read_script("-")
    assert (script.source.text, script.source.name, script.is_hero) == ("'é'", "<stdin>", False)


def test_the_first_line_of_an_executable_script_is_emptied(write):
    assert read_script(write(b"#!/usr/bin/env horus\nprint(1);")).source.text == "\nprint(1);"
    assert read_script(write(b"#!/usr/bin/env horus")).source.text == ""


def test_a_byte_order_mark_is_dropped(write):
    assert read_script(write(b"\xef\xbb\xbf1")).source.text == "1"


@pytest.mark.parametrize(
    ("name", "text", "is_hero"),
    [
        ("a.hero", "print(1)", True),
        ("a.rhai", "!!git.list", False),
        ("a.txt", "print(1)\n!!git.list", True),
        ("a.txt", "  !!git.list name:x", True),
        ("a.txt", "let a = !!b.c;", False),
        ("a.txt", "!!git.list;", False),
    ],
)
def test_a_hero_payload_is_known_by_its_name_or_its_actions(write, name, text, is_hero):
    assert read_script(write(text.encode(), name)).is_hero is is_hero


def test_invalid_utf8_is_shown_with_its_place(write):
    path = write(b'let a = 1;\nlet b = "\xff";')
    with pytest.raises(ParseError) as caught:
        read_script(path)
    assert caught.value.exit_code == 1
    assert caught.value.render() == (
        f'{path}:2:10\n2: let b = "\ufffd";\n            ^ The script is not UTF-8 text: byte 0xff fits no character'
    )


def test_a_script_of_the_allowed_size_is_read_and_a_larger_one_is_refused(write):
    assert len(read_text(write(b" " * MAX_SCRIPT))) == MAX_SCRIPT
    path = write(b" " * 5_000_000)
    with pytest.raises(LimitError) as caught:
        read_text(path)
    assert caught.value.message == f"{path} is too large for a script: 1048576 bytes are allowed"
    assert caught.value.exit_code == 3


def test_a_character_cut_by_the_bound_does_not_look_like_bad_utf8(write):
    path = write(b"x" * (MAX_SCRIPT - 1) + "ééé".encode())
    with pytest.raises(LimitError):
        read_text(path)


def test_the_size_of_an_expression_is_bounded_too():
    assert check_size("1", "the expression", 1) == "1"
    with pytest.raises(LimitError) as caught:
        check_size("", "the expression", MAX_SCRIPT + 1)
    assert caught.value.message == "the expression is too large for a script: 1048576 bytes are allowed"


def usage(path):
    with pytest.raises(UsageError) as caught:
        read_script(path)
    assert caught.value.exit_code == 2
    return caught.value.message


def test_paths_that_are_no_scripts_are_usage_errors(tmp_path):
    assert usage(str(tmp_path)) == f"'{tmp_path}' is a directory, not a script"
    assert usage(f"{tmp_path}/none") == f"cannot read '{tmp_path}/none': no such file or directory"
    assert usage("/dev/zero") == "'/dev/zero' is not a regular file"
    assert usage("a\0b") == "cannot read 'a\0b': embedded null byte"


def test_a_pipe_is_read_to_its_end(tmp_path):
    """`horus run <(command)` hands over a pipe."""
    reading, writing = os.pipe()
    os.write(writing, b"1 + 1")
    os.close(writing)
    try:
        assert read_text(f"/dev/fd/{reading}") == "1 + 1"
    finally:
        os.close(reading)
