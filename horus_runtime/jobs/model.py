"""What a job is: the record of `job-format`, its status, its signatures and its result.

A `Job` holds values of the right types and nothing more; whether it may run is decided in `validation`. The fields may
be set, since a job is built and signed step by step, but the status moves only along its allowed ways.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SerializerFunctionWrapHandler, model_serializer

from horus_runtime.errors import JobError
from horus_runtime.jobs.signing import ALGORITHM, SigningKey, canonical_bytes, signature_fault

DEFAULT_TIMEOUT: Final = 60
"""Seconds a job may take when it does not say."""


class JobStatus(StrEnum):
    """Where a job is in its life."""

    PENDING = "Pending"
    RUNNING = "Running"
    COMPLETED = "Completed"
    FAILED = "Failed"
    TIMEOUT = "Timeout"
    CANCELLED = "Cancelled"

    @property
    def is_final(self) -> bool:
        """True for the states that nothing leaves."""
        return not TRANSITIONS[self]


TRANSITIONS: Final[Mapping[JobStatus, frozenset[JobStatus]]] = {
    JobStatus.PENDING: frozenset({JobStatus.RUNNING, JobStatus.CANCELLED}),
    JobStatus.RUNNING: frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.TIMEOUT, JobStatus.CANCELLED}),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.TIMEOUT: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}


class Signature(BaseModel):
    """One signer's statement about a job."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    public_key: str
    signature: str
    algorithm: str = ALGORITHM


def new_job_id() -> str:
    """A unique job identifier."""
    return uuid.uuid4().hex


def now() -> int:
    """Seconds since 1970, as job records write times."""
    return int(time.time())


class Admission(Protocol):
    """Who admitted a job, and wants to know when it runs. The trust store is one."""

    def claim(self, job: Job) -> None:
        """Use the job up; raises when it was used before."""


class Job(BaseModel):
    """A unit of work: a payload for a runner.

    Unknown fields are refused: no signature covers them, so a reader that believed one could be deceived.
    """

    model_config = ConfigDict(strict=True, extra="forbid", validate_assignment=True)

    id: str = Field(default_factory=new_job_id)
    runner_id: str
    payload: str
    timeout: int | None = DEFAULT_TIMEOUT
    """Seconds; `None`, which other writers of jobs use, means the default."""
    env_vars: dict[str, str] = Field(default_factory=dict)
    signatures: list[Signature] = Field(default_factory=list)
    created_at: int = Field(default_factory=now)
    status: JobStatus = Field(default=JobStatus.PENDING, strict=False)

    _admission: Admission | None = PrivateAttr(default=None)

    @classmethod
    def builder(cls) -> JobBuilder:
        """Builds a job field by field."""
        return JobBuilder()

    @property
    def seconds(self) -> int:
        """The timeout that applies."""
        return DEFAULT_TIMEOUT if self.timeout is None else self.timeout

    def canonical_bytes(self) -> bytes:
        """What a signature of this job covers."""
        return canonical_bytes(self.__dict__)

    def sign(self, key: SigningKey) -> Signature:
        """Add the key's signature; a second one by the same key replaces the first."""
        signature = Signature(public_key=key.public_key, signature=key.sign(self.canonical_bytes()))
        others = [old for old in self.signatures if old.public_key != key.public_key]
        self.signatures = [*others, signature]
        return signature

    def verify(self) -> bool:
        """Is there a signature, and is every one valid? Whose signatures count is the trust store's question."""
        return bool(self.signatures) and not self.signature_faults()

    def signature_faults(self) -> list[str]:
        """One sentence for every signature that does not count, numbered from one."""
        try:
            message = self.canonical_bytes()
        except JobError as error:
            return [error.message] if self.signatures else []
        found = []
        for number, entry in enumerate(self.signatures, start=1):
            fault = signature_fault(message, entry.public_key, entry.signature, entry.algorithm)
            if fault is not None:
                found.append(f"signature {number}: {fault}")
        return found

    def admit(self, admission: Admission | None) -> None:
        """Remember under whose eyes the job was found valid, so that running it uses it up there."""
        self._admission = admission

    @property
    def admission(self) -> Admission | None:
        """Who admitted the job at its last successful validation."""
        return self._admission

    def transition(self, status: JobStatus) -> None:
        """Move to another status; only Pending -> Running -> a final one and Pending -> Cancelled are ways."""
        if status not in TRANSITIONS[self.status]:
            reason = "a final status does not change" if self.status.is_final else "there is no such step"
            raise JobError("status", f"job {self.id} cannot go from {self.status} to {status}: {reason}")
        super().__setattr__("status", status)

    def __setattr__(self, name: str, value: Any) -> None:
        """Setting the status is a transition, so that nobody can move a job backwards by assignment."""
        if name == "status":
            self.transition(JobStatus(value))
        else:
            super().__setattr__(name, value)

    def to_json(self, *, indent: int | None = 2) -> str:
        """The job as the text of a job file."""
        return self.model_dump_json(indent=indent) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The job of a job file's content; a `JobError` tells everything that is wrong with its structure."""
        from horus_runtime.jobs.document import job_from_text

        return job_from_text(cls, text)


