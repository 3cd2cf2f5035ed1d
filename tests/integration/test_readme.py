"""Everything that README.md shows is run: commands with what they print, Python examples, the chores of the Makefile.

A block that follows a line with a file name is that file. The commands of all console blocks run in one folder, one
after the other; in what they print, `...` stands for any text in a line.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^(?:`(?P<file>[\w.]+)`:\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    kind: str
    text: str
    file: str | None
    line: int


BLOCKS = [
    Block(found["kind"], found["text"], found["file"], README.count("\n", 0, found.start()) + 1)
    for found in BLOCK.finditer(README)
]


def blocks(kind: str) -> list:
    return [pytest.param(block, id=f"line {block.line}") for block in BLOCKS if block.kind == kind]


@dataclass(frozen=True)
class Step:
    command: str
    expected: str


def steps(text: str) -> list[Step]:
    """The commands of a console block, each with the output that stands below it."""
    found = []
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        found.append(Step(command, expected))
    return found


def pattern(expected: str) -> str:
    """The expected output as a regular expression for the whole output."""
    return re.escape(expected).replace(r"\.\.\.", ".*")


@pytest.fixture
def folder(tmp_path):
    """A folder with the files that the README shows, and the environment of somebody who installed the package."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "horus").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m horus_runtime "$@"\n', encoding="utf-8")
    (programs / "horus").chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    for block in BLOCKS:
        if block.file:
            (work / block.file).write_text(block.text, encoding="utf-8")
    return work


@pytest.fixture
def environment(folder):
    home = folder.parent / "home"
    home.mkdir()
    paths = os.pathsep.join([str(folder.parent / "bin"), os.environ.get("PATH", os.defpath)])
    return {"PATH": paths, "HOME": str(home), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TMPDIR": str(folder.parent)}


def test_the_readme_shows_every_kind_of_block():
    assert {block.kind for block in BLOCKS} == {"sh", "console", "python", "rust"}


def test_commands_print_what_the_readme_shows(folder, environment):
    for step in [step for block in BLOCKS if block.kind == "console" for step in steps(block.text)]:
        done = subprocess.run(
            ["sh", "-c", step.command],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert re.fullmatch(pattern(step.expected), done.stdout), (step.command, step.expected, done.stdout)


@pytest.mark.parametrize("block", blocks("python"))
def test_python_blocks_run(block, folder, environment):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block.text],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("block", blocks("sh"))
def test_chores_are_targets_of_the_makefile(block):
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    chores = re.findall(r"^make (\w+)", block.text, flags=re.MULTILINE)
    assert len(chores) == len(block.text.splitlines())
    assert set(chores) - targets == set()
