"""Jobs under an audit log: every decision but granted reads, with the job's id and the place in the payload."""

import json

from horus_runtime.jobs.executors.in_process import run
from horus_runtime.jobs.model import Job, JobStatus
from horus_runtime.jobs.runners import Runner, RunnerKind, RunnerRegistry
from horus_runtime.modules.policy import Policy


def test_the_log_tells_which_job_asked_for_what(tmp_path):
    log = tmp_path / "audit.jsonl"
    policy = Policy(read=(str(tmp_path),), write=(str(tmp_path),))
    runner = Runner(RunnerKind.SAL, policy=policy, audit=log)
    payload = f'os.read("{tmp_path}/audit.jsonl");\nos.write("{tmp_path}/x", "1");\nprocess.run(["true"]);'
    job = Job(runner_id="sal", payload=payload, id="nightly-1")
    assert run(job, runner).status is JobStatus.FAILED
    found = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["job"], line["function"], line["allowed"], line["line"]) for line in found] == [
        ("nightly-1", "os.write", True, 2), ("nightly-1", "process.run", False, 3),
    ]  # fmt: skip


def test_hero_payloads_are_logged_with_their_own_lines(tmp_path):
    log = tmp_path / "audit.jsonl"
    runner = Runner(RunnerKind.HERO, policy=Policy(run=("true",)), audit=log)
    job = Job(runner_id="hero", payload="print(1);\n\n!!osal.exec cmd:true\n", id="h-1")
    assert run(job, runner).status is JobStatus.COMPLETED
    [line] = map(json.loads, log.read_text().splitlines())
    assert (line["subject"], line["line"], line["rule"]) == ("true", 3, "run=true")


def test_a_log_that_cannot_be_written_makes_the_runner_unavailable(tmp_path):
    runner = Runner(RunnerKind.SAL, audit=tmp_path / "none" / "log")
    registry = RunnerRegistry({"sal": runner})
    assert registry.fault("sal") == (
        f"runner 'sal' is not available: its audit log {tmp_path}/none/log cannot be written"
    )
