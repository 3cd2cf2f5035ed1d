"""Compares this package's engine with the reference engine, script by script.

    python -m tests.differential.compare [FILE ...] [--max-diffs N] [--only TEXT] [--new] [--accept]

Compared are the value's debug text and type, everything printed, the error's kind, message and position, and the
variables left in the scope.
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.differential.corpus import (
    EXCLUSIONS,
    Answer,
    Case,
    corpus_files,
    read_cases,
    read_golden,
    read_open,
    write_open,
)

_PARTS = ("crash", "error", "type", "value", "output", "scope")


@dataclass(frozen=True, slots=True)
class Difference:
    """A script on which the two engines disagree, and the parts of the outcome that differ."""

    case: Case
    parts: tuple[tuple[str, Any, Any], ...]
    """Name of the part, what the reference engine has, what this engine has."""

    @property
    def group(self) -> str:
        """The parts' names, finer for errors: which of kind, message and position differ."""
        return "+".join(name for name, _, _ in self.parts)

    def __str__(self) -> str:
        lines = [f"{self.case.file}:{self.case.line} [{self.case.id}]"]
        if self.case.options:
            lines.append(f"    options  {self.case.options}")
        lines += [f"  | {line}" for line in self.case.script.split("\n")[:20]]
        for name, theirs, ours in self.parts:
            lines += [f"    {name}", f"      rhai   {theirs!r}", f"      horus  {ours!r}"]
        return "\n".join(lines)


def difference(case: Case, theirs: Answer, ours: Answer) -> Difference | None:
    """How the outcomes differ, or `None`.

    Where the reference's optimizer changes the outcome, the outcome without it is as good (and is the one shown).
    Where the reference engine itself crashed there is nothing to compare with, but this engine must not crash.
    """
    if "none" in theirs:
        optimized = {key: value for key, value in theirs.items() if key != "none"}
        return difference(case, optimized, ours) and difference(case, theirs["none"], ours)
    if "crash" in theirs:
        return Difference(case, (("crash", theirs["crash"], ours["crash"]),)) if "crash" in ours else None
    parts: list[tuple[str, Any, Any]] = []
    for name in _PARTS:
        left, right = theirs.get(name), ours.get(name)
        if left == right:
            continue
        if name == "error" and left and right:
            keys = [key for key in {**left, **right} if left.get(key) != right.get(key) and key != "lex_kind"]
            parts += [(f"error.{key}", left.get(key), right.get(key)) for key in keys]
        elif name == "output" and left and right:
            parts.append(("output", *_first_difference(left, right)))
        else:
            parts.append((name, left, right))
    return Difference(case, tuple(parts)) if parts else None


def _first_difference(left: list[Any], right: list[Any]) -> tuple[Any, Any]:
    """The first line that differs, with its number; long outputs agree nearly everywhere."""
    for number, (theirs, ours) in enumerate(zip(left, right, strict=False), 1):
        if theirs != ours:
            return f"line {number}: {theirs}", f"line {number}: {ours}"
    return f"{len(left)} lines", f"{len(right)} lines"


def read_exclusions() -> dict[str, str]:
    """Script ids that are expected to differ, with the reason."""
    exclusions: dict[str, str] = tomllib.loads(EXCLUSIONS.read_text(encoding="utf-8"))
    return exclusions


def compare_file(path: Path, *, only: str = "") -> Iterator[tuple[Case, Difference | None]]:
    """Runs every script of a corpus file here and compares with its recorded answer."""
    from tests.differential.engine import run_case

    golden, exclusions = read_golden(path), read_exclusions()
    for case in read_cases(path):
        if case.id in exclusions or only not in case.script:
            continue
        if case.id not in golden:
            raise LookupError(f"{path.name}:{case.line}: no recorded answer; run python -m tests.differential.record")
        yield case, difference(case, golden[case.id], run_case(case))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="corpus files (default: all)")
    parser.add_argument("--max-diffs", type=int, default=40, metavar="N", help="print at most N differences per file")
    parser.add_argument("--only", default="", metavar="TEXT", help="only scripts that contain this text")
    parser.add_argument("--new", action="store_true", help="print only differences that are not in open.txt")
    parser.add_argument("--accept", action="store_true", help="write what differs now to open.txt (whole corpus only)")
    arguments = parser.parse_args()
    if arguments.accept and (arguments.files or arguments.only):
        parser.error("--accept needs the whole corpus")
    known = read_open() if arguments.new else set()
    everything: set[str] = set()
    summary: list[tuple[str, int, int, float]] = []
    groups: Counter[str] = Counter()
    for path in arguments.files or corpus_files():
        agreed, differences, start = 0, [], time.perf_counter()
        for _, found in compare_file(path, only=arguments.only):
            if found is None:
                agreed += 1
            else:
                differences.append(found)
                everything.add(found.case.id)
                groups[found.group] += 1
                if found.case.id not in known and len(differences) <= arguments.max_diffs:
                    print(found, end="\n\n", flush=True)
        summary.append((path.name, agreed, len(differences), time.perf_counter() - start))
    print(f"{'file':32} {'agree':>6} {'differ':>6} {'seconds':>8}")
    for name, agreed, differed, seconds in summary:
        print(f"{name:32} {agreed:6} {differed:6} {seconds:8.1f}")
    total, wrong = sum(row[1] + row[2] for row in summary), sum(row[2] for row in summary)
    print(f"{'total':32} {total - wrong:6} {wrong:6}")
    for group, count in groups.most_common(15):
        print(f"    {count:5}  {group}")
    if arguments.accept:
        write_open(everything)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
