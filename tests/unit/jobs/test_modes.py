"""Runners that only plan, and runners whose jobs do all or nothing."""

import json
import threading

import pytest

import horus_runtime as hr
from horus_runtime.cli.main import main
from horus_runtime.jobs.executors.in_process import Cancellation, Supervision
from horus_runtime.jobs.runners import RunMode
from horus_runtime.modules.policy import temporary_roots
from tests.support.snapshots import snapshot

KINDS = hr.RunnerKind


def execute(root, payload, mode, kind=KINDS.SAL, timeout=60, **options):
    places = (str(root), *temporary_roots())
    policy = hr.Policy(read=places, write=places, run=("*",), osiris="schema")
    runner = hr.Runner(kind, policy=policy, mode=mode, journals=root.parent / "journals", **options)
    job = hr.Job(id="j", runner_id="r", payload=payload, timeout=timeout)
    return hr.execute(job, hr.RunnerRegistry({"r": runner}))


def test_a_planned_job_tells_its_plan_and_changes_nothing(root):
    before = snapshot(root)
    payload = 'os.write("a", "1"); let t = os.temp_file(); osiris.model("u").create(#{id: "x"}); print(os.read("a"));'
    result = execute(root, payload, RunMode.PLAN, KINDS.OSIRIS, database=root / "s.db")
    assert (result.status, result.output, result.error, result.atomic) == ("Completed", "1\n", None, None)
    assert [(change["kind"], change["path"]) for change in result.plan["changes"]] == [("create", f"{root}/a")]
    assert result.plan["records"] == [
        {"operation": "create", "namespace": "default", "model": "u", "id": "x"},
    ]  # fmt: skip
    assert result.plan["new_store"] == str(root / "s.db")
    assert snapshot(root) == before
    assert json.loads(result.to_json())["plan"] == result.plan


def test_a_planned_job_that_fails_has_its_plan_and_its_error(root):
    result = execute(root, 'os.mkdir("d"); throw "no";', RunMode.PLAN)
    assert (result.status, result.exit_code, result.plan["complete"]) == ("Failed", 1, False)
    assert [change["path"] for change in result.plan["changes"]] == [f"{root}/d"]


def test_a_hero_job_is_planned_too(root):
    result = execute(root, "!!osal.exec cmd:'touch x'\n", RunMode.PLAN, KINDS.HERO)
    assert (result.status, [action["subject"] for action in result.plan["actions"]]) == ("Completed", ["touch x"])
    assert list(root.iterdir()) == []


def test_other_results_do_not_speak_of_plans(root):
    result = execute(root, "print(1);", RunMode.RUN)
    assert sorted(json.loads(result.to_json())) == [
        "completed_at", "error", "exit_code", "job_id", "output", "started_at", "status",
    ]  # fmt: skip


def test_an_atomic_job_is_all_or_nothing(root):
    failed = execute(root, 'os.write("a", "1"); process.run(["true"]); throw "no";', RunMode.ATOMIC)
    assert (failed.status, list(root.iterdir())) == ("Failed", [])
    assert [effect["subject"] for effect in failed.atomic["not_undoable"]] == ["true"]
    done = execute(root, 'os.write("a", "1");', RunMode.ATOMIC)
    assert (done.status, done.atomic, (root / "a").read_text()) == ("Completed", {"steps": 1, "not_undoable": []}, "1")
    strict = execute(root, 'os.write("b", "1"); process.run(["true"]);', RunMode.STRICT)
    assert (strict.status, (root / "b").exists()) == ("Failed", False)


def test_a_job_out_of_time_commits_nothing(root):
    result = execute(root, 'os.write("a", "1"); loop {}', RunMode.ATOMIC, timeout=1)
    assert (result.status, list(root.iterdir())) == ("Timeout", [])


def test_a_commit_is_waited_for_and_none_begins_too_late():
    cancellation = Cancellation()
    supervision = Supervision(60, cancellation)
    committing, go_on = threading.Event(), threading.Event()

    def payload():
        supervision.commit()
        committing.set()
        go_on.wait(10)

    failures = []
    watcher = threading.Thread(target=lambda: failures.append(supervision.run(payload)))
    watcher.start()
    committing.wait(10)
    cancellation.cancel()
    go_on.set()
    watcher.join(10)
    assert failures == [None]
    with pytest.raises(hr.TerminatedError, match="the job was cancelled"):
        supervision.commit()


def test_an_atomic_runner_needs_a_place_for_its_journals():
    registry = hr.RunnerRegistry({"r": hr.Runner(KINDS.SAL, mode=RunMode.ATOMIC)})
    assert registry.fault("r") == "runner 'r' is not available: it has no directory for the journals of atomic jobs"


def test_the_command_line(root, capfd):
    job = hr.Job(id="j", runner_id="sal", payload='os.write("a", "1"); print("x");')
    (root.parent / "job.json").write_text(job.to_json())
    path = str(root.parent / "job.json")
    assert main(["job", "run", "--plan", "--allow-unsigned", path]) == 0
    assert capfd.readouterr() == ("x\n", "plan: 1 created\njob j: Completed\n")
    assert not (root / "a").exists()
    assert main(["job", "run", "--plan", "--allow-unsigned", "--json", path]) == 0
    assert json.loads(capfd.readouterr().out)["plan"]["counts"]["create"] == 1
    assert main(["job", "run", "--plan", "--atomic", "--allow-unsigned", path]) == 2
    assert "--plan changes nothing: it cannot stand beside --atomic" in capfd.readouterr().err
    assert main(["job", "run", "--atomic", "--allow-unsigned", path]) == 0
    assert (root / "a").read_text() == "1"
