"""Help: examples that are true, topics, and manual pages that say the same."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from horus_runtime.cli.app import examples_of, horus
from horus_runtime.cli.examples import EXAMPLES
from horus_runtime.cli.main import main
from horus_runtime.cli.topics import TOPICS

ROOT = Path(__file__).parents[2]


def commands(ctx):
    yield ctx
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            yield from commands(click.Context(ctx.command.get_command(ctx, name), info_name=name, parent=ctx))


ALL = {ctx.command_path: ctx for ctx in commands(click.Context(horus, info_name="horus", **horus.context_settings))}
TYPED = [(path, typed) for path, ctx in ALL.items() for typed, _ in examples_of(ctx) if typed.startswith("horus ")]


def test_every_command_has_an_example():
    assert [path for path, ctx in ALL.items() if not examples_of(ctx)] == []
    assert [path for path in EXAMPLES if path not in ALL] == []


@pytest.mark.parametrize(("path", "typed"), TYPED, ids=[typed for _, typed in TYPED])
def test_an_example_is_a_command_line_that_is_understood(path, typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(typed.partition(" | ")[0].partition(" < ")[0])[1:]
    ctx = ALL["horus"]
    while isinstance(ctx.command, click.Group) and words:
        ctx = ALL[f"{ctx.command_path} {words.pop(0)}"]
    if path != "horus":
        assert ctx.command_path.startswith(path)
    ctx.command.make_context(ctx.info_name, words, parent=ctx.parent)


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_is_explained(name, capsys):
    assert main(["help", name]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"{TOPICS[name].title}:\n")
    assert [term for term, _ in TOPICS[name].terms if term not in text] == []


def test_help_on_a_command_is_its_help(capsys):
    assert main(["help", "job", "run"]) == 0
    said = capsys.readouterr().out
    assert main(["job", "run", "--help"]) == 0
    assert said == capsys.readouterr().out


def test_help_without_words_names_the_topics(capsys):
    assert main(["help"]) == 0
    assert f"Topics: {', '.join(TOPICS)}." in capsys.readouterr().out


def test_the_manual_pages_are_up_to_date():
    command = [sys.executable, ROOT / "docs" / "build_man.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_manual_pages_are_good_roff():
    pages = sorted((ROOT / "docs" / "man").glob("*.1"))
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", *pages], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert len(pages) == len(ALL)