class JobBuilder:
    """Collects the fields of a job; `build` makes it."""

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._env_vars: dict[str, str] = {}
        self._signatures: list[Signature] = []

    def id(self, value: str) -> Self:
        """Use this identifier instead of a new one."""
        self._fields["id"] = value
        return self

    def runner_id(self, value: str) -> Self:
        """The runner that shall take the job."""
        self._fields["runner_id"] = value
        return self

    def payload(self, value: str) -> Self:
        """What the runner shall do."""
        self._fields["payload"] = value
        return self

    def timeout(self, seconds: int) -> Self:
        """How long it may take."""
        self._fields["timeout"] = seconds
        return self

    def env_vars(self, values: Mapping[str, str]) -> Self:
        """Add environment variables."""
        self._env_vars.update(values)
        return self

    def env_var(self, name: str, value: str) -> Self:
        """Add one environment variable."""
        self._env_vars[name] = value
        return self

    def signature(self, value: Signature) -> Self:
        """Add a signature that was made elsewhere."""
        self._signatures.append(value)
        return self

    def created_at(self, seconds: int) -> Self:
        """Use this time instead of now."""
        self._fields["created_at"] = seconds
        return self

    def build(self) -> Job:
        """The job; fields that are missing are told by name."""
        missing = [name for name in ("runner_id", "payload") if name not in self._fields]
        if missing:
            raise JobError("structure", f"the job is not complete: {' and '.join(missing)} not set")
        return Job(**self._fields, env_vars=dict(self._env_vars), signatures=list(self._signatures))


class JobResult(BaseModel):
    """What came of a job."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    job_id: str
    status: JobStatus = Field(strict=False)
    output: str = ""
    """Everything the payload printed, up to the runner's bound."""
    error: str | None = None
    exit_code: int | None = None
    started_at: int | None = None
    completed_at: int | None = None
    plan: dict[str, Any] | None = None
    """What the payload would do, of a runner that only plans (see `docs/plan.md`)."""
    atomic: dict[str, Any] | None = None
    """The steps of the commit and what cannot be undone, of a runner whose jobs are atomic."""

    @model_serializer(mode="wrap")
    def _known(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Plans and commits are told of the jobs that have them."""
        data: dict[str, Any] = handler(self)
        return {name: value for name, value in data.items() if value is not None or name not in {"plan", "atomic"}}

    @property
    def ok(self) -> bool:
        """Did the job complete?"""
        return self.status is JobStatus.COMPLETED

    def to_json(self, *, indent: int | None = 2) -> str:
        """The result as JSON text."""
        return self.model_dump_json(indent=indent) + "\n"
