"""The five rules: each code, their order, and that all violated ones are reported."""

import json
from pathlib import Path

import pytest

from horus_runtime.errors import JobError
from horus_runtime.jobs.model import Job
from horus_runtime.jobs.runners import Runner, RunnerKind, RunnerRegistry
from horus_runtime.jobs.signing import SigningKey
from horus_runtime.jobs.trust import TrustStore
from horus_runtime.jobs.validation import MAX_PAYLOAD, validate, violations
from horus_runtime.jobs.violations import CODES

REGISTRY = RunnerRegistry({"sal": Runner(RunnerKind.SAL)})
KEY = SigningKey.from_seed_hex("11" * 32)


def make(**fields):
    return Job(**{"id": "job-1", "runner_id": "sal", "payload": "1", "created_at": 1763114400, **fields})


def found(job, registry=REGISTRY, trust=None):
    return [tuple(violation) for violation in violations(job, registry, trust)]


def test_a_sound_job_violates_nothing_and_is_admitted():
    job = make()
    trust = TrustStore()
    assert found(job) == []
    validate(job, REGISTRY, trust)
    assert job.admission is trust


def test_codes_stand_in_the_order_of_the_job_format():
    assert CODES == ("structure", "signature", "runner", "payload", "timeout")


@pytest.mark.parametrize("payload", ["", " \n\t", "\ufeff", "\ufeff \n"])
def test_an_empty_payload_is_refused(payload):
    assert found(make(payload=payload)) == [("payload", "the payload is empty")]


