"""The guide to plans shows what really happens."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def walk_through(tmp_path, number):
    program = tmp_path / "bin" / "horus"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m horus_runtime "$@"\n')
    program.chmod(0o700)
    systemctl = tmp_path / "bin" / "systemctl"
    systemctl.write_text("#!/bin/sh\nexit 3\n")
    systemctl.chmod(0o700)
    path = f"{program.parent}:{os.environ['PATH']}"
    environment = os.environ | {"HORUS_HOME": str(tmp_path / "home"), "PATH": path}
    folder = tmp_path / "work"
    folder.mkdir()
    return subprocess.run(
        ["sh", "-eu", "-c", blocks("sh")[number]], cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_the_walk_through_shows_the_plan_of_the_guide(tmp_path):
    done = walk_through(tmp_path, 0)
    assert (done.returncode, done.stdout) == (0, blocks("text")[0] + "ended with 4\n")
    assert "process.run is not allowed: the capability 'run' is missing" in done.stderr


def test_the_python_block_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "log.txt").write_text("began\n")
    exec(compile(blocks("python")[0], "plan.md", "exec"), {})
    assert capsys.readouterr().out == "11 [('modify', 'file')]\nplan: 1 changed\n"
    assert (tmp_path / "data" / "log.txt").read_text() == "began\n"


def test_the_walk_through_of_atomic_runs(tmp_path):
    done = walk_through(tmp_path, 1)
    expected = "ended with 1\nport = 80\nport = 8080\nnothing to recover\n"
    assert (done.returncode, done.stdout) == (0, expected), done.stderr
    assert "conf is broken" in done.stderr


def test_the_python_block_of_atomic_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    exec(compile(blocks("python")[1], "plan.md", "exec"), {})
    assert capsys.readouterr().out == "1 1 []\n"
    assert (tmp_path / "data" / "a.txt").read_text() == "A"


def test_the_guide_has_no_other_blocks():
    assert (len(blocks("sh")), len(blocks("python"))) == (2, 2)
