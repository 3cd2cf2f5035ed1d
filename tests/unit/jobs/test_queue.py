"""Workers on a shared record: each job runs once, and jobs of dead workers get their final status."""

import multiprocessing
import os
import signal

import pytest

from horus_runtime.jobs.model import Job, JobStatus
from horus_runtime.jobs.queue import ABANDONED, Worker
from horus_runtime.jobs.runners import RunnerRegistry
from horus_runtime.jobs.signing import SigningKey
from horus_runtime.jobs.store import JobStore
from horus_runtime.jobs.trust import TrustStore

KEY = SigningKey.from_seed_hex("11" * 32)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return JobStore(tmp_path / "jobs.db")


@pytest.fixture
def submit(store):
    def submit(number, payload="1", **fields):
        store.submit(Job(id=f"job-{number}", runner_id="sal", payload=payload, **fields))

    return submit


def worker(store, **options):
    return Worker(store, RunnerRegistry.default(), **options)


def test_pending_jobs_run_in_the_order_of_submission(store, submit):
    for number in range(3):
        submit(number, f"print({number});")
    seen = []
    with worker(store).alive():
        assert worker(store).drain(lambda result: seen.append((result.job_id, result.output))) == 3
    assert seen == [("job-0", "0\n"), ("job-1", "1\n"), ("job-2", "2\n")]
    assert store.result("job-1").output == "1\n"
    assert store.status("job-2") is JobStatus.COMPLETED


def test_a_cancelled_job_is_not_run(store, submit):
    submit(0, 'print("x");')
    store.cancel("job-0")
    assert worker(store).run_next() is None


def test_a_failing_job_does_not_stop_the_worker(store, submit):
    submit(0, "throw 1")
    submit(1)
    assert worker(store).drain() == 2
    assert [store.status(f"job-{number}") for number in (0, 1)] == [JobStatus.FAILED, JobStatus.COMPLETED]


def test_a_job_that_became_invalid_fails_without_running(store, submit):
    submit(0, 'os.write("new", "");')
    worker(store, trust=TrustStore([KEY.public_key])).drain()
    found = store.result("job-0")
    assert (found.status, found.exit_code, found.output, found.error) == (
        JobStatus.FAILED,
        5,
        "",
        "the job is not valid: signature: a signature is required, the job carries none",
    )
    assert not (store.path.parent / "new").exists()


def test_a_living_worker_keeps_its_job(store, submit):
    submit(0)
    first = worker(store)
    with first.alive():
        store.start("job-0", first.name)
        with worker(store).alive():
            assert store.status("job-0") is JobStatus.RUNNING


def _die_at_work(path):
    store = JobStore(path)
    dying = Worker(store, RunnerRegistry.default())
    with dying.alive():
        store.start("job-0", dying.name)
        os.kill(os.getpid(), signal.SIGKILL)


def test_the_job_of_a_killed_worker_fails(store, submit):
    submit(0)
    process = multiprocessing.get_context("spawn").Process(target=_die_at_work, args=(store.path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert store.status("job-0") is JobStatus.RUNNING
    with worker(store).alive():
        found = store.result("job-0")
    assert (found.status, found.error, found.exit_code) == (JobStatus.FAILED, ABANDONED, 70)
    with worker(store).alive():
        assert store.result("job-0") == found


def test_a_worker_leaves_no_file_behind(store):
    with worker(store).alive():
        assert len(list(store.path.with_name("jobs.db-workers").iterdir())) == 1
    assert list(store.path.with_name("jobs.db-workers").iterdir()) == []