def test_the_size_of_a_payload_is_bounded_in_bytes():
    assert found(make(payload="x" * MAX_PAYLOAD)) == []
    assert found(make(payload="x" * (MAX_PAYLOAD + 1))) == [
        ("payload", "the payload has 1048577 bytes, 1048576 are allowed")
    ]
    assert found(make(payload="é" * (MAX_PAYLOAD // 2 + 1))) == [
        ("payload", "the payload has 1048578 bytes, 1048576 are allowed")
    ]


def test_an_unknown_runner_is_refused_with_the_known_ones():
    assert found(make(runner_id="my-runner")) == [("runner", "there is no runner 'my-runner'; known runners: sal")]
    assert found(make(runner_id="\x1b")) == [("runner", "there is no runner '\\x1b'; known runners: sal")]
    assert found(make(), RunnerRegistry()) == [("runner", "there is no runner 'sal'; known runners: none")]


def test_an_unavailable_runner_is_refused_with_the_reason(tmp_path):
    missing = tmp_path / "none"
    registry = RunnerRegistry(
        {
            "hero": Runner(RunnerKind.HERO, code_root=missing),
            "osiris": Runner(RunnerKind.OSIRIS, database=missing / "x.db"),
            "folder": Runner(RunnerKind.OSIRIS, database=tmp_path),
        }
    )
    assert [found(make(runner_id=name), registry) for name in registry] == [
        [("runner", f"runner 'hero' is not available: its code root {missing} is not a directory")],
        [("runner", f"runner 'osiris' is not available: the directory of its database, {missing}, is not there")],
        [("runner", f"runner 'folder' is not available: its database {tmp_path} is a directory")],
    ]


@pytest.mark.parametrize("timeout", [0, -1, 86_401, 10**9])
def test_an_unreasonable_timeout_is_refused(timeout):
    assert found(make(timeout=timeout)) == [("timeout", f"the timeout must be 1 to 86400 seconds, found {timeout}")]


def test_a_timeout_of_many_digits_is_not_repeated():
    assert found(make(timeout=10**400)) == [
        ("timeout", "the timeout must be 1 to 86400 seconds, found a number of many digits")
    ]


@pytest.mark.parametrize("timeout", [1, 60, 86_400, None])
def test_reasonable_timeouts_are_taken(timeout):
    assert found(make(timeout=timeout)) == []


def test_the_largest_timeout_is_the_hosts_choice():
    registry = RunnerRegistry({"sal": Runner(RunnerKind.SAL)}, max_timeout=30)
    assert found(make(timeout=31), registry) == [("timeout", "the timeout must be 1 to 30 seconds, found 31")]
    assert found(make(timeout=None), registry) == []


def test_a_missing_signature_is_refused_where_one_is_required():
    assert found(make(), trust=TrustStore(required=1)) == [
        ("signature", "a signature is required, the job carries none")
    ]


def test_a_tampered_payload_is_refused_even_where_no_signature_is_required():
    job = make()
    job.sign(KEY)
    job.payload = "2"
    assert found(job) == [
        (
            "signature",
            (
                "signature 1: does not match the job: it was changed after signing, "
                f"or another key than {KEY.public_key} signed it"
            ),
        )
    ]


def test_only_a_pending_job_can_run():
    assert found(make(status="Completed")) == [("structure", "the status is Completed; only a Pending job can run")]


def test_every_violated_rule_is_reported_in_order():
    job = make(id="", runner_id="none", payload="", timeout=0)
    assert [code for code, _ in found(job, trust=TrustStore(required=1))] == list(CODES)


def test_broken_structure_does_not_hide_the_other_rules():
    document = {"runner_id": "none", "payload": "", "timeout": 0}
    assert found(document, trust=TrustStore(required=1)) == [
        ("structure", "field 'id' is missing"),
        ("structure", "field 'created_at' is missing"),
        ("signature", "a signature is required, the job carries none"),
        ("runner", "there is no runner 'none'; known runners: sal"),
        ("payload", "the payload is empty"),
        ("timeout", "the timeout must be 1 to 86400 seconds, found 0"),
    ]


@pytest.mark.parametrize("value", [None, 5, [], {}, "x", True, 1.5])
@pytest.mark.parametrize("field", list(Job.model_fields))
def test_no_value_of_any_field_breaks_the_report(field, value):
    document = json.loads(make().to_json())
    found({**document, field: value}, trust=TrustStore(required=1))


def test_values_put_into_a_job_past_its_model_are_found():
    job = make()
    job.env_vars["A"] = 5
    assert found(job) == [("structure", "field 'env_vars.A' must be a string, found an integer")]


def test_validate_raises_with_all_violations():
    with pytest.raises(JobError) as caught:
        validate(make(payload="", timeout=0), REGISTRY)
    error = caught.value
    assert (error.kind, error.exit_code, error.message) == (
        "payload",
        5,
        (
            "the job is not valid:\n"
            "  payload: the payload is empty\n"
            "  timeout: the timeout must be 1 to 86400 seconds, found 0"
        ),
    )
    assert error.fields == {
        "violations": [
            {"code": "payload", "message": "the payload is empty"},
            {"code": "timeout", "message": "the timeout must be 1 to 86400 seconds, found 0"},
        ]
    }


def test_one_violation_is_one_line():
    with pytest.raises(JobError) as caught:
        validate(make(payload=""), REGISTRY)
    assert caught.value.message == "the job is not valid: payload: the payload is empty"


def test_a_runner_id_is_registered_once():
    registry = RunnerRegistry.default()
    assert list(registry) == ["hero", "sal", "osiris"]
    with pytest.raises(JobError) as caught:
        registry.register("sal", Runner(RunnerKind.HERO))
    assert caught.value.message == "there is a runner 'sal' already"
    with pytest.raises(JobError) as caught:
        registry.register("", Runner(RunnerKind.HERO))
    assert caught.value.message == "'' is no name for a runner"


def test_a_runner_that_is_not_there_cannot_be_got():
    with pytest.raises(JobError) as caught:
        RunnerRegistry().get("x")
    assert (caught.value.kind, caught.value.message) == ("runner", "there is no runner 'x'; known runners: none")


def test_the_database_may_be_a_file_yet_to_come(tmp_path):
    assert Runner(RunnerKind.OSIRIS, database=tmp_path / "new.db").fault() is None
    assert Runner(RunnerKind.OSIRIS).fault() is None
    assert not Path(tmp_path / "new.db").exists()
