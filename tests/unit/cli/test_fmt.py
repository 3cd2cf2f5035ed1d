"""`horus fmt` on scripts: in place, checked, shown, and never on a text with an error."""

import pytest

from horus_runtime.cli.main import main

UGLY = "let a=1;let b = [a,2];\n"
NICE = "let a = 1;\nlet b = [a, 2];\n"


@pytest.fixture
def fmt(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ugly.rhai").write_text(UGLY)
    (tmp_path / "nice.rhai").write_text(NICE)

    def run(*arguments):
        code = main(["fmt", *arguments])
        printed = capsys.readouterr()
        return printed.out, printed.err, code

    return run


def test_files_are_formatted_in_place(fmt, tmp_path):
    assert fmt("ugly.rhai", "nice.rhai") == ("formatted: ugly.rhai\n", "", 0)
    assert (tmp_path / "ugly.rhai").read_text() == NICE


def test_check_changes_nothing_and_says_so_with_its_exit_code(fmt, tmp_path):
    assert fmt("--check", "ugly.rhai") == ("would change: ugly.rhai\n", "", 1)
    assert fmt("--check", "nice.rhai") == ("", "", 0)
    assert (tmp_path / "ugly.rhai").read_text() == UGLY


def test_diff_shows_what_would_change(fmt):
    shown = (
        "--- ugly.rhai\n+++ ugly.rhai (formatted)\n@@ -1 +1,2 @@\n-let a=1;let b = [a,2];\n"
        "+let a = 1;\n+let b = [a, 2];\n"
    )
    assert fmt("--diff", "ugly.rhai") == (shown, "", 1)


def test_a_text_with_an_error_is_left_as_it_is(fmt, tmp_path):
    (tmp_path / "wrong.rhai").write_text("let a = ;")
    assert fmt("wrong.rhai") == ("", "wrong.rhai:1:9\n1: let a = ;\n           ^ Unexpected ';'\n", 1)
    assert (tmp_path / "wrong.rhai").read_text() == "let a = ;"


PAYLOAD = """#!/usr/bin/env horus
// what to greet
let names=["a","b"];


!!core.print   text:'hello'
for name in names{print(name);}   // one by one
!!core.print text:"{names}"
"""
FORMATTED = """#!/usr/bin/env horus
// what to greet
let names = ["a", "b"];

!!core.print text:hello
for name in names { print(name); } // one by one
!!core.print text:{names}
"""


def test_script_lines_of_a_payload_are_formatted_too(fmt, tmp_path):
    (tmp_path / "greet.hero").write_text(PAYLOAD)
    assert fmt("greet.hero") == ("formatted: greet.hero\n", "", 0)
    assert (tmp_path / "greet.hero").read_text() == FORMATTED
    assert fmt("greet.hero") == ("", "", 0)


def test_script_lines_that_are_no_script_on_their_own_stay(fmt, tmp_path):
    text = 'if  true {}\n!!core.print text:"a"\nelse  {}\n'
    (tmp_path / "cut.hero").write_text(text)
    fmt("cut.hero")
    assert (tmp_path / "cut.hero").read_text() == "if true {}\n!!core.print text:a\nelse  {}\n"
