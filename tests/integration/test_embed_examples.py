"""The examples of embedding print what they are said to print."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("embed_*.py"))
OUTPUTS = Path(__file__).parent / "embed_outputs"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_prints_what_is_expected(path: Path):
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, cwd=ROOT, check=False)
    expected = (OUTPUTS / f"{path.stem}.txt").read_text(encoding="utf-8")
    assert (done.stdout, done.stderr, done.returncode) == (expected, "", 0)


def test_every_expected_output_belongs_to_an_example():
    assert sorted(path.stem for path in OUTPUTS.glob("*.txt")) == [path.stem for path in EXAMPLES]
