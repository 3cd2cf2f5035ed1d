"""The stable codes of the validation rules, and the error that lists what was violated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from horus_runtime.errors import JobError

STRUCTURE: Final = "structure"
SIGNATURE: Final = "signature"
RUNNER: Final = "runner"
PAYLOAD: Final = "payload"
TIMEOUT: Final = "timeout"

CODES: Final = (STRUCTURE, SIGNATURE, RUNNER, PAYLOAD, TIMEOUT)
"""In the order in which the job format lists the rules, which is the order of every report."""


class Violation(NamedTuple):
    """One violated rule."""

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def invalid_job(violations: Sequence[Violation]) -> JobError:
    """The error for a job that violates at least one rule. Its `kind` is the code of the first."""
    if len(violations) == 1:
        text = f"the job is not valid: {violations[0]}"
    else:
        text = "\n  ".join(["the job is not valid:", *map(str, violations)])
    listed = [violation._asdict() for violation in violations]
    return JobError(violations[0].code, text, fields={"violations": listed})
