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
