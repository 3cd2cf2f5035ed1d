"""Bars for long work: on a terminal only, only after a while, and never between results."""

import io

import pytest

from horus_runtime.cli import progress
from horus_runtime.cli.main import main
from horus_runtime.cli.progress import Progress, watched


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def open_terminal(monkeypatch, capsys):
    """Makes standard error a terminal; called in the test, since pytest sets its own stream before."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "DELAY", 0.0)

    def make():
        stream = Terminal()
        monkeypatch.setattr("sys.stderr", stream)
        return stream

    return make


def test_a_bar_shows_what_is_done_and_goes_at_the_end(open_terminal):
    terminal = open_terminal()
    with Progress("copying [a]", 4) as bar:
        assert list(watched("abcd", bar)) == ["a", "b", "c", "d"]
    shown = terminal.getvalue()
    assert "copying [a]" in shown
    assert "100%" in shown
    assert shown.endswith("\x1b[2K")  # the line is empty again


def test_what_is_over_soon_shows_nothing(open_terminal, monkeypatch):
    terminal = open_terminal()
    monkeypatch.setattr(progress, "DELAY", 1e9)
    with Progress("copying", 1) as bar:
        bar.step()
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_can_only_print_shows_nothing(open_terminal, monkeypatch, term):
    terminal = open_terminal()
    monkeypatch.setenv("TERM", term)
    with Progress("copying", 1) as bar:
        bar.step()
    assert terminal.getvalue() == ""


def test_silent_work_and_work_without_a_terminal_show_nothing(open_terminal, monkeypatch):
    terminal = open_terminal()
    with Progress("copying", 1, silent=True) as bar:
        bar.step()
    assert terminal.getvalue() == ""
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with Progress("copying", 1) as bar:
        bar.step()


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.jsonl").write_text('{"name": "Ann"}\n{"name": "Bob"}\n')
    (tmp_path / "1.rhai").write_text('osiris.model("person").create(#{name: "Cid"});')
    (tmp_path / "a_test.rhai").write_text("fn test_a() { }")
    (tmp_path / "lib.rhai").write_text("/// Adds one.\nfn one(a) { a + 1 }")


@pytest.mark.parametrize(
    ("words", "label"),
    [
        (["osiris", "import", "--model=person", "people.jsonl"], "importing people.jsonl"),
        (["osiris", "migrate", "1.rhai"], "migrating: 1"),
        (["osiris", "export", "--out=all.jsonl"], "exporting to all.jsonl"),
        (["osiris", "backup", "copy.db"], "copying to copy.db"),
        (["osiris", "import", "--db=new.db", "all.jsonl"], "importing all.jsonl"),
        (["test"], "testing: 1 passed"),
        (["docs", "--out=pages", "lib.rhai"], "writing pages"),
    ],
)
def test_long_work_of_the_command_line_has_a_bar(store, open_terminal, capsys, words, label):
    main(["osiris", "create", "person", '{"name": "Eve"}'])
    main(["osiris", "export", "--out=all.jsonl"])
    terminal = open_terminal()
    assert main(words) == 0
    assert label in terminal.getvalue()
    assert label not in capsys.readouterr().out
