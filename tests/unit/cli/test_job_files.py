"""`horus job new`, `sign`, `verify` and `validate`."""

import json
import time

import pytest

from horus_runtime.jobs.files import load_job, load_key


@pytest.fixture
def job(horus, work):
    """A job file in the working directory; keyword arguments change its fields."""

    def make(**fields):
        document = {"id": "job-1", "runner_id": "sal", "payload": "1", "created_at": 1763114400, **fields}
        (work / "job.json").write_text(json.dumps(document))
        return work / "job.json"

    return make


@pytest.fixture
def key(horus, home):
    horus("keys", "new")
    return load_key(home / "keys" / "default.key")


def test_a_new_job_is_written_to_standard_output(horus):
    code, out, err = horus("job", "new", "--runner", "sal", "--payload", "print(1);", "--id", "a", "--env", "A=b=c")
    made = json.loads(out)
    assert (code, err) == (0, "")
    assert {**made, "created_at": 0} == {
        "id": "a",
        "runner_id": "sal",
        "payload": "print(1);",
        "timeout": 60,
        "env_vars": {"A": "b=c"},
        "signatures": [],
        "created_at": 0,
        "status": "Pending",
    }


def test_a_new_job_can_be_signed_and_written_at_once(horus, work, key):
    (work / "p.rhai").write_text("#!/bin/horus\nprint(1);\n")
    words = ("--payload-file", "p.rhai", "--timeout", "5", "--sign", "default", "-o", "job.json")
    assert horus("job", "new", "--runner", "sal", *words) == (0, "", "")
    made = load_job(work / "job.json")
    assert (made.payload, made.timeout, made.verify()) == ("#!/bin/horus\nprint(1);\n", 5, True)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--payload", ""), 5, "the job is not valid: payload: the payload is empty"),
        (
            ("--payload", "1", "--timeout", "0"),
            5,
            "the job is not valid: timeout: the timeout must be 1 to 86400 seconds, found 0",
        ),
        (
            ("--payload", "", "--timeout", "1000000000"),
            5,
            (
                "the job is not valid:\n  payload: the payload is empty\n"
                "  timeout: the timeout must be 1 to 86400 seconds, found 1000000000"
            ),
        ),
        (
            ("--payload", "1", "--env", "=x"),
            5,
            "the job is not valid: structure: field 'env_vars' has the name '', which no environment can hold",
        ),
        (("--payload", "1", "--env", "x"), 2, "'x' is no variable: write --env NAME=VALUE"),
        ((), 2, "a job has one payload: give --payload or --payload-file"),
        (("--payload", "1", "--payload-file", "x"), 2, "a job has one payload: give --payload or --payload-file"),
        (("--payload-file", "none"), 2, "cannot read 'none': no such file or directory"),
        (("--payload-file", "."), 2, "'.' is a directory, not a script"),
        (("--payload", "1", "--sign", "none"), 5, "cannot read '{keys}/none.key': no such file or directory"),
    ],
)
def test_a_job_that_no_host_would_take_is_not_made(horus, work, home, words, code, message):
    message = message.replace("{keys}", str(home / "keys"))
    assert horus("job", "new", "--runner", "sal", "-o", "job.json", *words) == (code, "", f"{message}\n")
    assert list(work.iterdir()) == []


def test_a_job_file_is_signed_in_place(horus, job, key):
    path = job()
    assert horus("job", "sign", "job.json") == (0, f"signed by {key.public_key}\n", "")
    assert load_job(path).verify() is True
    assert horus("job", "verify", "job.json") == (0, f"valid signature by {key.public_key}\n", "")


def test_a_signed_job_can_go_to_standard_output_and_leave_the_file(horus, job, key):
    path = job()
    before = path.read_text()
    code, out, err = horus("job", "sign", "job.json", "-o", "-")
    assert (code, err, path.read_text()) == (0, "", before)
    assert [entry["public_key"] for entry in json.loads(out)["signatures"]] == [key.public_key]


def test_an_unsigned_job_does_not_verify(horus, job):
    job()
    assert horus("job", "verify", "job.json") == (
        5,
        "",
        "the job is not valid: signature: a signature is required, the job carries none\n",
    )


def test_a_tampered_payload_does_not_verify(horus, job, key):
    path = job()
    horus("job", "sign", "job.json")
    path.write_text(path.read_text().replace('"payload": "1"', '"payload": "2"'))
    sentence = (
        "signature 1: does not match the job: it was changed after signing, "
        f"or another key than {key.public_key} signed it"
    )
    assert horus("job", "verify", "job.json") == (5, "", f"the job is not valid: signature: {sentence}\n")
    code, out, err = horus("job", "verify", "job.json", "--json")
    assert (code, err) == (5, "")
    assert json.loads(out) == {"valid": False, "signers": [key.public_key], "faults": [sentence]}


def test_a_valid_signature_by_a_stranger_does_not_verify_under_trust(horus, job, key):
    job()
    horus("job", "sign", "job.json")
    other = "ed25519:" + "ab" * 32
    assert horus("job", "verify", "job.json", "--trust-key", other) == (
        5,
        "",
        f"the job is not valid: signature: a signature is required, 0 count: not trusted is {key.public_key}\n",
    )
    assert horus("job", "verify", "job.json", "--trust-key", key.public_key).code == 0


