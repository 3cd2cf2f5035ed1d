"""The first walk of docs/prompt.md, typed at a real terminal: every answer comes as the guide shows it."""

import re
import sys
from pathlib import Path

import pytest

from horus_runtime.repl.commands import COMMANDS
from tests.support.terminal import CTRL_D, Terminal

GUIDE = (Path(__file__).parents[2] / "docs" / "prompt.md").read_text(encoding="utf-8")
PROMPT = "horus> "


def steps():
    """What is typed, and the lines that answer."""
    [walk] = re.findall(r"^```text\n(horus> .*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    for part in walk.split(PROMPT)[1:]:
        typed, *answers = part.rstrip("\n").split("\n")
        yield typed, answers


def shown_after(screen, typed):
    """The lines below the last place where something was typed."""
    return screen.rsplit(f"{PROMPT}{typed}", 1)[-1].lstrip("\n").split("\n")


def fits(shown, wanted):
    """Do the answers stand there in their order? `...` is any text, and alone on a line any lines."""
    at = 0
    for line in wanted:
        if line == "...":
            continue
        pattern = re.escape(line.rstrip()).replace(r"\.\.\.", ".*")
        at = next((n + 1 for n in range(at, len(shown)) if re.fullmatch(pattern, shown[n])), 0)
        if not at:
            return False
    return True


def test_the_walk_goes_as_the_guide_says(tmp_path):
    command = [sys.executable, "-m", "horus_runtime", "repl"]
    with Terminal(command, folder=tmp_path, rows=200, columns=180) as terminal:
        terminal.wait("horus>")
        for number, (typed, answers) in enumerate(steps(), 2):
            terminal.type(typed)
            terminal.wait(f"{PROMPT}{typed}")
            terminal.type("\r")
            screen = terminal.wait(
                lambda screen, typed=typed, answers=answers, number=number: (
                    screen.count(PROMPT.strip()) >= number and fits(shown_after(screen, typed), answers)
                )
            )
            assert fits(shown_after(screen, typed), answers)
        terminal.type(CTRL_D)
        assert terminal.end() == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "home",
        "job.json",
        "orders.json",
        "orders.rhai",
        "orders_test.rhai",
    ]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "help"])
def test_the_guide_names_every_command(name):
    assert f"`:{name}" in GUIDE
