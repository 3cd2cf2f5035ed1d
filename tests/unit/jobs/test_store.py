"""The record of jobs on disk."""

import sqlite3
import threading

import pytest

from horus_runtime.errors import JobError
from horus_runtime.jobs.model import Job, JobResult, JobStatus
from horus_runtime.jobs.store import JobStore


def make(number=1, **fields):
    return Job(**{"id": f"job-{number}", "runner_id": "sal", "payload": "1", "created_at": 7, **fields})


def result(status="Completed", **fields):
    return JobResult(**{"job_id": "job-1", "status": status, "exit_code": 0, **fields})


@pytest.fixture
def store(tmp_path):
    return JobStore(tmp_path / "jobs.db")


def refused(function, *args):
    with pytest.raises(JobError) as caught:
        function(*args)
    return caught.value.kind, caught.value.message


def test_a_submitted_job_comes_back_whole(store):
    job = make(env_vars={"A": "ü"})
    store.submit(job)
    assert store.job("job-1") == job
    assert store.status("job-1") is JobStatus.PENDING
    assert store.result("job-1") is None


def test_an_id_is_taken_once(store):
    store.submit(make())
    assert refused(store.submit, make(payload="2")) == ("store", "a job job-1 was submitted before")
    assert store.job("job-1").payload == "1"


def test_unknown_jobs_are_told(store):
    for function in (store.job, store.status, store.result, store.start, store.cancel):
        assert refused(function, "none") == ("store", "there is no job none")


def test_a_job_goes_from_pending_to_its_result(store):
    store.submit(make())
    assert store.start("job-1", "me") == make()
    assert (store.status("job-1"), store.running()) == (JobStatus.RUNNING, [("job-1", "me")])
    store.finish(result(output="x\n"))
    assert store.status("job-1") is JobStatus.COMPLETED
    assert store.result("job-1") == result(output="x\n")


def test_a_final_status_is_final_for_every_other_process(store, tmp_path):
    store.submit(make())
    store.start("job-1")
    store.finish(result())
    other = JobStore(tmp_path / "jobs.db")
    assert refused(other.finish, result("Failed")) == ("status", "job job-1 cannot go from Completed to Failed")
    assert refused(other.start, "job-1") == ("status", "job job-1 cannot go from Completed to Running")
    assert refused(other.cancel, "job-1") == ("status", "job job-1 is Completed; only a Pending job can be cancelled")
    assert other.result("job-1") == result()


def test_a_pending_job_can_be_cancelled(store):
    store.submit(make())
    store.cancel("job-1")
    found = store.result("job-1")
    assert (found.status, found.error, found.exit_code) == (JobStatus.CANCELLED, "cancelled before it started", 130)
    assert refused(store.start, "job-1") == ("status", "job job-1 cannot go from Cancelled to Running")


def test_of_many_takers_one_gets_a_job(store):
    store.submit(make())
    taken, refusals = [], []

    def take():
        try:
            taken.append(store.start("job-1"))
        except JobError as error:
            refusals.append(error.message)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1
    assert refusals == ["job job-1 cannot go from Running to Running"] * 7


def test_jobs_are_listed_newest_first(store):
    for number in range(3):
        store.submit(make(number))
    store.start("job-1")
    assert [entry.id for entry in store.entries()] == ["job-2", "job-1", "job-0"]
    assert [entry.id for entry in store.entries(JobStatus.PENDING)] == ["job-2", "job-0"]
    assert [entry.id for entry in store.entries(limit=1)] == ["job-2"]


def test_the_job_that_waited_longest_is_next(store):
    assert store.oldest() is None
    for number in range(3):
        store.submit(make(number))
    store.start("job-0")
    assert store.oldest() == "job-1"


def test_an_id_is_claimed_once_and_forgotten_when_it_expired(store, monkeypatch):
    monkeypatch.setattr("horus_runtime.jobs.store.now", lambda: 100)
    assert store.contains("a") is False
    assert store.claim("a", 110) is True
    assert store.claim("b", None) is True
    assert store.contains("a") is True
    assert store.claim("a", 110) is False
    monkeypatch.setattr("horus_runtime.jobs.store.now", lambda: 111)
    assert store.claim("a", 200) is True
    assert store.claim("b", None) is False


def test_a_file_that_is_no_record_is_told(tmp_path):
    path = tmp_path / "jobs.db"
    path.write_text("no database, but long enough to be looked at as one")
    assert refused(JobStore, path) == (
        "store",
        f"the record of jobs '{path}' cannot be used: file is not a database",
    )
    assert refused(JobStore, tmp_path / "none" / "jobs.db") == (
        "store",
        f"cannot open the record of jobs '{tmp_path}/none/jobs.db': unable to open database file",
    )


def test_a_record_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "jobs.db"
    with sqlite3.connect(path) as connection:
        connection.execute("pragma user_version = 2")
    connection.close()
    assert refused(JobStore, path) == ("store", f"'{path}' was written by a newer version of horus (format 2)")