def test_all_rules_are_reported_without_running_anything(horus, job, work):
    job(runner_id="none", payload="", timeout=0, extra=1)
    violations = (
        "  structure: unknown field 'extra'\n"
        "  signature: a signature is required, the job carries none\n"
        "  runner: there is no runner 'none'; known runners: hero, osiris, sal\n"
        "  payload: the payload is empty\n"
        "  timeout: the timeout must be 1 to 86400 seconds, found 0\n"
    )
    assert horus("job", "validate", "job.json") == (5, "", f"the job is not valid:\n{violations}")
    code, out, err = horus("job", "validate", "job.json", "--json")
    assert (code, err) == (5, "")
    assert json.loads(out) == {
        "valid": False,
        "violations": [
            dict(zip(("code", "message"), line.strip().split(": ", 1), strict=True)) for line in violations.splitlines()
        ],
    }
    assert [entry.name for entry in work.iterdir()] == ["job.json"]


def test_a_valid_job_is_said_to_be_valid(horus, job, key):
    job()
    horus("job", "sign", "job.json")
    assert horus("job", "validate", "job.json") == (0, "the job is valid\n", "")
    assert json.loads(horus("job", "validate", "job.json", "--json").out) == {"valid": True, "violations": []}


def test_an_unsigned_job_is_valid_on_demand(horus, job):
    job()
    assert horus("job", "validate", "job.json", "--allow-unsigned") == (0, "the job is valid\n", "")
    assert horus("job", "validate", "job.json", "--allow-unsigned", "--required", "1") == (
        2,
        "",
        "--allow-unsigned cannot stand beside an option that requires signatures\n",
    )


def test_a_runner_id_can_be_added(horus, job):
    job(runner_id="my-runner")
    words = ("job", "validate", "job.json", "--allow-unsigned", "--runner")
    assert horus(*words, "my-runner=sal") == (0, "the job is valid\n", "")
    assert horus(*words, "my-runner=x") == (
        2,
        "",
        "'my-runner=x' is no runner: write --runner ID=KIND with the kind hero, sal, osiris\n",
    )


def test_the_users_trust_store_counts_when_there_is_one(horus, job, key):
    job(created_at=int(time.time()))
    horus("job", "sign", "job.json")
    horus("keys", "trust", "ed25519:" + "ab" * 32)
    assert horus("job", "validate", "job.json") == (
        5,
        "",
        f"the job is not valid: signature: a signature is required, 0 count: not trusted is {key.public_key}\n",
    )
    horus("keys", "trust", key.public_key)
    assert horus("job", "validate", "job.json") == (0, "the job is valid\n", "")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not json", "job.json:1:1\n1: not json\n   ^ the job is not JSON: Expecting value"),
        (b"[]", "a job is a JSON object, found an array"),
        (b"\xff", "job.json:1:1\n1: \ufffd\n   ^ the job is not UTF-8 text: byte 0xff fits no character"),
    ],
)
@pytest.mark.parametrize("command", ["sign", "verify", "validate"])
def test_a_file_that_is_no_job_is_refused(horus, work, key, command, content, message):
    (work / "job.json").write_bytes(content)
    assert horus("job", command, "job.json") == (5, "", f"{message}\n")
    assert (work / "job.json").read_bytes() == content


@pytest.mark.parametrize("command", ["sign", "verify", "validate"])
def test_a_directory_is_no_job_file(horus, work, key, command):
    assert horus("job", command, work) == (5, "", f"'{work}' is a directory, not a job file\n")
    assert horus("job", command, "none") == (5, "", "cannot read 'none': no such file or directory\n")


def test_errors_are_json_where_json_was_asked_for(horus, work):
    (work / "job.json").write_text("{")
    for command in ("verify", "validate", "run"):
        code, out, err = horus("job", command, "--json", "job.json")
        assert (code, err) == (5, "")
        message = "the job is not JSON: Expecting property name enclosed in double quotes"
        assert json.loads(out) == {
            "error": {
                "kind": "structure",
                "message": message,
                "line": 1,
                "column": 2,
                "source": "job.json",
                "violations": [{"code": "structure", "message": message}],
            },
            "exit_code": 5,
        }


@pytest.mark.parametrize("call", ['os.read("{home}/keys/default.key")', 'os.write("{home}/trust.json", "")'])
def test_no_payload_reaches_the_keys_and_the_trust_store(horus, job, key, home, call):
    """The folder lies below what the run is granted; only `--allow-all` opens it."""
    payload = call.replace("{home}", str(home))
    job(payload=payload)
    grants = (f"--allow-read={home.parent}", f"--allow-write={home.parent}")
    for words in (("job", "run", "--allow-unsigned", *grants, "job.json"), ("eval", *grants, payload)):
        code, _, err = horus(*words)
        assert code == 4
        assert "is denied: a rule of the policy forbids it" in err
    assert horus("eval", "--allow-all", payload).code == 0
