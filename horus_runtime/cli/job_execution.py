"""Runs a job file for `horus job run`: validation, execution, and how the result is shown."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from horus_runtime.cli.render import print_json, visible
from horus_runtime.jobs.execution import execute
from horus_runtime.jobs.files import load_document
from horus_runtime.jobs.model import Job, JobResult
from horus_runtime.jobs.runners import RunnerRegistry
from horus_runtime.jobs.trust import TrustStore
from horus_runtime.jobs.validation import violations
from horus_runtime.jobs.violations import invalid_job


def run_job(path: Path, registry: RunnerRegistry, trust: TrustStore, *, as_json: bool) -> int:
    """Run the job in a file and show its result; a job that is not valid raises before anything runs."""
    document = load_document(path)
    found = violations(document, registry, trust)
    if found:
        raise invalid_job(found)
    result = execute(Job.model_validate(document), registry, trust, echo=None if as_json else Echo())
    if as_json:
        print_json(result.model_dump(mode="json"))
    else:
        show(result)
    return result.exit_code or 0


class Echo:
    """Shows printed output while it comes. A reader that goes away ends the showing, not the job."""

    def __init__(self) -> None:
        self._lost = False

    def __call__(self, text: str) -> None:
        if not self._lost:
            try:
                sys.stdout.write(text)
            except OSError:
                self._lost = True


def show(result: JobResult) -> None:
    """What there is to say beside the printed output, on standard error so that the output stays the payload's."""
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    if result.plan is not None:
        from horus_runtime.planning.render import summary

        sys.stderr.write(summary(result.plan["counts"], complete=result.plan["complete"]) + "\n")
    for effect in (result.atomic or {}).get("not_undoable", ()):
        sys.stderr.write(visible(f"warning: cannot be undone: {effect['function']}: {effect['subject']}") + "\n")
    if result.error is not None:
        sys.stderr.write(visible(result.error) + "\n")
    sys.stderr.write(f"job {result.job_id}: {result.status}\n")
