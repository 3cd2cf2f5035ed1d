"""`:job`: the session as a job, signed and run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from horus_runtime.repl.actions import holds_action
from horus_runtime.repl.commands.base import Command, CommandError

if TYPE_CHECKING:
    from horus_runtime.jobs.model import Job
    from horus_runtime.repl.loop import Repl

USAGE: Final = "job new [RUNNER] [SECONDS] | show | sign [KEY] | save FILE | run"


def _job(repl: Repl, argument: str) -> None:
    """Makes a job of the session.

    `:job new` takes the inputs that went well as payload; a runner (hero, sal or osiris) and a timeout in seconds may
    follow. `:job show` shows it, `:job sign` signs it with your key (made if you have none; `:job sign NAME` takes
    another), `:job save FILE` writes it for `horus job run`, and `:job run` runs it here.
    """
    verb, *words = argument.split() or [""]
    action = _ACTIONS.get(verb)
    if action is None:
        raise CommandError(f"usage: :{USAGE}")
    action(repl, words)


def _new(repl: Repl, words: list[str]) -> None:
    from horus_runtime.jobs.model import DEFAULT_TIMEOUT, Job
    from horus_runtime.repl.transcript import payload

    text = payload(repl.session)
    if not text.strip():
        raise CommandError("there is nothing to make a job of yet")
    timeout = next((int(word) for word in words if word.isdigit()), None)
    runner = next((word for word in words if not word.isdigit()), None) or _runner_for(repl, text)
    repl.job = Job(runner_id=runner, payload=text, timeout=timeout or DEFAULT_TIMEOUT)
    _summary(repl, repl.job)


def _runner_for(repl: Repl, text: str) -> str:
    if holds_action(text):
        return "hero"
    return "osiris" if "osiris" in repl.session.engine.services else "sal"


def _summary(repl: Repl, job: Job) -> None:
    lines = job.payload.count("\n")
    signed = f"signed by {len(job.signatures)}" if job.signatures else "not signed"
    repl.output.line(
        f"job {job.id}: runner {job.runner_id}, {lines} line{'s' * (lines != 1)}, {job.seconds} s, {signed}"
    )


def _made(repl: Repl) -> Job:
    if repl.job is None:
        raise CommandError("there is no job yet: use :job new")
    return repl.job


def _show(repl: Repl, words: list[str]) -> None:
    job = _made(repl)
    _summary(repl, job)
    repl.output.line(repl.output.code(job.payload.rstrip()))


def _sign(repl: Repl, words: list[str]) -> None:
    from horus_runtime.jobs.files import load_key, save_new_key
    from horus_runtime.jobs.signing import SigningKey

    job = _made(repl)
    path = repl.surroundings.key_path(words[0] if words else "default")
    if path.exists() or words:
        key = load_key(path)
    else:
        key = SigningKey.generate()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        save_new_key(key, path)
        repl.output.line(f"made a signing key: {path}")
    job.sign(key)
    repl.output.line(f"signed by {key.public_key}")


def _save(repl: Repl, words: list[str]) -> None:
    from horus_runtime.jobs.files import save_job

    job = _made(repl)
    if len(words) != 1:
        raise CommandError("usage: :job save FILE")
    save_job(job, Path(words[0]).expanduser())
    repl.output.line(f"wrote {words[0]}; horus job run {words[0]} runs it")


def _run(repl: Repl, words: list[str]) -> None:
    from horus_runtime.jobs.execution import execute
    from horus_runtime.jobs.model import Job

    # A job that ran is final: each run gets a fresh one with the same payload.
    job = Job.model_validate({**_made(repl).model_dump(mode="json"), "status": "Pending"})
    result = execute(job, repl.surroundings.registry(repl.session.engine.services.get("policy")))
    if result.output:
        repl.output.line(result.output.rstrip("\n"))
    if result.error is not None:
        repl.fail(result.error)
    repl.output.line(json.dumps({"status": str(result.status), "exit_code": result.exit_code}))


_ACTIONS: Final = {"new": _new, "show": _show, "sign": _sign, "save": _save, "run": _run}

COMMANDS = (Command(USAGE, "Makes a job of the session, signs and runs it.", _job),)
