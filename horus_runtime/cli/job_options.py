"""Options of the job commands, and what they come to: a registry of runners and a trust store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from horus_runtime.cli.home import jobs_path, make_private_folder, trust_path
from horus_runtime.cli.numbers import Whole
from horus_runtime.cli.options import limit_options, place_options, policy_options, take_limits, take_policy
from horus_runtime.cli.sources import UsageError

if TYPE_CHECKING:
    from horus_runtime.jobs.runners import RunMode, Runner, RunnerKind, RunnerRegistry
    from horus_runtime.jobs.trust import SeenIds, TrustStore

F = TypeVar("F", bound=Callable[..., Any])


def registry_options(command: F) -> F:
    """What the runners may do, and which there are besides `hero`, `sal` and `osiris`."""
    command = click.option("--runner", "runners", multiple=True, metavar="ID=KIND", help="One more runner id.")(command)
    atomic = "Make all changes of a job to files and records at its end, or none."
    command = click.option("--atomic", type=click.Choice(["files", "strict"]), metavar="[=files|strict]", help=atomic)(
        command
    )
    plan = "Only plan what jobs would do; the plan is in the result."
    command = click.option("--plan", "plan_only", is_flag=True, help=plan)(command)
    text = "Add every decision of the policy but granted reads to FILE, a JSON document a line."
    command = click.option("--audit", "audit_file", metavar="FILE", help=text)(command)
    return limit_options(policy_options(place_options(command)))


def trust_options(command: F) -> F:
    """Whose signatures count. Without a trust store anybody's valid signature does."""
    command = click.option("--trust", metavar="FILE", help="The trust store; by default yours, if you have one.")(
        command
    )
    command = click.option("--trust-key", multiple=True, metavar="KEY", help="A public key that is trusted.")(command)
    command = click.option(
        "--required", type=Whole(min=1), metavar="N", help="How many signatures a job needs (default 1)."
    )(command)
    return click.option("--allow-unsigned", is_flag=True, help="Take jobs without any signature, too.")(command)


def take_registry(values: dict[str, Any]) -> RunnerRegistry:
    """The runners: each with its kind's own rights, widened by the grants of the command line."""
    from horus_runtime.cli.atomic import state_folder
    from horus_runtime.jobs.runners import Runner, RunnerKind, RunnerRegistry

    code_root, database = values.pop("code_root"), values.pop("db")
    shared: dict[str, Any] = {
        "code_root": None if code_root is None else Path(code_root),
        "database": None if database is None else Path(database),
        "allow_unavailable": frozenset(values.pop("allow_unavailable")),
        "limits": take_limits(values),
        "mode": _mode(values),
        "journals": state_folder(),
        "audit": None if (audit := values.pop("audit_file", None)) is None else Path(audit),
    }
    extra = [_extra_runner(text) for text in values.pop("runners")]
    grants = dict(values)

    def runner(kind: RunnerKind) -> Runner:
        plain = Runner(kind, **shared)
        return Runner(kind, policy=take_policy(dict(grants), plain.granted), **shared)

    registry = RunnerRegistry({kind.value: runner(kind) for kind in RunnerKind})
    for runner_id, kind in extra:
        registry.register(runner_id, runner(kind))
    return registry


def _mode(values: dict[str, Any]) -> RunMode:
    from horus_runtime.jobs.runners import RunMode

    plan_only, atomic = values.pop("plan_only", False), values.pop("atomic", None)
    if plan_only and atomic is not None:
        raise UsageError("--plan changes nothing: it cannot stand beside --atomic")
    if plan_only:
        return RunMode.PLAN
    return {None: RunMode.RUN, "files": RunMode.ATOMIC, "strict": RunMode.STRICT}[atomic]


def _extra_runner(text: str) -> tuple[str, RunnerKind]:
    from horus_runtime.jobs.runners import RunnerKind

    runner_id, _, kind = text.partition("=")
    if not runner_id or kind not in list(RunnerKind):
        raise UsageError(f"'{text}' is no runner: write --runner ID=KIND with the kind {', '.join(RunnerKind)}")
    return runner_id, RunnerKind(kind)


def take_trust(values: dict[str, Any]) -> TrustStore:
    """The trust store that the options ask for."""
    from horus_runtime.jobs.files import load_trust
    from horus_runtime.jobs.trust import TrustStore

    file, keys, required = values.pop("trust"), values.pop("trust_key"), values.pop("required")
    unsigned = values.pop("allow_unsigned")
    if unsigned and (file or keys or required):
        raise UsageError("--allow-unsigned cannot stand beside an option that requires signatures")
    if keys:
        return TrustStore(keys, required=required or 1, seen=LazySeen())
    path = trust_path() if file is None else Path(file)
    if file is not None or (path.exists() and not unsigned):
        store = load_trust(path, seen=LazySeen())
        return (
            store
            if required is None
            else TrustStore(store.keys, required=required, max_age=store.max_age, seen=store.seen)
        )
    return TrustStore(required=0 if unsigned else required or 1)


class LazySeen:
    """The ids in the user's record of jobs; the record is made when the first id is claimed."""

    def contains(self, job_id: str) -> bool:
        return jobs_path().exists() and self._store().contains(job_id)

    def claim(self, job_id: str, expires: int | None) -> bool:
        make_private_folder(jobs_path().parent)
        return self._store().claim(job_id, expires)

    @staticmethod
    def _store() -> SeenIds:
        from horus_runtime.jobs.store import JobStore

        return JobStore(jobs_path())
