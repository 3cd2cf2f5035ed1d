"""The prompt as a person meets it: a terminal, keys, and what the screen shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.terminal import CTRL_C, CTRL_D, CTRL_R, ENTER, RIGHT, TAB, UP, Terminal, without_times

HORUS = [sys.executable, "-m", "horus_runtime", "repl"]
GREETING = "horus 0.1.0, a Rhai-compatible prompt. :help lists the commands, Ctrl-D leaves."


@pytest.fixture
def terminal(tmp_path):
    with Terminal(HORUS, folder=tmp_path) as screen:
        screen.wait("horus>")
        yield screen


def test_a_first_session(terminal):
    terminal.run("let price = 40", "[1]")
    terminal.run("price + 2", "[2]")
    terminal.run("nope", "[3]")
    terminal.type(CTRL_D)
    assert terminal.end() == 0
    assert without_times(terminal.screen) == (
        f"{GREETING}\n"
        "horus> let price = 40\n"
        "[1] T, N operations\n"
        "horus> price + 2\n"
        "42\n"
        "[2] i64, T, N operations\n"
        "horus> nope\n"
        "[3]:1:1\n"
        "1: nope\n"
        "   ^ Variable not found: nope\n"
        "[3] T, N operations\n"
        "horus>"
    )


def test_an_open_input_goes_on_with_the_right_indentation(terminal):
    terminal.run("fn add(a, b) {", "   ...")
    terminal.run("if a > 0 {", lambda screen: screen.count("   ...") == 2)
    terminal.run("return a + b", lambda screen: screen.count("   ...") == 3)
    terminal.run("}", lambda screen: screen.count("   ...") == 4)
    terminal.run("}", "[1]")
    screen = terminal.run("add(20, 22)", "[2]")
    assert without_times(screen).split("\n")[1:9] == [
        "horus> fn add(a, b) {",
        "   ...     if a > 0 {",
        "   ...         return a + b",
        "   ...     }",
        "   ... }",
        "[1] T, N operations",
        "horus> add(20, 22)",
        "42",
    ]


def test_completion_offers_and_takes_names(terminal):
    terminal.run("let temperature = 21", "[1]")
    terminal.type("tempe")
    terminal.wait(lambda screen: re.search(r"temperature +i64", screen) is not None)
    terminal.type(TAB)
    terminal.type(" * 2" + ENTER)
    assert "\n42\n" in terminal.wait("[2]")


def test_keys_of_a_map_are_completed(terminal):
    terminal.run('let user = #{name: "Ada", city: "London"}', "[1]")
    terminal.type("user.ci")
    terminal.wait(lambda screen: re.search(r"city +string", screen) is not None)
    terminal.type(TAB)
    terminal.wait("horus> user.city")
    terminal.type(ENTER)  # takes what the menu offers
    terminal.type(ENTER)
    assert '\n"London"\n' in terminal.wait("[2]")


def test_the_signature_of_the_call_is_shown_below(terminal):
    terminal.run("fn area(width, height) { width * height }", "[1]")
    terminal.type("area(3, ")
    terminal.wait(lambda screen: "\narea(width, height)" in screen)


def test_ctrl_c_stops_a_script_at_once_and_keeps_the_session(terminal):
    terminal.run("let kept = 5", "[1]")
    terminal.run('print("it runs"); loop {}', "\nit runs")
    terminal.type(CTRL_C)
    assert "; the session goes on" in terminal.wait("interrupted after")
    assert "\n6\n" in terminal.run("kept + 1", "[3]")


def test_ctrl_c_drops_the_line(terminal):
    terminal.type("let half = ")
    terminal.wait("let half")
    terminal.type(CTRL_C)
    assert "\n3\n" in terminal.run("1 + 2", "[1]")


def test_lines_of_an_earlier_run_are_found_again(tmp_path):
    with Terminal(HORUS, folder=tmp_path) as first:
        first.wait("horus>")
        first.run("let remembered = 123", "[1]")
        first.type(CTRL_D)
        assert first.end() == 0
    with Terminal(HORUS, folder=tmp_path) as second:
        second.wait("horus>")
        second.type(UP)
        second.wait("horus> let remembered = 123")
        second.type(CTRL_C)
        second.wait(lambda screen: screen.count("horus>") == 2)
        second.type(CTRL_R)
        second.wait("I-search backward")
        second.type("remem")
        second.wait("I-search backward: remem")
        second.type(ENTER)
        second.wait(lambda screen: "I-search" not in screen and screen.endswith("horus> let remembered = 123"))
        second.type(ENTER)
        second.wait("[1]")
        second.type("let reme")
        second.wait("let remembered = 123")  # offered behind the cursor
        second.type(RIGHT)
        second.type(CTRL_C)
        second.wait(lambda screen: screen.count("horus>") > 3)
        second.type(CTRL_D)
        assert second.end() == 0
    history = tmp_path / "home" / "history"
    assert history.stat().st_mode & 0o077 == 0


def test_a_dumb_terminal_has_a_plain_prompt(tmp_path):
    with Terminal(HORUS, folder=tmp_path, TERM="dumb") as screen:
        screen.wait("horus>")
        screen.run("fn f(x) {", "   ...")
        screen.run("x * 2 }", "[1]")
        screen.run("f(21)", "[2]")
        screen.type(CTRL_D)
        assert screen.end() == 0
        assert without_times(screen.screen).startswith(
            f"{GREETING}\nhorus> fn f(x) {{\n   ... x * 2 }}\n[1] T, N operations\nhorus> f(21)\n42\n"
        )


def run_piped(text: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HORUS_HOME": str(folder / "home")}
    return subprocess.run(
        [*HORUS, *arguments], input=text, capture_output=True, text=True, cwd=folder, env=environment, check=False
    )


def test_piped_input_shows_values_only(tmp_path):
    done = run_piped('let a = 1;\nfn f(x) {\n\n  x + 1\n}\nf(a)\nprint("out")\n[1, 2]\n', tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("2\nout\n[1, 2]\n", "", 0)


def test_piped_input_goes_on_after_an_error_and_says_so_with_its_exit_code(tmp_path):
    done = run_piped("nope\n40 + 2\n", tmp_path)
    assert (done.stdout, done.returncode) == ("[1]:1:1\n1: nope\n   ^ Variable not found: nope\n42\n", 1)


def test_piped_input_that_ends_in_the_middle_is_an_error(tmp_path):
    done = run_piped("fn f() {", tmp_path)
    assert (done.stdout, done.returncode) == (
        "[1]:1:9\n1: fn f() {\n           ^ Expecting '}' to terminate this block\n",
        1,
    )


def test_files_are_run_first(tmp_path):
    (tmp_path / "lib.rhai").write_text("fn triple(x) { x * 3 }\n")
    done = run_piped("triple(14)\n", tmp_path, "lib.rhai")
    assert (done.stdout, done.returncode) == ("42\n", 0)


def test_a_missing_file_is_told(tmp_path):
    done = run_piped("1 + 1\n", tmp_path, "nope.rhai")
    assert (done.stdout, done.returncode) == ("cannot read 'nope.rhai': no such file or directory\n2\n", 1)


def test_a_store_is_opened_and_shown(tmp_path):
    text = 'let users = osiris.model("users");\nusers.create(#{name: "Ada"}).name\n:osiris\n'
    done = run_piped(text, tmp_path, "--db", "shop.db")
    assert (done.stdout, done.returncode) == ('"Ada"\nMODEL  RECORDS\nusers  1\n', 0)
