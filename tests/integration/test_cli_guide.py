"""What docs/cli.md shows of tests and settings works."""

import re
from pathlib import Path

from horus_runtime.cli.main import main

GUIDE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")


def block(language):
    [text] = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    return text


def test_the_test_file_of_the_guide_passes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("guide_test.rhai").write_text(block("rhai"))
    assert main(["test", "-v"]) == 0
    assert capsys.readouterr().out.splitlines()[:4] == [
        "guide_test.rhai::test_square[2, 4] passed",
        "guide_test.rhai::test_square[3, 9] passed",
        "guide_test.rhai::test_index passed",
        "guide_test.rhai::test_later skipped (waits for the new format)",
    ]


def test_the_settings_of_the_guide_are_accepted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("horus.toml").write_text(block("toml"))
    assert main(["eval", "1 + 1"]) == 0
    assert capsys.readouterr().out == "2\n"


def test_the_guide_names_every_command():
    from horus_runtime.cli.app import COMMANDS

    assert [name for name in COMMANDS if f"horus {name}" not in GUIDE] == []
