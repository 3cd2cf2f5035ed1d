"""The guide to running scripts works."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / "running.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(4))
def test_a_python_block_of_the_guide_to_running_runs(number):
    exec(compile(BLOCKS[number], f"running.md, block {number}", "exec", dont_inherit=True), {"__name__": "guide"})


def test_the_guide_to_running_has_no_other_blocks():
    assert len(BLOCKS) == 5
