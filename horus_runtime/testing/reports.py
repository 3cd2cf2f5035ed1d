"""What came of a test run: lines for people, JUnit XML and JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.runtime.visible import visible
from horus_runtime.testing.running import BROKEN, FAILED, PASSED, SKIPPED, Outcome

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MARKS: Final = {PASSED: ".", FAILED: "F", SKIPPED: "s", BROKEN: "E"}


def summary(outcomes: Sequence[Outcome], seconds: float) -> str:
    """`3 passed, 1 failed in 0.12 s`."""
    counts = [(sum(o.status == status for o in outcomes), status) for status in (FAILED, BROKEN, PASSED, SKIPPED)]
    words = ", ".join(f"{count} {status}" for count, status in counts if count) or "no tests"
    return f"{words} in {seconds:.2f} s"


def failure_text(outcome: Outcome) -> str:
    """A failed case with its message, and what it printed."""
    case = outcome.case
    title = f"{case.file}:{outcome.line}: {case.name}" if case.function else f"{case.file}: broken"
    parts = [f"=== {title} ===", outcome.message]
    if outcome.output:
        parts += ["--- printed ---", outcome.output.rstrip("\n")]
    return visible("\n".join(parts))


def as_json_text(outcomes: Sequence[Outcome], seconds: float) -> str:
    """The run as one JSON document."""
    cases = [
        {
            "id": o.case.id,
            "file": o.case.file.as_posix(),
            "name": o.case.name,
            "status": o.status,
            "seconds": round(o.seconds, 6),
            "line": o.line or o.case.line,
            "message": o.message or None,
            "output": o.output,
        }
        for o in outcomes
    ]
    counts = {status: sum(o.status == status for o in outcomes) for status in (PASSED, FAILED, SKIPPED, BROKEN)}
    return json.dumps({"seconds": round(seconds, 6), **counts, "cases": cases}, indent=2, ensure_ascii=False)


def write_junit(path: Path, outcomes: Sequence[Outcome], seconds: float) -> None:
    """Write the run as JUnit XML, a suite for every file."""
    from xml.etree import ElementTree as ET

    suites = ET.Element("testsuites", _counts(outcomes, seconds))
    for file in dict.fromkeys(o.case.file for o in outcomes):
        own = [o for o in outcomes if o.case.file == file]
        suite = ET.SubElement(
            suites, "testsuite", {"name": file.as_posix(), **_counts(own, sum(o.seconds for o in own))}
        )
        for outcome in own:
            _junit_case(suite, outcome)
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)


def _junit_case(suite: Element, outcome: Outcome) -> None:
    from xml.etree import ElementTree as ET

    case = outcome.case
    attributes = {
        "classname": case.file.with_suffix("").as_posix().replace("/", "."),
        "name": case.name or case.file.name,
        "file": case.file.as_posix(),
        "line": str(outcome.line or case.line),
        "time": f"{outcome.seconds:.6f}",
    }
    element = ET.SubElement(suite, "testcase", attributes)
    if outcome.status == SKIPPED:
        ET.SubElement(element, "skipped", {"message": outcome.message})
    elif outcome.status != PASSED:
        kind = "failure" if outcome.status == FAILED else "error"
        first = outcome.message.split("\n")[0]
        ET.SubElement(element, kind, {"message": _xml(first)}).text = _xml(outcome.message)
    if outcome.output:
        ET.SubElement(element, "system-out").text = _xml(outcome.output)


def _counts(outcomes: Sequence[Outcome], seconds: float) -> dict[str, str]:
    return {
        "tests": str(len(outcomes)),
        "failures": str(sum(o.status == FAILED for o in outcomes)),
        "errors": str(sum(o.status == BROKEN for o in outcomes)),
        "skipped": str(sum(o.status == SKIPPED for o in outcomes)),
        "time": f"{seconds:.6f}",
    }


def _xml(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return "".join(char for char in visible(text) if char in "\t\n" or char >= " ")


class LastFailed:
    """Which cases failed in the last run, for `--lf`: a file in the folder `.horus` of the working directory."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".horus" / "last-failed.json"

    def read(self) -> frozenset[str]:
        """The ids of the cases that failed; empty when there is nothing to know."""
        try:
            data: Any = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return frozenset()
        return frozenset(str(name) for name in data) if isinstance(data, list) else frozenset()

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Keep what failed; cases that were not run keep their state."""
        ran = {o.case.id for o in outcomes}
        failed = {o.case.id for o in outcomes if o.status in {FAILED, BROKEN}}
        now = sorted((self.read() - ran) | failed)
        if now or self._path.exists():
            self._path.parent.mkdir(exist_ok=True)
            self._path.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")
