"""What runs for each kind of runner: an engine with the runner's rights, and the payload given to it."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from horus_runtime.jobs.console import Console
from horus_runtime.jobs.model import Job
from horus_runtime.jobs.runners import DEFAULT_DATABASE, RunMode, Runner, RunnerKind

if TYPE_CHECKING:
    from pathlib import Path

    from horus_runtime.engine import Engine
    from horus_runtime.runtime.budget import Budget


class Told(Protocol):
    """What a payload's run says to whoever supervises it."""

    def adopt(self, budget: Budget) -> None:
        """A run of the engine begins."""

    def commit(self) -> None:
        """Changes are about to become real; raises when it is too late for that."""


def run_payload(job: Job, runner: Runner, console: Console, supervision: Told, fields: dict[str, Any]) -> None:
    """Run a job's payload on this thread; `fields` gets what the result tells besides: a plan, or what a commit did.

    The payload is parsed before the model store is opened, so that a text with an error leaves no file behind.
    """
    engine = engine_for(runner, job.env_vars)
    engine.on_print(console.print)
    engine.on_debug(console.debug)
    engine.on_start(supervision.adopt)
    # SAFETY: contexts of the model store open for whom the signatures name, so only valid ones count.
    signers = sorted({entry.public_key for entry in job.signatures}) if job.verify() else []
    engine.services["signers"] = tuple(signers)
    engine.services["actor"] = ",".join(signers) or f"job:{job.id}"
    with ExitStack() as cleanup:
        # Temporary files of the payload go when it ends, not when this process does.
        engine.services["cleanup"] = cleanup
        if runner.audit is not None:
            from horus_runtime.modules.audit import AuditLog

            stream = cleanup.enter_context(runner.audit.open("a", encoding="utf-8"))
            engine.services["audit"] = AuditLog(stream, job=job.id)
        if runner.mode is RunMode.RUN:
            _work(job.payload, engine, runner, _store(engine, runner))
        elif runner.mode is RunMode.PLAN:
            _plan(job.payload, engine, runner, fields)
        else:
            _run_atomic(job.payload, engine, runner, supervision, fields)


def _plan(text: str, engine: Engine, runner: Runner, fields: dict[str, Any]) -> None:
    from horus_runtime.planning import plan_run

    plan = plan_run(engine, lambda private: _work(text, private, runner, nullcontext()), database=_database(runner))
    fields["plan"] = plan.to_dict()
    if plan.error is not None:
        raise plan.error


def _run_atomic(text: str, engine: Engine, runner: Runner, supervision: Told, fields: dict[str, Any]) -> None:
    from horus_runtime.planning import AtomicRun, run_atomic

    result = AtomicRun()
    try:
        run_atomic(
            engine,
            lambda private: _work(text, private, runner, nullcontext()),
            str(runner.journals),
            database=_database(runner),
            strict=runner.mode is RunMode.STRICT,
            ready=supervision.commit,
            result=result,
        )
    finally:
        fields["atomic"] = result.to_dict()


def _work(text: str, engine: Engine, runner: Runner, store: AbstractContextManager[None]) -> None:
    (_run_hero if runner.kind is RunnerKind.HERO else _run_script)(text, engine, runner, store)


def _run_script(text: str, engine: Engine, runner: Runner, store: AbstractContextManager[None]) -> None:
    from horus_runtime.syntax.rhai import strip_shebang

    tree = engine.compile(strip_shebang(text.removeprefix("\ufeff")))
    with store:
        engine.eval_ast(tree)


def _run_hero(text: str, engine: Engine, runner: Runner, store: AbstractContextManager[None]) -> None:
    from horus_runtime.heroscript import check_payload
    from horus_runtime.heroscript import run_payload as run_hero

    if runner.database is not None:
        check_payload(text, engine)
    with store:
        run_hero(text, engine, allow_unavailable=runner.allow_unavailable)


def engine_for(runner: Runner, variables: dict[str, str]) -> Engine:
    """An engine for one job: modules by the runner's kind, rights by its policy, variables as `env.NAME`."""
    from horus_runtime.engine import Engine
    from horus_runtime.engine.presets import add_variables
    from horus_runtime.limits import Limits

    services: dict[str, Any] = {"env": dict(variables)}
    if runner.code_root is not None:
        services["code_root"] = str(runner.code_root.resolve())
    # The deadline is the job's and is set for every run as it starts.
    limits = Limits(**{**runner.limits, "max_duration": 0.0})
    engine = Engine.sal(runner.granted(), limits=limits, **services)
    return add_variables(engine, variables)


def _store(engine: Engine, runner: Runner) -> AbstractContextManager[None]:
    """The runner's model store for as long as the payload runs, if it has one."""
    database = _database(runner)
    if database is None:
        return nullcontext()
    from horus_runtime.engine.presets import model_store

    return model_store(engine, database)


def _database(runner: Runner) -> Path | None:
    return DEFAULT_DATABASE if runner.database is None and runner.kind is RunnerKind.OSIRIS else runner.database
