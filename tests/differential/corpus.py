"""Reads the corpus: small scripts, each with the reference engine's recorded answer.

Two plain-text forms lie in `corpus/`:

* `NAME.lines`: one script per line. `#` alone or followed by a blank starts a comment line, and `#options {...}` sets
  the options of the lines below it.
* `NAME.chunks`: scripts separated by lines that start with `---`; the rest of such a line may hold options as JSON.
  Text before the first separator is a comment.

The recorded answers are `golden/FILE.jsonl`, one line per script. A script's id is the file's stem and a digest of the
text and options, so ids survive reordering.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "corpus"
GOLDEN = CORPUS / "golden"
EXCLUSIONS = CORPUS / "exclusions.toml"
OPEN = CORPUS / "open.txt"

Answer = dict[str, Any]
_ANONYMOUS = re.compile(r"anon\$[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Case:
    """One script with the engine options it runs under."""

    file: str
    line: int
    script: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        key = self.script + "\0" + json.dumps(self.options, sort_keys=True)
        return f"{self.file.partition('.')[0]}/{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def corpus_files() -> list[Path]:
    """All corpus files in the order of their names."""
    return sorted(path for path in CORPUS.iterdir() if path.suffix in (".lines", ".chunks"))


def read_cases(path: Path) -> list[Case]:
    """The scripts of one file; a script that occurs twice is an error, because ids must be unique."""
    text = path.read_text(encoding="utf-8")
    cases = list(_lines(path.name, text) if path.suffix == ".lines" else _chunks(path.name, text))
    seen: dict[str, int] = {}
    for case in cases:
        if case.id in seen:
            raise ValueError(f"{path.name}:{case.line}: the same script stands in line {seen[case.id]}")
        seen[case.id] = case.line
    return cases


def _lines(name: str, text: str) -> Iterator[Case]:
    options: dict[str, Any] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#options"):
            options = json.loads(line.removeprefix("#options"))
        elif line.strip() and line != "#" and not line.startswith("# "):
            yield Case(name, number, line, options)


def _chunks(name: str, text: str) -> Iterator[Case]:
    options: dict[str, Any] = {}
    start, body = 0, list[str]()
    for number, line in enumerate([*text.removesuffix("\n").split("\n"), "---"], 1):
        if not line.startswith("---"):
            body.append(line)
            continue
        if start:
            yield Case(name, start + 1, "\n".join(body), options)
        options = json.loads(line.lstrip("-") or "{}")
        start, body = number, []


def normalise(answer: Answer) -> Answer:
    """The answer in its recorded form: closure names without their digits, nothing that is empty or said twice."""
    plain: Answer = json.loads(_ANONYMOUS.sub("anon$", json.dumps(answer)))
    if "syntax" in plain.get("error", ()):
        plain["error"].pop("message", None)  # "Syntax error: " and the text of `syntax`
    return {key: value for key, value in plain.items() if value not in ([], None) and key != "ok"}


def read_open() -> set[str]:
    """Ids of scripts that differ and should not: work still to do, which may only become less."""
    return set(OPEN.read_text(encoding="utf-8").split()) if OPEN.is_file() else set()


def write_open(names: set[str]) -> None:
    if names:
        OPEN.write_text("\n".join(sorted(names)) + "\n", encoding="utf-8")
    else:
        OPEN.unlink(missing_ok=True)


def golden_path(path: Path) -> Path:
    return GOLDEN / f"{path.name}.jsonl"


def read_golden(path: Path) -> dict[str, Answer]:
    """Recorded answers of a corpus file by script id."""
    golden = golden_path(path)
    if not golden.is_file():
        return {}
    rows = (json.loads(line) for line in golden.read_text(encoding="utf-8").split("\n") if line)
    return {row.pop("id"): row for row in rows}


def write_golden(path: Path, answers: dict[str, Answer]) -> None:
    GOLDEN.mkdir(exist_ok=True)
    rows = ({"id": name, **answer} for name, answer in answers.items())
    text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    golden_path(path).write_text(text, encoding="utf-8")
