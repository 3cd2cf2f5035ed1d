"""Runs the pending jobs of a record, one after another, in this process.

Several workers may share a record: taking a job is one conditional update. A worker holds a lock on a file of its own
for as long as it lives; the system lets go of it when the worker dies, however it dies. So the next worker can tell a
job that still runs from one whose process is gone, and gives the latter its final status.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from horus_runtime.errors import JobError
from horus_runtime.jobs.execution import execute
from horus_runtime.jobs.executors.in_process import Cancellation
from horus_runtime.jobs.model import Job, JobResult, JobStatus, now
from horus_runtime.jobs.runners import RunnerRegistry
from horus_runtime.jobs.store import JobStore
from horus_runtime.jobs.trust import TrustStore

ABANDONED: Final = "the process that ran the job ended before the job did"


class Worker:
    """One process that takes jobs from a record."""

    def __init__(self, store: JobStore, registry: RunnerRegistry, trust: TrustStore | None = None) -> None:
        self.store = store
        self.registry = registry
        self.trust = trust
        self.name = uuid.uuid4().hex
        self._folder = store.path.with_name(f"{store.path.name}-workers")

    @contextmanager
    def alive(self) -> Iterator[None]:
        """While this lasts, other workers know that this one lives. Jobs of dead workers are closed first."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._folder / self.name
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            self.close_abandoned()
            yield
        finally:
            with contextlib.suppress(OSError):
                path.unlink()
            os.close(handle)

    def close_abandoned(self) -> list[str]:
        """Give a final status to jobs whose worker is dead; their ids."""
        closed = []
        for job_id, owner in self.store.running():
            if owner is not None and not self._lives(self._folder / owner):
                # Another worker may come to the same conclusion first.
                with contextlib.suppress(JobError):
                    self.store.finish(_failed(job_id, ABANDONED, 70))
                    closed.append(job_id)
        return closed

    def run_next(self, cancellation: Cancellation | None = None) -> JobResult | None:
        """Run the job that has waited longest and record its result; `None` when none is waiting."""
        while (job_id := self.store.oldest()) is not None:
            try:
                job = self.store.start(job_id, self.name)
            except JobError:
                continue  # another worker was faster, or the job was cancelled
            result = self._run(job, cancellation)
            self.store.finish(result)
            return result
        return None

    def drain(self, on_result: Callable[[JobResult], None] = lambda _: None) -> int:
        """Run jobs until none is waiting; how many were run."""
        count = 0
        while (result := self.run_next()) is not None:
            on_result(result)
            count += 1
        return count

    def _run(self, job: Job, cancellation: Cancellation | None) -> JobResult:
        try:
            return execute(job, self.registry, self.trust, cancellation=cancellation)
        except JobError as error:
            # Rules may be broken since the job was submitted: it is stale now, its runner gone, its key not trusted.
            return _failed(job.id, error.message, error.exit_code)

    def _lives(self, path: Path) -> bool:
        try:
            handle = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            with contextlib.suppress(OSError):
                path.unlink()
            return False
        finally:
            os.close(handle)


def _failed(job_id: str, error: str, exit_code: int) -> JobResult:
    return JobResult(job_id=job_id, status=JobStatus.FAILED, error=error, exit_code=exit_code, completed_at=now())
