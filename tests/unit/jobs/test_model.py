"""Jobs, their status, their builder and their results."""

import itertools

import pytest
from pydantic import ValidationError

from horus_runtime.errors import JobError
from horus_runtime.jobs.model import TRANSITIONS, Job, JobResult, JobStatus, Signature
from horus_runtime.jobs.signing import SigningKey

KEY = SigningKey.from_seed_hex("11" * 32)
OTHER = SigningKey.from_seed_hex("22" * 32)


def make(**fields):
    return Job(**{"id": "job-1", "runner_id": "sal", "payload": "1", "created_at": 1763114400, **fields})


def test_a_minimal_job_has_the_documented_defaults():
    job = Job(runner_id="my-runner", payload="print('Hello World')")
    assert job.model_dump(exclude={"id", "created_at"}) == {
        "runner_id": "my-runner",
        "payload": "print('Hello World')",
        "timeout": 60,
        "env_vars": {},
        "signatures": [],
        "status": JobStatus.PENDING,
    }


def test_two_jobs_have_different_ids():
    assert Job(runner_id="a", payload="1").id != Job(runner_id="a", payload="1").id


def test_no_timeout_means_the_default_one():
    assert (make(timeout=None).timeout, make(timeout=None).seconds) == (None, 60)


def test_the_builder_builds_what_it_was_told():
    signature = Signature(public_key="ed25519:abc123", signature="sig:xyz789")
    job = (
        Job.builder()
        .id("job-1")
        .runner_id("my-runner")
        .payload("deploy_app()")
        .timeout(300)
        .env_vars({"ENV": "production"})
        .env_var("API_KEY", "secret")
        .signature(signature)
        .created_at(7)
        .build()
    )
    assert job == Job(
        id="job-1",
        runner_id="my-runner",
        payload="deploy_app()",
        timeout=300,
        env_vars={"ENV": "production", "API_KEY": "secret"},
        signatures=[signature],
        created_at=7,
    )


def test_the_builder_names_what_is_missing():
    with pytest.raises(JobError) as caught:
        Job.builder().timeout(5).build()
    assert caught.value.kind == "structure"
    assert caught.value.message == "the job is not complete: runner_id and payload not set"


@pytest.mark.parametrize(
    "change",
    [{"payload": 1}, {"timeout": "60"}, {"timeout": True}, {"timeout": 1.0}, {"env_vars": {"A": 1}}, {"extra": 1}],
)
def test_values_are_not_converted_and_unknown_fields_are_refused(change):
    with pytest.raises(ValidationError):
        make(**change)


def test_json_and_back_is_the_same_job():
    job = make(env_vars={"A": "ü"}, timeout=5)
    job.sign(KEY)
    assert Job.from_json(job.to_json()) == job


def test_a_signed_job_verifies():
    job = make()
    job.sign(KEY)
    assert job.verify() is True


def test_an_unsigned_job_does_not_verify():
    assert make().verify() is False


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "job-2"),
        ("runner_id", "hero"),
        ("payload", "2"),
        ("timeout", 61),
        ("timeout", None),
        ("env_vars", {"A": ""}),
        ("created_at", 1763114401),
    ],
)
def test_every_signed_field_is_covered(field, value):
    job = make()
    job.sign(KEY)
    setattr(job, field, value)
    assert job.verify() is False
    assert job.signature_faults() == [
        (
            "signature 1: does not match the job: it was changed after signing, "
            f"or another key than {KEY.public_key} signed it"
        )
    ]


def test_the_status_is_not_covered():
    job = make()
    job.sign(KEY)
    job.transition(JobStatus.RUNNING)
    assert job.verify() is True


def test_one_bad_signature_among_good_ones_fails_the_job():
    job = make()
    job.sign(KEY)
    job.sign(OTHER)
    assert job.verify() is True
    first, second = job.signatures
    job.signatures = [first, Signature(public_key=second.public_key, signature=first.signature)]
    assert job.verify() is False


def test_signing_again_with_the_same_key_replaces_its_signature():
    job = make()
    job.sign(KEY)
    job.sign(OTHER)
    job.payload = "2"
    job.sign(OTHER)
    job.sign(KEY)
    assert [entry.public_key for entry in job.signatures] == [OTHER.public_key, KEY.public_key]
    assert job.verify() is True


def test_what_cannot_be_made_canonical_does_not_verify():
    job = make()
    job.sign(KEY)
    job.timeout = 2**60
    assert job.verify() is False
    assert job.signature_faults() == [
        (
            "the job has no canonical form and cannot be signed: "
            "1152921504606846976 exceeds safe integer domain for JSON floats"
        )
    ]


ALLOWED = {
    ("Pending", "Running"),
    ("Pending", "Cancelled"),
    ("Running", "Completed"),
    ("Running", "Failed"),
    ("Running", "Timeout"),
    ("Running", "Cancelled"),
}


@pytest.mark.parametrize(("old", "new"), list(itertools.product(JobStatus, JobStatus)))
def test_the_status_moves_only_along_its_ways(old, new):
    job = make(status=old)
    if (old, new) in ALLOWED:
        job.transition(new)
        assert job.status is new
    else:
        with pytest.raises(JobError) as caught:
            job.transition(new)
        reason = "a final status does not change" if old.is_final else "there is no such step"
        assert caught.value.kind == "status"
        assert caught.value.message == f"job job-1 cannot go from {old} to {new}: {reason}"
        assert job.status is old


def test_setting_the_status_is_a_transition_too():
    job = make(status="Completed")
    with pytest.raises(JobError):
        job.status = JobStatus.PENDING
    job = make()
    job.status = "Running"
    assert job.status is JobStatus.RUNNING


def test_final_states_are_the_four_documented_ones():
    assert {status for status in JobStatus if status.is_final} == {"Completed", "Failed", "Timeout", "Cancelled"}
    assert set(TRANSITIONS) == set(JobStatus)


def test_a_result_has_the_documented_fields_and_does_not_change():
    result = JobResult(job_id="job-1", status="Completed", output="hi\n", exit_code=0, started_at=1, completed_at=2)
    assert result.model_dump_json() == (
        '{"job_id":"job-1","status":"Completed","output":"hi\\n","error":null,"exit_code":0,'
        '"started_at":1,"completed_at":2}'
    )
    assert result.ok is True
    with pytest.raises(ValidationError):
        result.output = ""
