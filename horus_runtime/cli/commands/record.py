"""`horus job submit|status|result|cancel|list` and `horus worker`: the record of jobs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from horus_runtime.cli import exits
from horus_runtime.cli.app import Command
from horus_runtime.cli.home import jobs_path, make_private_folder
from horus_runtime.cli.job_options import registry_options, take_registry, take_trust, trust_options
from horus_runtime.cli.numbers import Whole
from horus_runtime.cli.options import json_option
from horus_runtime.cli.render import print_json

if TYPE_CHECKING:
    from horus_runtime.jobs.model import JobResult
    from horus_runtime.jobs.store import JobStore

STATUSES: Final = ("Pending", "Running", "Completed", "Failed", "Timeout", "Cancelled")
POLL_SECONDS: Final = 0.5


def _record(*, create: bool = False) -> JobStore:
    """The user's record; only `submit` and `worker` make it."""
    from horus_runtime.errors import JobError
    from horus_runtime.jobs.store import JobStore

    path = jobs_path()
    if create:
        make_private_folder(path.parent)
    elif not path.exists():
        raise JobError("store", "no job was submitted yet")
    return JobStore(path)


@click.command(cls=Command)
@click.argument("file")
@registry_options
@trust_options
@json_option
def submit(file: str, as_json: bool, **values: Any) -> int:
    """Validate the job in FILE and record it for a worker."""
    from horus_runtime.jobs.files import load_document
    from horus_runtime.jobs.model import Job
    from horus_runtime.jobs.validation import violations
    from horus_runtime.jobs.violations import invalid_job

    document = load_document(Path(file))
    trust = take_trust(values)
    found = violations(document, take_registry(values), trust)
    if found:
        raise invalid_job(found)
    submitted = Job.model_validate(document)
    _record(create=True).submit(submitted)
    if as_json:
        print_json({"job_id": submitted.id, "status": submitted.status})
    else:
        click.echo(f"job {submitted.id}: {submitted.status}")
    return exits.OK


@click.command(cls=Command)
@click.argument("job_id", metavar="ID")
@json_option
def status(job_id: str, as_json: bool) -> int:
    """Say where a submitted job stands."""
    found = _record().status(job_id)
    if as_json:
        print_json({"job_id": job_id, "status": found})
    else:
        click.echo(found)
    return exits.OK


@click.command(cls=Command)
@click.argument("job_id", metavar="ID")
@json_option
def result(job_id: str, as_json: bool) -> int:
    """Show the result of a submitted job. The exit code is the job's."""
    from horus_runtime.cli.job_execution import show
    from horus_runtime.errors import JobError

    store = _record()
    found = store.result(job_id)
    if found is None:
        raise JobError("store", f"job {job_id} has no result yet: it is {store.status(job_id)}")
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        click.echo(found.output, nl=False)
        show(found)
    return found.exit_code or exits.OK


@click.command(cls=Command)
@click.argument("job_id", metavar="ID")
def cancel(job_id: str) -> int:
    """Cancel a submitted job that no worker has taken yet."""
    _record().cancel(job_id)
    click.echo(f"job {job_id}: Cancelled")
    return exits.OK


@click.command("list", cls=Command)
@click.option("--status", "wanted", type=click.Choice(STATUSES), help="Only jobs that stand there.")
@click.option("--limit", type=Whole(min=1), default=100, metavar="N", help="At most so many (default 100).")
@json_option
def list_(wanted: str | None, limit: int, as_json: bool) -> int:
    """List submitted jobs, the newest first."""
    from horus_runtime.jobs.model import JobStatus

    entries = _record().entries(JobStatus(wanted) if wanted else None, limit) if jobs_path().exists() else []
    if as_json:
        print_json([entry._asdict() for entry in entries])
        return exits.OK
    for entry in entries:
        submitted = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.submitted_at))
        click.echo(f"{submitted}  {entry.status:9}  {entry.runner_id:10}  {entry.id}")
    return exits.OK


@click.command(cls=Command)
@click.option("--drain", is_flag=True, help="Stop when no job is waiting.")
@registry_options
@trust_options
def worker(drain: bool, **values: Any) -> int:
    """Run submitted jobs, one after another, until interrupted."""
    from horus_runtime.jobs.queue import Worker

    trust = take_trust(values)
    running = Worker(_record(create=True), take_registry(values), trust)
    with running.alive():
        while True:
            running.drain(_tell)
            if drain:
                return exits.OK
            time.sleep(POLL_SECONDS)


def _tell(found: JobResult) -> None:
    from horus_runtime.jobs.model import JobStatus

    click.echo(f"job {found.job_id}: {found.status}")
    if found.status is JobStatus.CANCELLED:
        # The interrupt that ended the job was meant for the worker.
        raise KeyboardInterrupt
