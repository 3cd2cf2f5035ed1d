"""Scripts that fail: what is reported, and where.

The scripts of a file are parted by `---`. The line that fails says so at its end: `### message`, the message of the
innermost error; below it lines that begin with `### in ` name the calls around it, innermost first.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

import horus_runtime as hr
from tests.support.variants import VARIANTS, engine_of

FILES = sorted(Path(__file__).parent.glob("*.rhai"))


class Chunk(NamedTuple):
    """One failing script with what is expected of it."""

    script: str
    line: int
    message: str
    calls: list[str]


def chunks(path: Path) -> list[Chunk]:
    """The scripts of a file."""
    return [
        read(text.strip("\n")) for text in re.split(r"^---\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    ]


def read(text: str) -> Chunk:
    """Take the expectations out of one script."""
    lines, calls, found = [], [], None
    for line in text.split("\n"):
        if line.startswith("### in "):
            calls.append(line.removeprefix("### in "))
            continue
        code, mark, message = line.partition(" ### ")
        lines.append(code)
        if mark:
            found = len(lines), message
    assert found is not None, text
    return Chunk("\n".join(lines), *found, calls)


CASES = [
    pytest.param(chunk, id=f"{path.stem}-{number}")
    for path in FILES
    for number, chunk in enumerate(chunks(path), start=1)
]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("chunk", CASES)
def test_a_failing_script_says_what_and_where(chunk: Chunk, variant: str) -> None:
    with pytest.raises(hr.HorusError) as caught:
        engine_of(variant).eval(chunk.script)
    error = caught.value
    calls = []
    while isinstance(error, hr.EvalError) and error.inner is not None:
        calls.insert(0, error.fields["function"])
        error = error.inner
    position = error.position or (error.script_traceback[-1][1] if error.script_traceback else None)
    assert (error.message, position and position.line) == (chunk.message, chunk.line)
    assert [name if not name.startswith("anon$") else "closure" for name in calls] == chunk.calls
