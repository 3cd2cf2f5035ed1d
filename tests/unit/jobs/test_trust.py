"""Whose signatures count, how many are needed, age and repetition."""

import pytest

from horus_runtime.errors import JobError
from horus_runtime.jobs.model import Job
from horus_runtime.jobs.signing import SigningKey
from horus_runtime.jobs.trust import SeenInMemory, TrustStore

ALICE = SigningKey.from_seed_hex("aa" * 32)
BOB = SigningKey.from_seed_hex("bb" * 32)
EVE = SigningKey.from_seed_hex("ee" * 32)
NOW = 1_763_114_400


def job(*keys, created_at=NOW):
    made = Job(id="job-1", runner_id="sal", payload="1", created_at=created_at)
    for key in keys:
        made.sign(key)
    return made


def trust(*keys, clock=lambda: NOW, **options):
    return TrustStore([key.public_key for key in keys], clock=clock, **options)


def test_without_keys_an_unsigned_job_is_admitted():
    assert TrustStore().faults(job()) == []


def test_without_keys_a_wrong_signature_is_refused_nevertheless():
    made = job(EVE)
    made.payload = "2"
    assert TrustStore().faults(made) == [
        (
            "signature 1: does not match the job: it was changed after signing, "
            f"or another key than {EVE.public_key} signed it"
        )
    ]


def test_any_signature_counts_where_one_is_required_and_no_key_listed():
    store = TrustStore(required=1)
    assert store.faults(job()) == ["a signature is required, the job carries none"]
    assert store.faults(job(EVE)) == []


def test_only_listed_keys_count():
    store = trust(ALICE, BOB)
    assert store.faults(job(ALICE)) == []
    assert store.faults(job(EVE)) == [f"a signature is required, 0 count: not trusted is {EVE.public_key}"]


def test_a_strange_signature_beside_enough_trusted_ones_does_no_harm():
    assert trust(ALICE).faults(job(EVE, ALICE)) == []


def test_two_required_signatures_are_two_different_signers():
    store = trust(ALICE, BOB, required=2)
    made = job(ALICE)
    made.signatures = [*made.signatures, *made.signatures]
    assert store.faults(made) == ["2 signatures are required, the job carries 1"]
    assert store.faults(job(ALICE, BOB)) == []


def test_a_stale_job_is_refused():
    store = trust(ALICE, max_age=60, clock=lambda: NOW + 61)
    assert store.faults(job(ALICE)) == ["the job is stale: it is 61 seconds old, 60 are allowed"]
    assert trust(ALICE, max_age=60, clock=lambda: NOW + 60).faults(job(ALICE)) == []
    assert trust(ALICE, max_age=None, clock=lambda: NOW + 10**9).faults(job(ALICE)) == []


def test_a_job_from_the_future_is_refused():
    assert trust(ALICE).faults(job(ALICE, created_at=NOW + 301)) == [
        "the job is dated 301 seconds ahead of this machine's clock"
    ]
    assert trust(ALICE).faults(job(ALICE, created_at=NOW + 300)) == []


def test_a_job_is_admitted_once():
    store = trust(ALICE)
    first, second = job(ALICE), job(ALICE)
    store.claim(first)
    assert store.faults(second) == ["the job is a repetition: job-1 was already run"]
    with pytest.raises(JobError) as caught:
        store.claim(second)
    assert (caught.value.kind, caught.value.message) == (
        "signature",
        "the job is not valid: signature: the job is a repetition: job-1 was already run",
    )


def test_age_and_repetition_are_not_judged_where_anybody_may_sign():
    store = TrustStore(required=1, clock=lambda: NOW + 10**9)
    store.claim(job(EVE))
    store.claim(job(EVE))
    assert store.faults(job(EVE)) == []


def test_memory_forgets_ids_whose_jobs_are_stale():
    time = NOW
    seen = SeenInMemory(lambda: time)
    assert seen.claim("a", NOW + 10) is True
    assert seen.claim("b", None) is True
    time = NOW + 11
    assert seen.claim("c", NOW + 20) is True
    assert [seen.contains(name) for name in "abc"] == [False, True, True]


def test_a_store_survives_its_file():
    store = TrustStore({ALICE.public_key: "alice", BOB.public_key: ""}, required=2, max_age=None)
    again = TrustStore.from_json(store.to_json())
    assert (again.keys, again.required, again.max_age) == (
        {ALICE.public_key: "alice", BOB.public_key: ""},
        2,
        None,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "the trust store is not JSON"),
        ("[]", "a trust store has the fields keys, max_age, required, version, with version 1"),
        (
            '{"version": 2, "required": 1, "max_age": 1, "keys": {}}',
            "a trust store has the fields keys, max_age, required, version, with version 1",
        ),
        (
            '{"version": 1, "required": true, "max_age": 1, "keys": {}}',
            "in a trust store 'required' and 'max_age' are integers and 'keys' is an object",
        ),
        (
            '{"version": 1, "required": 1, "max_age": 1, "keys": {}}',
            "the number of required signatures is 1, but only 0 keys are trusted",
        ),
        (
            '{"version": 1, "required": 0, "max_age": 1, "keys": {"ed25519:abc": "a"}}',
            "'ed25519:abc' is not a public key: expected 'ed25519:' and 64 hexadecimal digits",
        ),
        (
            '{"version": 1, "required": -1, "max_age": 1, "keys": {}}',
            "the number of required signatures must not be negative, got -1",
        ),
    ],
)
def test_a_broken_store_is_refused_whole(text, message):
    with pytest.raises(JobError) as caught:
        TrustStore.from_json(text)
    assert (caught.value.kind, caught.value.message) == ("trust", message)
