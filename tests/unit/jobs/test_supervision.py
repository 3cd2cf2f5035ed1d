"""Who ends a payload first decides: itself, the deadline, or a cancellation."""

import threading
import time

from horus_runtime.errors import DeadlineError, TerminatedError
from horus_runtime.jobs.executors.in_process import Cancellation, Supervision
from horus_runtime.limits import Limits
from horus_runtime.runtime.budget import Budget


def supervise(payload, seconds=5.0, cancellation=None):
    return Supervision(seconds, cancellation or Cancellation()).run(payload)


def test_a_payload_that_ends_by_itself_has_no_failure():
    assert supervise(lambda: None) is None


def test_a_failure_comes_back_as_it_was():
    failure = ValueError("x")

    def payload():
        raise failure

    assert supervise(payload) is failure


def test_a_payload_that_ignores_its_deadline_is_given_up():
    """The thread stands for a stage or a host call that never looks at the clock."""
    release = threading.Event()
    started = time.monotonic()
    failure = supervise(release.wait, seconds=0.05)
    elapsed = time.monotonic() - started
    release.set()
    assert type(failure) is DeadlineError
    assert 0.05 <= elapsed < 0.05 + 0.1


def test_a_cancellation_ends_a_payload_that_does_not_listen():
    release = threading.Event()
    cancellation = Cancellation()
    started = time.monotonic()

    def payload():
        cancellation.cancel()
        release.wait()

    failure = supervise(payload, cancellation=cancellation)
    elapsed = time.monotonic() - started
    release.set()
    assert type(failure) is TerminatedError
    assert elapsed < 1


def test_a_payload_that_listens_to_the_cancellation_ends_with_its_own_error():
    cancellation = Cancellation()
    own = TerminatedError("own")

    def payload():
        cancellation.cancel()
        raise own

    assert supervise(payload, cancellation=cancellation) is own


def test_a_cancellation_before_the_start_counts():
    cancellation = Cancellation()
    cancellation.cancel()
    release = threading.Event()
    failure = supervise(release.wait, cancellation=cancellation)
    release.set()
    assert type(failure) is TerminatedError


def test_an_interrupt_of_the_waiting_thread_cancels(monkeypatch):
    release = threading.Event()
    supervision = Supervision(5, Cancellation())

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(supervision, "_wait", interrupted)
    failure = supervision.run(release.wait)
    release.set()
    assert type(failure) is TerminatedError


def test_every_run_of_the_engine_gets_the_jobs_deadline_and_cancellation():
    cancellation = Cancellation()
    supervision = Supervision(5, cancellation)
    first, second = Budget(Limits()), Budget(Limits())
    supervision.adopt(first)
    assert first.remaining_seconds() <= 5
    assert first.cancelled is None
    cancellation.cancel()
    supervision.adopt(second)
    assert (first.cancelled, second.cancelled) == ("the job was cancelled",) * 2
