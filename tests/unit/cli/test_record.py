"""`horus job submit`, `status`, `result`, `cancel`, `list` and `horus worker`."""

import json

import pytest


@pytest.fixture
def submit(horus, work):
    def submit(job_id, payload="print(1);"):
        horus("job", "new", "--runner", "sal", "--id", job_id, "--payload", payload, "-o", "job.json")
        return horus("job", "submit", "--allow-unsigned", "job.json")

    return submit


def test_a_submitted_job_waits_for_a_worker_and_keeps_its_result(horus, submit):
    assert submit("a") == (0, "job a: Pending\n", "")
    assert horus("job", "status", "a") == (0, "Pending\n", "")
    assert horus("job", "result", "a") == (5, "", "job a has no result yet: it is Pending\n")
    assert horus("worker", "--drain", "--allow-unsigned") == (0, "job a: Completed\n", "")
    assert horus("job", "status", "a") == (0, "Completed\n", "")
    assert horus("job", "result", "a") == (0, "1\n", "job a: Completed\n")
    assert json.loads(horus("job", "result", "--json", "a").out)["output"] == "1\n"


def test_a_failed_job_gives_its_error_and_exit_code(horus, submit):
    submit("a", "print(1); throw 2;")
    assert horus("worker", "--drain", "--allow-unsigned") == (0, "job a: Failed\n", "")
    assert horus("job", "result", "a") == (
        1,
        "1\n",
        "payload:1:11\n1: print(1); throw 2;\n             ^ Runtime error: 2\njob a: Failed\n",
    )


def test_a_waiting_job_can_be_cancelled(horus, submit):
    submit("a")
    assert horus("job", "cancel", "a") == (0, "job a: Cancelled\n", "")
    assert horus("job", "cancel", "a") == (5, "", "job a is Cancelled; only a Pending job can be cancelled\n")
    assert horus("worker", "--drain", "--allow-unsigned") == (0, "", "")
    assert horus("job", "result", "a")[0] == 130


def test_jobs_are_listed(horus, submit):
    assert horus("job", "list") == (0, "", "")
    submit("a")
    submit("b")
    horus("job", "cancel", "a")
    assert [line.split()[2:] for line in horus("job", "list").out.splitlines()] == [
        ["Pending", "sal", "b"],
        ["Cancelled", "sal", "a"],
    ]
    assert [entry["id"] for entry in json.loads(horus("job", "list", "--status=Pending", "--json").out)] == ["b"]


def test_what_was_never_submitted_is_told(horus, submit, home):
    assert horus("job", "status", "a") == (5, "", "no job was submitted yet\n")
    assert not home.exists()
    submit("a")
    assert horus("job", "status", "b") == (5, "", "there is no job b\n")
    assert submit("a") == (5, "", "a job a was submitted before\n")


def test_an_invalid_job_is_not_submitted(horus, work, home):
    horus("job", "new", "--runner", "none", "--payload", "1", "-o", "job.json")
    assert horus("job", "submit", "job.json") == (
        5,
        "",
        (
            "the job is not valid:\n"
            "  signature: a signature is required, the job carries none\n"
            "  runner: there is no runner 'none'; known runners: hero, osiris, sal\n"
        ),
    )
    assert not home.exists()
