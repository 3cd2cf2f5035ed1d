"""Executes a job: the rules once more, the trust store's claim, then the runner's executor."""

from __future__ import annotations

from collections.abc import Callable

from horus_runtime.jobs.executors import in_process
from horus_runtime.jobs.executors.in_process import Cancellation
from horus_runtime.jobs.model import Job, JobResult
from horus_runtime.jobs.runners import RunnerRegistry
from horus_runtime.jobs.trust import TrustStore
from horus_runtime.jobs.validation import validate


def execute(
    job: Job,
    registry: RunnerRegistry,
    trust: TrustStore | None = None,
    *,
    echo: Callable[[str], None] | None = None,
    cancellation: Cancellation | None = None,
) -> JobResult:
    """Run a job with its runner and give the result; whatever the payload does, this raises only for invalid jobs.

    The rules are checked here too, under `trust` or the store that `validate` admitted the job under, because the job
    may have changed since. `echo` gets printed text as it comes.
    """
    if trust is None and isinstance(job.admission, TrustStore):
        trust = job.admission
    validate(job, registry, trust)
    runner = registry.get(job.runner_id)
    if trust is not None:
        trust.claim(job)
    return in_process.run(job, runner, echo=echo, cancellation=cancellation)
