"""Keys, canonical bytes and signatures."""

import json
import pickle

import nacl.signing
import pytest

from horus_runtime.errors import JobError
from horus_runtime.jobs.model import Job
from horus_runtime.jobs.signing import SigningKey, canonical_bytes, is_public_key, signature_fault

SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
PUBLIC = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
FIELDS = {
    "id": "job-1",
    "runner_id": "sal",
    "payload": 'print("é\n");',
    "timeout": 60,
    "env_vars": {"b": "2", "a": "1"},
    "created_at": 1763114400,
}


def test_a_known_seed_gives_its_known_public_key():
    assert SigningKey.from_seed_hex(SEED).public_key == PUBLIC


def test_the_empty_message_is_signed_as_rfc_8032_says():
    assert SigningKey.from_seed_hex(SEED).sign(b"") == (
        "sig:e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
        "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


def test_canonical_bytes_are_the_domain_line_and_sorted_compact_json():
    assert (
        canonical_bytes(FIELDS)
        == (
            'horus-job-v1\n{"created_at":1763114400,"env_vars":{"a":"1","b":"2"},"id":"job-1",'
            '"payload":"print(\\"é\\n\\");","runner_id":"sal","timeout":60}'
        ).encode()
    )


def test_canonical_bytes_ignore_signatures_and_status():
    assert canonical_bytes({**FIELDS, "status": "Running", "signatures": ["x"]}) == canonical_bytes(FIELDS)


def test_an_absent_timeout_is_signed_as_null():
    assert b'"timeout":null' in canonical_bytes({**FIELDS, "timeout": None})


@pytest.mark.parametrize(
    "change",
    [{"timeout": 2**53}, {"payload": "\ud800"}, {"env_vars": {"\ud800": ""}}],
    ids=["large integer", "half surrogate in a value", "half surrogate in a key"],
)
def test_what_has_no_canonical_form_is_refused(change):
    with pytest.raises(JobError) as caught:
        canonical_bytes({**FIELDS, **change})
    assert caught.value.kind == "signature"
    assert caught.value.message.startswith("the job has no canonical form and cannot be signed: ")


def test_a_signature_can_be_checked_without_this_package():
    job = Job(**FIELDS)
    entry = job.sign(SigningKey.from_seed_hex(SEED))
    text = json.dumps(
        {name: getattr(job, name) for name in ("id", "runner_id", "payload", "timeout", "env_vars", "created_at")},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    key = nacl.signing.VerifyKey(bytes.fromhex(entry.public_key.removeprefix("ed25519:")))
    signature = bytes.fromhex(entry.signature.removeprefix("sig:"))
    assert key.verify(b"horus-job-v1\n" + text.encode(), signature) == b"horus-job-v1\n" + text.encode()


def test_two_generated_keys_differ():
    assert SigningKey.generate().seed_hex != SigningKey.generate().seed_hex


def test_a_key_survives_its_text():
    key = SigningKey.generate()
    assert SigningKey.from_text(key.to_text()).public_key == key.public_key


@pytest.mark.parametrize("seed", ["", "00", SEED.upper(), SEED + "00", SEED + "\n", "g" * 64])
def test_a_seed_has_one_spelling(seed):
    with pytest.raises(JobError) as caught:
        SigningKey.from_seed_hex(seed)
    assert caught.value.message == "a seed is 64 lower-case hexadecimal digits"


def test_the_message_about_a_bad_private_key_does_not_repeat_it():
    with pytest.raises(JobError) as caught:
        SigningKey.from_text(f"ed25519-private:{SEED}x")
    assert caught.value.message == "not a private key: expected one line 'ed25519-private:' and 64 hexadecimal digits"


def test_a_key_shows_its_public_half_only():
    assert repr(SigningKey.from_seed_hex(SEED)) == f"<SigningKey {PUBLIC}>"


def test_a_key_is_not_pickled():
    with pytest.raises(TypeError):
        pickle.dumps(SigningKey.generate())


@pytest.mark.parametrize("text", ["", PUBLIC.upper(), PUBLIC[:-1], PUBLIC + "\n", PUBLIC.removeprefix("ed25519:")])
def test_a_public_key_has_one_spelling(text):
    assert is_public_key(PUBLIC) is True
    assert is_public_key(text) is False


def signed(message=b"m"):
    key = SigningKey.from_seed_hex(SEED)
    return message, key.public_key, key.sign(message), "ed25519"


def test_a_valid_signature_has_no_fault():
    assert signature_fault(*signed()) is None


CHANGED = f"does not match the job: it was changed after signing, or another key than {PUBLIC} signed it"


def test_one_changed_bit_of_message_or_signature_is_a_fault():
    message, public_key, signature, algorithm = signed()
    flipped = f"sig:{int(signature[4], 16) ^ 1:x}{signature[5:]}"
    assert signature_fault(b"n", public_key, signature, algorithm) == CHANGED
    assert signature_fault(message, public_key, flipped, algorithm) == CHANGED


def test_another_key_is_a_fault():
    message, _, signature, algorithm = signed()
    other = SigningKey.generate().public_key
    assert signature_fault(message, other, signature, algorithm) == CHANGED.replace(PUBLIC, other)


def test_a_key_of_small_order_signs_nothing():
    """With the all-zero key a forger could make one signature fit many messages; libsodium refuses such keys."""
    zero = "ed25519:" + "0" * 64
    assert signature_fault(b"m", zero, "sig:" + "0" * 128, "ed25519") == CHANGED.replace(PUBLIC, zero)


def test_a_signature_with_the_group_order_added_is_refused():
    """The same signature in a second spelling would let a job be changed without changing its meaning."""
    message, public_key, signature, algorithm = signed()
    raw = bytes.fromhex(signature[4:])
    order = 2**252 + 27742317777372353535851937790883648493
    second = (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")
    assert signature_fault(message, public_key, f"sig:{(raw[:32] + second).hex()}", algorithm) == CHANGED


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({3: "rsa"}, "unknown algorithm 'rsa'; only 'ed25519' is known"),
        ({3: "x" * 50}, f"unknown algorithm '{'x' * 35}...'; only 'ed25519' is known"),
        ({3: "\x1b[2J"}, "unknown algorithm '\\x1b[2J'; only 'ed25519' is known"),
        ({1: "abc"}, "the public key is not 'ed25519:' and 64 lower-case hexadecimal digits"),
        ({2: "abc"}, "the signature is not 'sig:' and 128 lower-case hexadecimal digits"),
        ({2: "sig:" + "A" * 128}, "the signature is not 'sig:' and 128 lower-case hexadecimal digits"),
    ],
)
def test_misspelt_parts_are_told_apart(change, fault):
    parts = dict(enumerate(signed()))
    assert signature_fault(*{**parts, **change}.values()) == fault
