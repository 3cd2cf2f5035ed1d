"""`horus job`: makes, signs, checks and runs job files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from horus_runtime.cli import exits
from horus_runtime.cli.app import Command, Lazy, LazyGroup
from horus_runtime.cli.home import key_path
from horus_runtime.cli.job_options import registry_options, take_registry, take_trust, trust_options
from horus_runtime.cli.options import json_option
from horus_runtime.cli.render import print_json
from horus_runtime.cli.sources import STDIN, UsageError, read_text

if TYPE_CHECKING:
    from horus_runtime.jobs.model import Job

_HERE = "horus_runtime.cli.commands.job"
_RECORD = "horus_runtime.cli.commands.record"


@click.group(
    cls=LazyGroup,
    lazy={
        "new": Lazy(f"{_HERE}:new", "Make a job file."),
        "sign": Lazy(f"{_HERE}:sign", "Add a signature to a job file."),
        "verify": Lazy(f"{_HERE}:verify", "Check the signatures of a job file."),
        "validate": Lazy(f"{_HERE}:validate", "Check all rules without running the job."),
        "run": Lazy(f"{_HERE}:run", "Validate and run a job."),
        "submit": Lazy(f"{_RECORD}:submit", "Validate a job and record it for a worker."),
        "status": Lazy(f"{_RECORD}:status", "Say where a submitted job stands."),
        "result": Lazy(f"{_RECORD}:result", "Show the result of a submitted job."),
        "cancel": Lazy(f"{_RECORD}:cancel", "Cancel a submitted job that waits."),
        "list": Lazy(f"{_RECORD}:list_", "List submitted jobs."),
    },
)
def job() -> None:
    """Make, sign, verify and run jobs."""


@click.command(cls=Command)
@click.option("--runner", required=True, metavar="ID", help="The runner that shall take the job.")
@click.option("--payload", metavar="TEXT", help="What the runner shall do.")
@click.option("--payload-file", metavar="FILE", help="Read the payload from a file; '-' reads standard input.")
@click.option("--timeout", type=int, default=60, metavar="SECONDS", help="How long it may take (default 60).")
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="An environment variable for the payload.")
@click.option("--id", "job_id", metavar="ID", help="The job's id; by default a new unique one.")
@click.option("--sign", "key", metavar="KEY", help="Sign with this key file, or the key of this name.")
@click.option("-o", "--out", metavar="FILE", help="Write to this file instead of standard output.")
def new(
    runner: str,
    payload: str | None,
    payload_file: str | None,
    timeout: int,
    env: tuple[str, ...],
    job_id: str | None,
    key: str | None,
    out: str | None,
) -> int:
    """Make a job and write it as JSON."""
    from horus_runtime.jobs.files import load_key
    from horus_runtime.jobs.model import Job
    from horus_runtime.jobs.validation import refuse_unusable

    if (payload is None) == (payload_file is None):
        raise UsageError("a job has one payload: give --payload or --payload-file")
    text = payload if payload is not None else read_text(str(payload_file))
    builder = Job.builder().runner_id(runner).payload(text).timeout(timeout).env_vars(_variables(env))
    made = (builder.id(job_id) if job_id is not None else builder).build()
    refuse_unusable(made)
    if key is not None:
        made.sign(load_key(key_path(key)))
    _write(made, out)
    return exits.OK


@click.command(cls=Command)
@click.argument("file")
@click.option("-k", "--key", default="default", metavar="KEY", help="The key file, or the name of one of your keys.")
@click.option("-o", "--out", metavar="FILE", help="Write to this file, '-' for standard output, instead of FILE.")
def sign(file: str, key: str, out: str | None) -> int:
    """Add a signature to the job in FILE."""
    from horus_runtime.jobs.files import load_job, load_key

    signed = load_job(Path(file))
    signature = signed.sign(load_key(key_path(key)))
    _write(signed, file if out is None else out)
    if out != STDIN:
        click.echo(f"signed by {signature.public_key}")
    return exits.OK


@click.command(cls=Command)
@click.argument("file")
@trust_options
@json_option
def verify(file: str, as_json: bool, **values: Any) -> int:
    """Check the signatures of the job in FILE: there must be one, and every one must be valid."""
    from horus_runtime.jobs.files import load_job
    from horus_runtime.jobs.violations import SIGNATURE, Violation, invalid_job

    checked = load_job(Path(file))
    faults = take_trust(values).signature_report(checked)
    if as_json:
        print_json({"valid": not faults, "signers": [s.public_key for s in checked.signatures], "faults": faults})
        return exits.INVALID_JOB if faults else exits.OK
    if faults:
        raise invalid_job([Violation(SIGNATURE, fault) for fault in faults])
    for entry in checked.signatures:
        click.echo(f"valid signature by {entry.public_key}")
    return exits.OK


@click.command(cls=Command)
@click.argument("file")
@registry_options
@trust_options
@json_option
def validate(file: str, as_json: bool, **values: Any) -> int:
    """Check all rules for the job in FILE without running it."""
    from horus_runtime.jobs.files import load_document
    from horus_runtime.jobs.validation import violations
    from horus_runtime.jobs.violations import invalid_job

    trust = take_trust(values)
    found = violations(load_document(Path(file)), take_registry(values), trust)
    if as_json:
        print_json({"valid": not found, "violations": [violation._asdict() for violation in found]})
        return exits.INVALID_JOB if found else exits.OK
    if found:
        raise invalid_job(found)
    click.echo("the job is valid")
    return exits.OK


@click.command(cls=Command)
@click.argument("file")
@registry_options
@trust_options
@json_option
def run(file: str, as_json: bool, **values: Any) -> int:
    """Validate the job in FILE and run it. The exit code is the job's."""
    from horus_runtime.cli.job_execution import run_job

    trust = take_trust(values)
    return run_job(Path(file), take_registry(values), trust, as_json=as_json)


def _variables(pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"'{pair}' is no variable: write --env NAME=VALUE")
        found[name] = value
    return found


def _write(made: Job, out: str | None) -> None:
    from horus_runtime.jobs.files import save_job

    if out is None or out == STDIN:
        sys.stdout.write(made.to_json())
    else:
        save_job(made, Path(out))
