"""What the guides show works: Python blocks run, shell blocks succeed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import horus_runtime as hr
from horus_runtime.jobs.model import Job
from horus_runtime.jobs.signing import SigningKey

ROOT = Path(__file__).resolve().parents[2]


def blocks(name, language):
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(2))
def test_python_blocks_of_the_guide_to_jobs_run(tmp_path, monkeypatch, number, capsys):
    monkeypatch.chdir(tmp_path)
    job = Job(runner_id="sal", payload="print(1);", env_vars={"B": "é", "A": "1"})
    job.sign(SigningKey.generate())
    Path("job.json").write_text(job.to_json())
    exec(compile(blocks("jobs.md", "python")[number], "jobs.md", "exec"), {})
    assert capsys.readouterr().out == ("", "Completed 0 42\n\n")[number]


def test_the_guide_to_jobs_has_no_other_python_blocks():
    assert len(blocks("jobs.md", "python")) == 2


def test_the_job_file_of_the_guide_is_one():
    assert Job.from_json(blocks("jobs.md", "json")[0]).id == "nightly-42"


def test_the_walk_through_the_command_line_succeeds(tmp_path):
    program = tmp_path / "horus"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m horus_runtime "$@"\n')
    program.chmod(0o700)
    environment = os.environ | {"HORUS_HOME": str(tmp_path / "home"), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    [script] = blocks("cli.md", "sh")
    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "hello")


def test_the_guide_to_native_code_runs(capsys):
    [block] = blocks("native.md", "python")
    exec(compile(block, "native.md", "exec"), {})
    assert capsys.readouterr().out == "6765\n6765\n"


def test_the_guide_to_custom_syntax_runs(capsys):
    fixed, dynamic = blocks("custom-syntax.md", "python")
    exec(compile(fixed, "custom-syntax.md", "exec"), {})
    assert capsys.readouterr().out == "21\n"
    exec(compile(dynamic, "custom-syntax.md", "exec"), {})
    assert capsys.readouterr().out == "[{'name': 'Alan'}]\n"


def test_the_guide_to_the_library_runs():
    [block] = blocks("stdlib.md", "rhai")
    printed = []
    engine = hr.Engine()
    engine.on_print(printed.append)
    engine.run(block)
    assert printed == ["To, Be, Or, Not"]
