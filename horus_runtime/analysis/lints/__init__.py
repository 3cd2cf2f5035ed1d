"""Warnings about scripts that compile: each with a stable code, a place and, where it is safe, a fix.

Input: a syntax tree and what the host offers (`Surroundings`). Output: findings in the order of the text. A file for
each family: names, flow, values, calls, types. A comment `// lint: allow(CODE)` on the line, or one above, silences it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from horus_runtime.analysis.lints import calls, flow, names, types, values
from horus_runtime.analysis.lints.finding import Edit, Finding, Surroundings, apply_edits

if TYPE_CHECKING:
    from horus_runtime.analysis.lints.types import TypedProgram
    from horus_runtime.ast import nodes
    from horus_runtime.source import SourceFile

__all__ = ["CODES", "Edit", "Finding", "Surroundings", "apply_edits", "lint"]

CODES: Final = {**names.CODES, **flow.CODES, **values.CODES, **calls.CODES, **types.CODES}
"""Every code with what it means."""

_ALLOWED = re.compile(r"//.*\blint:\s*allow\(([\w\s,-]+)\)")


def lint(
    script: nodes.Script, source: SourceFile, around: Surroundings, program: TypedProgram | None = None
) -> list[Finding]:
    """All findings of a script, in the order of the text; those about types only with the types of the program."""
    found: list[Finding] = []
    for family in (names, flow, values, calls):
        found += family.check(script, around)
    if program is not None:
        found += types.check(program, around)
    kept = (finding for finding in found if not _is_allowed(finding, source))
    return sorted(kept, key=lambda finding: (finding.span, finding.code))


def _is_allowed(finding: Finding, source: SourceFile) -> bool:
    lines: Iterable[str] = (source.line(finding.span.line), source.line(finding.span.line - 1))
    for at, line in enumerate(lines):
        comment = _ALLOWED.search(line)
        alone = line.lstrip().startswith("//")
        if comment and (at == 0 or alone) and finding.code in re.split(r"[\s,]+", comment[1]):
            return True
    return False
