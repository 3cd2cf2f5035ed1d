"""The record of jobs on disk: what was submitted, where it stands, what came of it, which ids were run.

One SQLite file shared by processes. Every step of a status is one conditional update, so that of two processes only
one starts a job, and a final status stays final whatever happens to the process that wrote it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from horus_runtime.errors import JobError
from horus_runtime.jobs.model import TRANSITIONS, Job, JobResult, JobStatus, now

BUSY_SECONDS: Final = 10.0
VERSION: Final = 1

_SCHEMA: Final = """
create table if not exists jobs (
    id text primary key,
    runner_id text not null,
    status text not null,
    created_at integer not null,
    submitted_at integer not null,
    document text not null,
    result text,
    owner text
) strict;
create index if not exists jobs_by_status on jobs (status, submitted_at);
create table if not exists seen (id text primary key, expires integer) strict;
"""


class JobEntry(NamedTuple):
    """One line of a list of jobs."""

    id: str
    runner_id: str
    status: JobStatus
    created_at: int
    submitted_at: int


class JobStore:
    """The record in one file. Connections are short, so that it can be used from any thread and process."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        with self._connection() as connection:
            version = connection.execute("pragma user_version").fetchone()[0]
            if version > VERSION:
                raise JobError("store", f"'{self.path}' was written by a newer version of horus (format {version})")
            connection.executescript(f"{_SCHEMA} pragma user_version = {VERSION};")

    def submit(self, job: Job) -> None:
        """Record a new job; an id is taken once."""
        values = (job.id, job.runner_id, job.status.value, job.created_at, now(), job.to_json(indent=None))
        try:
            with self._connection() as connection:
                connection.execute(
                    "insert into jobs (id, runner_id, status, created_at, submitted_at, document)"
                    " values (?, ?, ?, ?, ?, ?)",
                    values,
                )
        except sqlite3.IntegrityError:
            raise JobError("store", f"a job {job.id} was submitted before") from None

    def job(self, job_id: str) -> Job:
        """The job as it was submitted, with its present status."""
        status, document = self._row("select status, document from jobs where id = ?", job_id)
        job = Job.from_json(document)
        return job.model_copy(update={"status": JobStatus(status)})

    def status(self, job_id: str) -> JobStatus:
        """Where the job stands."""
        return JobStatus(self._row("select status from jobs where id = ?", job_id)[0])

    def result(self, job_id: str) -> JobResult | None:
        """What came of the job; `None` before it has a final status."""
        text = self._row("select result from jobs where id = ?", job_id)[0]
        return None if text is None else JobResult.model_validate_json(text)

    def entries(self, status: JobStatus | None = None, limit: int = 100) -> list[JobEntry]:
        """The newest jobs, of one status or of all."""
        with self._connection() as connection:
            rows = connection.execute(
                "select id, runner_id, status, created_at, submitted_at from jobs"
                " where status = coalesce(?, status) order by submitted_at desc, rowid desc limit ?",
                (status, limit),
            ).fetchall()
        return [
            JobEntry(id_, runner_id, JobStatus(found), created, submitted)
            for id_, runner_id, found, created, submitted in rows
        ]

    def oldest(self) -> str | None:
        """The id of the pending job that has waited longest."""
        with self._connection() as connection:
            row = connection.execute(
                "select id from jobs where status = ? order by submitted_at, rowid limit 1", (JobStatus.PENDING,)
            ).fetchone()
        return None if row is None else str(row[0])

    def start(self, job_id: str, owner: str | None = None) -> Job:
        """Take a pending job for running; of several takers one gets it. `owner` says which process that is."""
        job = self.job(job_id)
        self._move(job_id, JobStatus.RUNNING, owner=owner)
        return job

    def running(self) -> list[tuple[str, str | None]]:
        """The ids of running jobs, each with its owner."""
        with self._connection() as connection:
            return connection.execute("select id, owner from jobs where status = ?", (JobStatus.RUNNING,)).fetchall()

    def finish(self, result: JobResult) -> None:
        """Record a result, once."""
        self._move(result.job_id, result.status, result)

    def cancel(self, job_id: str) -> None:
        """Cancel a job that has not started."""
        if self.status(job_id) is not JobStatus.PENDING:
            raise JobError("status", f"job {job_id} is {self.status(job_id)}; only a Pending job can be cancelled")
        result = JobResult(
            job_id=job_id,
            status=JobStatus.CANCELLED,
            error="cancelled before it started",
            exit_code=130,
            completed_at=now(),
        )
        self._move(job_id, JobStatus.CANCELLED, result)

    def contains(self, job_id: str) -> bool:
        """Was this id run? (`trust.SeenIds`)"""
        with self._connection() as connection:
            return connection.execute("select 1 from seen where id = ?", (job_id,)).fetchone() is not None

    def claim(self, job_id: str, expires: int | None) -> bool:
        """Remember an id that is being run; false when it was remembered before. (`trust.SeenIds`)"""
        with self._connection() as connection:
            connection.execute("delete from seen where expires < ?", (now(),))
            cursor = connection.execute("insert or ignore into seen (id, expires) values (?, ?)", (job_id, expires))
            return cursor.rowcount == 1

    def _move(
        self, job_id: str, status: JobStatus, result: JobResult | None = None, *, owner: str | None = None
    ) -> None:
        origins = json.dumps([origin for origin, targets in TRANSITIONS.items() if status in targets])
        text = None if result is None else result.to_json(indent=None)
        with self._connection() as connection:
            cursor = connection.execute(
                "update jobs set status = ?, result = ?, owner = ?"
                " where id = ? and status in (select value from json_each(?))",
                (status, text, owner, job_id, origins),
            )
        if cursor.rowcount != 1:
            raise JobError("status", f"job {job_id} cannot go from {self.status(job_id)} to {status}")

    def _row(self, query: str, job_id: str) -> tuple[Any, ...]:
        with self._connection() as connection:
            row: tuple[Any, ...] | None = connection.execute(query, (job_id,)).fetchone()
        if row is None:
            raise JobError("store", f"there is no job {job_id}")
        return row

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """One transaction on a connection of its own; SQLite's own failures become one clear error."""
        try:
            connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS)
        except sqlite3.Error as error:
            raise JobError("store", f"cannot open the record of jobs '{self.path}': {error}") from None
        try:
            with connection:
                yield connection
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise JobError("store", f"the record of jobs '{self.path}' cannot be used: {error}") from None
        finally:
            connection.close()
