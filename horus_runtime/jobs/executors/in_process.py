"""Runs a job's payload in this process, on a thread of its own, under the job's deadline.

The engine ends a payload at its deadline by itself; the thread is the second line, for a stage or a host call that
looks at the clock too late. A payload that is given up can print nothing more and touch nothing outside, since every
host function looks at the deadline before it does anything. This is containment, not isolation: for hostile payloads
there is the worker process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import DeadlineError, HorusError, InternalError, TerminatedError
from horus_runtime.jobs.console import Console
from horus_runtime.jobs.model import Job, JobResult, JobStatus, now
from horus_runtime.jobs.runners import Runner

if TYPE_CHECKING:
    from horus_runtime.runtime.budget import Budget

GRACE: Final = 0.02
"""Seconds that a payload may take to end by itself after its deadline or its cancellation.

The engine looks at the clock about every millisecond; the rest of the 100 ms in which a result is promised is for
native code that keeps the interpreter to itself for a while.
"""

CANCELLED: Final = "the job was cancelled"

Payload = Callable[[], None]


class Cancellation:
    """Lets another thread end a job. The first call counts."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._wake: Callable[[], None] | None = None
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """End the job: within about the grace time its result is Cancelled."""
        self._event.set()
        with self._lock:
            if self._wake is not None:
                self._wake()

    @property
    def requested(self) -> bool:
        """Was `cancel` called?"""
        return self._event.is_set()

    def attach(self, wake: Callable[[], None]) -> None:
        """Call `wake` at the moment of cancellation, or at once when it was before."""
        with self._lock:
            self._wake = wake
        if self.requested:
            wake()


class Supervision:
    """One payload on its thread: who ends it first - itself, the deadline, or a cancellation - decides the outcome."""

    def __init__(self, seconds: float, cancellation: Cancellation) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._cancellation = cancellation
        self._settled = threading.Condition()
        self._finished = False
        self._failure: BaseException | None = None
        self._budgets: list[Budget] = []
        self._given_up = False
        self._commits = False
        cancellation.attach(self._cancel)

    def adopt(self, budget: Budget) -> None:
        """Put a run of the payload's engine under the job's deadline and cancellation (`Engine.on_start`)."""
        budget.deadline, budget.max_duration = self._deadline, self._seconds
        with self._settled:
            self._budgets.append(budget)
            if self._cancellation.requested:
                budget.cancelled = CANCELLED

    def commit(self) -> None:
        """Changes of the payload are about to become real: from now on its end is waited for.

        Raises:
            TerminatedError: the job was cancelled, or given up at its deadline.
        """
        with self._settled:
            if self._given_up or self._cancellation.requested:
                raise TerminatedError(CANCELLED)
            self._commits = True

    def run(self, payload: Payload) -> BaseException | None:
        """Run the payload; what it failed with, a `DeadlineError` or a `TerminatedError`, or `None`."""
        threading.Thread(target=self._work, args=(payload,), name="horus-job", daemon=True).start()
        try:
            self._wait(self._deadline + GRACE)
        except KeyboardInterrupt:
            self._cancellation.cancel()
        with self._settled:
            if not self._finished and self._cancellation.requested:
                self._settled.wait_for(lambda: self._finished, GRACE)
            if self._commits:
                # SAFETY: a result that says that nothing happened must not come while changes become real.
                self._settled.wait_for(lambda: self._finished)
            self._given_up = not self._finished
            if self._finished:
                return self._failure
        if self._cancellation.requested:
            return TerminatedError(CANCELLED)
        used = self._seconds + time.monotonic() - self._deadline
        hint = f"the job's time is {self._seconds:g} s"
        message = "the job's time is over"
        return DeadlineError("ErrorTerminated", message, None, limit=self._seconds, usage=used, hint=hint)

    def _wait(self, until: float) -> None:
        with self._settled:
            self._settled.wait_for(
                lambda: self._finished or self._cancellation.requested, max(0.0, until - time.monotonic())
            )

    def _work(self, payload: Payload) -> None:
        try:
            payload()
        except BaseException as error:  # noqa: BLE001 - a thread has nobody above it; the result tells what happened
            self._failure = error
        with self._settled:
            self._finished = True
            self._settled.notify_all()

    def _cancel(self) -> None:
        with self._settled:
            for budget in self._budgets:
                budget.cancelled = CANCELLED
            self._settled.notify_all()


def run(
    job: Job,
    runner: Runner,
    *,
    echo: Callable[[str], None] | None = None,
    cancellation: Cancellation | None = None,
) -> JobResult:
    """Run a job that was validated; its status goes to Running and from there to the result's."""
    from horus_runtime.jobs.executors.payloads import run_payload

    job.transition(JobStatus.RUNNING)
    started = now()
    console = Console(runner.max_output, echo)
    supervision = Supervision(job.seconds, cancellation or Cancellation())
    fields: dict[str, Any] = {}
    failure = supervision.run(lambda: run_payload(job, runner, console, supervision, fields))
    status, error, exit_code = _verdict(failure, job)
    job.transition(status)
    return JobResult(
        job_id=job.id,
        status=status,
        output=console.close(),
        error=error,
        exit_code=exit_code,
        started_at=started,
        completed_at=now(),
        **fields.copy(),
    )


def _verdict(failure: BaseException | None, job: Job) -> tuple[JobStatus, str | None, int]:
    """Status, error text and exit code for the way a payload ended."""
    if failure is None:
        return JobStatus.COMPLETED, None, 0
    if isinstance(failure, DeadlineError):
        return JobStatus.TIMEOUT, _timeout_text(failure, job), failure.exit_code
    if isinstance(failure, TerminatedError):
        return JobStatus.CANCELLED, CANCELLED, failure.exit_code
    if isinstance(failure, HorusError):
        return JobStatus.FAILED, failure.render("payload"), failure.root().exit_code
    kind = type(failure).__name__
    return JobStatus.FAILED, f"internal error: {kind}: {failure}", InternalError.exit_code


def _timeout_text(failure: DeadlineError, job: Job) -> str:
    """The timeout in the job's terms, and where the payload was when the engine stopped it."""
    text = f"the job exceeded its timeout of {job.seconds} second{'' if job.seconds == 1 else 's'}"
    failure.hint = None
    return f"{text}\n{failure.render('payload')}" if failure.position is not None else text
