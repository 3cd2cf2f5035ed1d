"""The guide to embedding works, the list of public names is up to date, and their types are as documented."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import horus_runtime as hr

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_python_block_of_the_guide_runs(number: int):
    code = compile(BLOCKS[number], f"embedding.md, block {number}", "exec", dont_inherit=True)
    exec(code, {"__name__": "guide"})


def test_the_guide_has_the_blocks_that_are_run():
    assert len(BLOCKS) == 11
    assert GUIDE.count("```") == 2 * len(BLOCKS)


def test_methods_that_the_guide_names_exist():
    calls = set(re.findall(r"`engine\.(\w+)", GUIDE))
    assert sorted(name for name in calls if not hasattr(hr.Engine, name) and not hasattr(hr.Engine(), name)) == []


def test_the_list_of_public_names_is_up_to_date():
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "build_api.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.stderr, done.returncode) == ("", 0)


def test_public_names_are_typed_as_the_samples_say(tmp_path):
    command = [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", "--cache-dir", tmp_path]
    done = subprocess.run(
        [*command, ROOT / "tests" / "typing" / "embedding.py"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.stdout, done.stderr) == ("Success: no issues found in 1 source file\n", "")
