"""Jobs run by the engine: results, statuses and exit codes, deadlines, rights."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest

import horus_runtime as hr
from horus_runtime.jobs.executors.in_process import Cancellation

KEY = hr.SigningKey.from_seed_hex("11" * 32)


@pytest.fixture(autouse=True)
def _work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(payload, *, runner_id="sal", timeout=60, env_vars=None, registry=None, **options):
    job = hr.Job(id="job-1", runner_id=runner_id, payload=payload, timeout=timeout, env_vars=env_vars or {})
    return hr.execute(job, registry or hr.RunnerRegistry.default(**options))


def test_a_payload_that_ends_completes_with_its_output():
    before = int(time.time())
    result = run('print("a"); debug(1); print(2);')
    after = int(time.time())
    assert before <= result.started_at <= result.completed_at <= after
    assert result.model_dump(exclude={"started_at", "completed_at"}) == {
        "job_id": "job-1",
        "status": hr.JobStatus.COMPLETED,
        "output": "a\n1:13 | 1\n2\n",
        "error": None,
        "exit_code": 0,
    }


def test_the_job_ends_with_the_status_of_its_result():
    job = hr.Job(runner_id="sal", payload="1")
    hr.execute(job, hr.RunnerRegistry.default())
    assert job.status is hr.JobStatus.COMPLETED


def verdict(result):
    return result.status, result.exit_code, result.output, result.error


def test_a_script_error_fails_the_job_and_keeps_what_was_printed():
    assert verdict(run('print("a");\nthrow "b";')) == (
        hr.JobStatus.FAILED,
        1,
        "a\n",
        'payload:2:1\n2: throw "b";\n   ^ Runtime error: b',
    )


def test_a_syntax_error_fails_the_job_before_anything_runs():
    assert verdict(run('print("a");\nlet = 1;')) == (
        hr.JobStatus.FAILED,
        1,
        "",
        "payload:2:5\n2: let = 1;\n       ^ Expecting name of a variable",
    )


def test_an_error_without_a_position_of_rhais_is_shown_at_its_place():
    assert run("let a = 1;\na / 0").error == "payload:2:3\n2: a / 0\n     ^ Division by zero: 1 / 0"


def test_a_limit_fails_the_job():
    result = run("while true {}", limits={"max_operations": 1000})
    assert verdict(result) == (
        hr.JobStatus.FAILED,
        3,
        "",
        "payload:1:12\n1: while true {}\n              ^ Too many operations\nhint: max_operations is 1000",
    )


def test_a_refused_effect_fails_the_job_with_the_missing_capability(tmp_path):
    result = run('os.write("/etc/x", "");')
    assert verdict(result) == (
        hr.JobStatus.FAILED,
        4,
        "",
        (
            'payload:1:4\n1: os.write("/etc/x", "");\n      ^ PolicyDenied: os.write on \'/etc/x\' is not allowed: '
            "the capability 'write' is missing, grant it with --allow-write=/etc/x\nhint: run with --allow-write=/etc/x"
        ),
    )


def test_a_refusal_inside_a_function_is_still_a_refusal():
    assert run('fn f() { os.write("/etc/x", ""); }\nf();').exit_code == 4


@pytest.mark.parametrize("payload", ["while true {}", "loop { try { loop {} } catch { } }"])
def test_an_endless_payload_ends_at_its_deadline(payload):
    started = time.monotonic()
    result = run(payload, timeout=1)
    elapsed = time.monotonic() - started
    assert (result.status, result.exit_code) == (hr.JobStatus.TIMEOUT, 124)
    assert result.error.startswith("the job exceeded its timeout of 1 second\npayload:1:")
    assert 1.0 <= elapsed < 1.1


def test_nothing_outside_is_touched_after_the_deadline(tmp_path, monkeypatch):
    """The callback stands for a step that comes back too late: what follows it must find the door closed."""
    from horus_runtime.jobs.console import Console

    release, ended = threading.Event(), threading.Event()
    original = Console.print

    def slow(self, text):
        release.wait()
        original(self, text)
        threading.Timer(0.2, ended.set).start()

    monkeypatch.setattr(Console, "print", slow)
    result = run('print("late"); os.write("new.txt", "x");', timeout=1)
    release.set()
    ended.wait()
    assert (result.status, result.output) == (hr.JobStatus.TIMEOUT, "")
    assert list(tmp_path.iterdir()) == []


def test_a_running_job_can_be_cancelled():
    cancellation = Cancellation()
    seen = []

    def echo(text):
        seen.append(text)
        threading.Thread(target=cancellation.cancel).start()

    job = hr.Job(runner_id="sal", payload='print("a"); while true {}')
    started = time.monotonic()
    result = hr.execute(job, hr.RunnerRegistry.default(), echo=echo, cancellation=cancellation)
    assert time.monotonic() - started < 5
    assert seen == ["a\n"]
    assert verdict(result) == (hr.JobStatus.CANCELLED, 130, "a\n", "the job was cancelled")


def test_output_is_bounded():
    result = run('for i in 0..100 { print("0123456789"); }', max_output=25)
    assert result.output == "0123456789\n0123456789\n012\n[output ends here: 25 characters are kept]\n"
    assert result.status is hr.JobStatus.COMPLETED


def test_variables_are_visible_everywhere_and_constant():
    payload = 'fn f() { env.STAGE } print(f()); print(env::STAGE); print(env.STAGE + "!");'
    assert run(payload, env_vars={"STAGE": "test"}).output == "test\ntest\ntest!\n"


def test_the_real_environment_does_not_show(monkeypatch):
    monkeypatch.setenv("SECRET", "x")
    assert run("print(env.SECRET);").status is hr.JobStatus.FAILED


def test_a_defect_of_the_host_is_an_internal_error_of_the_job(monkeypatch):
    monkeypatch.setattr("horus_runtime.jobs.executors.payloads.engine_for", lambda *_: None)
    result = run("1")
    assert (result.status, result.exit_code) == (hr.JobStatus.FAILED, 70)
    assert result.error == "internal error: AttributeError: 'NoneType' object has no attribute 'on_print'"


def test_the_sal_payload_of_the_job_format_lists_a_directory(tmp_path):
    (tmp_path / "b").write_text("")
    (tmp_path / "a").write_text("")
    payload = f'let files = os.list_dir("{tmp_path}");\nfor file in files {{\n    print(file);\n}}\n'
    assert run(payload).output == "a\nb\n"


OSIRIS = """let users = osiris.model("users");
let user = users.create(#{
    name: "Alice",
    email: "alice@example.com"
});
"""


def test_the_osiris_payload_of_the_job_format_leaves_its_record(tmp_path):
    path = tmp_path / "store.db"
    assert verdict(run(OSIRIS, runner_id="osiris", database=path)) == (hr.JobStatus.COMPLETED, 0, "", None)
    with sqlite3.connect(path) as connection:
        rows = connection.execute("select json_extract(doc, '$.name', '$.email') from m_users").fetchall()
    connection.close()
    assert rows == [('["Alice","alice@example.com"]',)]
    assert [entry.name for entry in tmp_path.iterdir()] == ["store.db"]


def test_an_osiris_payload_with_a_syntax_error_leaves_no_file(tmp_path):
    result = run("let users = osiris.model(", runner_id="osiris", database=tmp_path / "store.db")
    assert (result.status, result.exit_code) == (hr.JobStatus.FAILED, 1)
    assert list(tmp_path.iterdir()) == []


def test_the_model_store_is_not_there_for_other_runners():
    result = run(OSIRIS, runner_id="sal")
    assert (result.status, result.exit_code) == (hr.JobStatus.FAILED, 1)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"payload": ""}, "payload"),
        ({"runner_id": "none"}, "runner"),
        ({"timeout": 0}, "timeout"),
        ({"id": ""}, "structure"),
        ({"status": "Completed"}, "structure"),
    ],
)
def test_an_invalid_job_is_refused_and_stays_as_it_was(fields, code):
    job = hr.Job(**{"runner_id": "sal", "payload": 'os.write("x", "");', **fields})
    status = job.status
    with pytest.raises(hr.JobError) as caught:
        hr.execute(job, hr.RunnerRegistry.default())
    assert (caught.value.kind, job.status) == (code, status)


def test_a_job_runs_once():
    job = hr.Job(runner_id="sal", payload="1")
    registry = hr.RunnerRegistry.default()
    hr.execute(job, registry)
    with pytest.raises(hr.JobError) as caught:
        hr.execute(job, registry)
    assert (
        caught.value.message == "the job is not valid: structure: the status is Completed; only a Pending job can run"
    )


def test_a_tampered_job_is_refused_at_execution():
    job = hr.Job(runner_id="sal", payload="1")
    job.sign(KEY)
    registry = hr.RunnerRegistry.default()
    hr.validate(job, registry, hr.TrustStore([KEY.public_key]))
    job.payload = "2"
    with pytest.raises(hr.JobError) as caught:
        hr.execute(job, registry)
    assert caught.value.kind == "signature"


def test_running_a_validated_job_uses_its_id_up_in_the_trust_store():
    trust, registry = hr.TrustStore([KEY.public_key]), hr.RunnerRegistry.default()

    def made():
        job = hr.Job(id="job-1", runner_id="sal", payload="1")
        job.sign(KEY)
        return job

    first = made()
    hr.validate(first, registry, trust)
    assert hr.execute(first, registry).ok is True
    with pytest.raises(hr.JobError) as caught:
        hr.validate(made(), registry, trust)
    assert caught.value.message == ("the job is not valid: signature: the job is a repetition: job-1 was already run")
    with pytest.raises(hr.JobError):
        hr.execute(made(), registry, trust)


def test_of_two_runs_admitted_at_the_same_time_one_takes_place():
    trust, registry = hr.TrustStore([KEY.public_key]), hr.RunnerRegistry.default()
    jobs = [hr.Job(id="job-1", runner_id="sal", payload="1") for _ in range(2)]
    for job in jobs:
        job.sign(KEY)
        hr.validate(job, registry, trust)
    assert hr.execute(jobs[0], registry).ok is True
    with pytest.raises(hr.JobError):
        hr.execute(jobs[1], registry)
    assert jobs[1].status is hr.JobStatus.PENDING


def test_jobs_run_side_by_side_without_meeting():
    results = {}

    def work(number):
        results[number] = run(f"let s = 0; for i in 0..2000 {{ s += i * {number}; }} print(s);").output

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: f"{1999000 * number}\n" for number in range(4)}


def test_a_payload_may_begin_like_an_executable_file():
    assert run("\ufeff#!/usr/bin/env horus\nprint(1);").output == "1\n"
    assert run("#!/usr/bin/env horus\nthrow 1;").error == "payload:2:1\n2: throw 1;\n   ^ Runtime error: 1"


def test_temporary_files_go_with_the_job(tmp_path):
    result = run("print(os.temp_file());")
    assert result.status is hr.JobStatus.COMPLETED
    assert not Path(result.output.strip()).exists()
