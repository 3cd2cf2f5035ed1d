"""The five rules a job has to keep before anything runs, in the order of the job format.

All violated rules are reported, each with a stable code. Where the structure is broken, the other rules still look at
the fields that are whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.jobs.document import structure_faults
from horus_runtime.jobs.model import DEFAULT_TIMEOUT, Job, JobStatus
from horus_runtime.jobs.runners import MAX_TIMEOUT
from horus_runtime.jobs.trust import TrustStore, missing_signatures
from horus_runtime.jobs.violations import PAYLOAD, RUNNER, SIGNATURE, STRUCTURE, TIMEOUT, Violation, invalid_job

if TYPE_CHECKING:
    from horus_runtime.jobs.runners import RunnerRegistry

MIN_TIMEOUT: Final = 1
MAX_PAYLOAD: Final = 1024 * 1024
"""Bytes of a payload. Parsing is the one stage that no deadline interrupts, so its input is bounded."""

Document = Mapping[str, Any]


def validate(job: Job, registry: RunnerRegistry, trust: TrustStore | None = None) -> None:
    """Raise a `JobError` that lists every violated rule; a job that passes is admitted under `trust`."""
    found = violations(job, registry, trust)
    if found:
        raise invalid_job(found)
    job.admit(trust)


def violations(job: Job | Document, registry: RunnerRegistry, trust: TrustStore | None = None) -> list[Violation]:
    """Every violated rule of a job, or of the fields of a job file that may not even be a job."""
    document: Document = vars(job) if isinstance(job, Job) else job
    store = TrustStore() if trust is None else trust
    faults = structure_faults(document)
    found = [Violation(STRUCTURE, fault) for fault in [*faults, *_status_faults(document)]]
    if faults:
        found += [Violation(SIGNATURE, fault) for fault in _unsigned_faults(document, store)]
    else:
        whole = job if isinstance(job, Job) else Job.model_validate(job)
        found += [Violation(SIGNATURE, fault) for fault in store.faults(whole)]
    found += [Violation(RUNNER, fault) for fault in _runner_faults(document, registry)]
    found += [Violation(PAYLOAD, fault) for fault in payload_faults(document.get("payload"))]
    found += [Violation(TIMEOUT, fault) for fault in timeout_faults(document.get("timeout"), registry.max_timeout)]
    return found


def refuse_unusable(job: Job, max_timeout: int = MAX_TIMEOUT) -> None:
    """Raise for what no host would take, whatever its runners and its trust: for those who make jobs."""
    document = vars(job)
    found = [Violation(STRUCTURE, fault) for fault in structure_faults(document)]
    found += [Violation(PAYLOAD, fault) for fault in payload_faults(job.payload)]
    found += [Violation(TIMEOUT, fault) for fault in timeout_faults(job.timeout, max_timeout)]
    if found:
        raise invalid_job(found)


def _status_faults(document: Document) -> list[str]:
    status = document.get("status", JobStatus.PENDING)
    if isinstance(status, str) and status in list(JobStatus) and status != JobStatus.PENDING:
        return [f"the status is {status}; only a Pending job can run"]
    return []


def _unsigned_faults(document: Document, store: TrustStore) -> list[str]:
    """What can be said about signatures while the structure is broken: whether there are any."""
    if store.required and not document.get("signatures"):
        return missing_signatures(store.required, 0, [])
    return []


def _runner_faults(document: Document, registry: RunnerRegistry) -> list[str]:
    runner_id = document.get("runner_id")
    if not isinstance(runner_id, str):
        return []
    fault = registry.fault(runner_id)
    return [] if fault is None else [fault]


def payload_faults(payload: Any) -> list[str]:
    """Why a text is no payload; another type than text is the structure's fault."""
    if not isinstance(payload, str):
        return []
    if not payload.strip().strip("\ufeff"):
        return ["the payload is empty"]
    # Four bytes a character at most: most payloads need not be encoded to be measured.
    size = len(payload) if len(payload) * 4 <= MAX_PAYLOAD else len(payload.encode(errors="replace"))
    if size > MAX_PAYLOAD:
        return [f"the payload has {size} bytes, {MAX_PAYLOAD} are allowed"]
    return []


def timeout_faults(timeout: Any, maximum: int = MAX_TIMEOUT) -> list[str]:
    """Why a number of seconds is no reasonable timeout."""
    if timeout is None:
        timeout = min(DEFAULT_TIMEOUT, maximum)
    if type(timeout) is not int or MIN_TIMEOUT <= timeout <= maximum:
        return []
    shown = str(timeout) if abs(timeout) < 10**18 else "a number of many digits"
    return [f"the timeout must be {MIN_TIMEOUT} to {maximum} seconds, found {shown}"]
