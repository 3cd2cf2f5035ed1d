"""Reading job files: strict JSON, and every fault of the structure."""

import json

import pytest

from horus_runtime.errors import JobError
from horus_runtime.jobs.document import job_from_text, structure_faults
from horus_runtime.jobs.model import Job

GOOD = {"id": "job-1", "runner_id": "sal", "payload": "1", "created_at": 1763114400}


def refused(text, name=None):
    with pytest.raises(JobError) as caught:
        job_from_text(Job, text, name)
    assert caught.value.kind == "structure"
    assert caught.value.exit_code == 5
    return caught.value


def test_the_four_required_fields_are_enough():
    assert job_from_text(Job, json.dumps(GOOD)) == Job(**GOOD)


def test_a_byte_order_mark_is_no_fault():
    assert job_from_text(Job, b"\xef\xbb\xbf" + json.dumps(GOOD).encode()) == Job(**GOOD)


def test_text_that_is_not_json_is_shown_with_its_place():
    error = refused('{"id": job}', "job.json")
    assert error.render() == ('job.json:1:8\n1: {"id": job}\n          ^ the job is not JSON: Expecting value')


def test_invalid_utf8_is_shown_with_its_place():
    error = refused(b'{\n  "id": "\xc3\xa9\xff"}', "job.json")
    assert error.render() == (
        'job.json:2:11\n2:   "id": "é\ufffd"}\n             ^ the job is not UTF-8 text: byte 0xff fits no character'
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the job is not JSON: Expecting value"),
        ("[]", "a job is a JSON object, found an array"),
        ("null", "a job is a JSON object, found null"),
        ('"x"', "a job is a JSON object, found a string"),
        ("{} {}", "the job is not JSON: Extra data"),
        ('{"id": "a", "id": "b"}', "the job is not valid JSON: the key 'id' stands twice in one object"),
        ('{"timeout": NaN}', "the job is not valid JSON: NaN is no JSON number"),
        ("[" * 100_000, "the job is not valid JSON: it is nested too deeply"),
        ('{"timeout": ' + "9" * 5000 + "}", "the job is not valid JSON: a number has too many digits"),
    ],
    ids=["empty", "array", "null", "string", "two", "duplicate", "nan", "deep", "digits"],
)
def test_texts_that_are_no_single_object_are_refused(text, message):
    assert refused(text).message == message


def test_a_duplicate_key_is_found_in_inner_objects_too():
    text = json.dumps(GOOD)[:-1] + ', "env_vars": {"A": "1", "A": "2"}}'
    assert refused(text).message == "the job is not valid JSON: the key 'A' stands twice in one object"


def test_all_faults_are_reported_together():
    error = refused('{"payload": 5, "timeout": "60", "runner": "sal", "signatures": [{}]}')
    assert error.message == (
        "the job is not valid:\n"
        "  structure: field 'id' is missing\n"
        "  structure: field 'runner_id' is missing\n"
        "  structure: field 'created_at' is missing\n"
        "  structure: field 'payload' must be a string, found an integer\n"
        "  structure: field 'timeout' must be an integer, found a string\n"
        "  structure: field 'signatures[0].public_key' is missing\n"
        "  structure: field 'signatures[0].signature' is missing\n"
        "  structure: unknown field 'runner'; did you mean 'runner_id'?"
    )
    assert error.fields["violations"][0] == {"code": "structure", "message": "field 'id' is missing"}
    assert len(error.fields["violations"]) == 8


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"id": ""}, "field 'id' is empty"),
        ({"id": "x" * 129}, "field 'id' is 129 characters long, 128 are allowed"),
        ({"id": "a\x1b[2J"}, "field 'id' has characters that cannot be shown, or blanks at its ends"),
        ({"id": " a"}, "field 'id' has characters that cannot be shown, or blanks at its ends"),
        ({"id": "\ud800"}, "field 'id' has half a surrogate pair, which is not text"),
        ({"payload": "\udfff"}, "field 'payload' has half a surrogate pair, which is not text"),
        ({"payload": None}, "field 'payload' must be a string, found null"),
        ({"timeout": 1.5}, "field 'timeout' must be an integer, found a fraction"),
        ({"timeout": True}, "field 'timeout' must be an integer, found a boolean"),
        ({"created_at": -1}, "field 'created_at' must be seconds since 1970"),
        ({"created_at": 2**53}, "field 'created_at' must be seconds since 1970"),
        ({"env_vars": []}, "field 'env_vars' must be an object, found an array"),
        ({"env_vars": {"A": 1}}, "field 'env_vars.A' must be a string, found an integer"),
        ({"env_vars": {"A=B": ""}}, "field 'env_vars' has the name 'A=B', which no environment can hold"),
        ({"env_vars": {"": ""}}, "field 'env_vars' has the name '', which no environment can hold"),
        ({"env_vars": {"A": "\0"}}, "field 'env_vars.A' has a value that no environment can hold"),
        ({"signatures": {}}, "field 'signatures' must be an array, found an object"),
        ({"signatures": ["x"]}, "field 'signatures[0]' must be an object, found a string"),
        (
            {"signatures": [{"public_key": "a", "signature": "b"}] * 33},
            "field 'signatures' has 33 entries, 32 are allowed",
        ),
        (
            {"status": "Done"},
            "field 'status' must be one of Pending, Running, Completed, Failed, Timeout, Cancelled, found 'Done'",
        ),
        (
            {"status": 3},
            "field 'status' must be one of Pending, Running, Completed, Failed, Timeout, Cancelled, found an integer",
        ),
        ({"time_out": 3}, "unknown field 'time_out'; did you mean 'timeout'?"),
        ({"\x1b[2J": 3}, "unknown field '\\x1b[2J'"),
    ],
)
def test_each_fault_has_its_sentence(change, fault):
    assert structure_faults({**GOOD, **change}) == [fault]


def test_values_of_variables_are_never_repeated_in_messages():
    faults = structure_faults({**GOOD, "env_vars": {"TOKEN": "s3cret\0", "OTHER": ["s3cret"]}})
    assert faults == [
        "field 'env_vars.OTHER' must be a string, found an array",
        "field 'env_vars.TOKEN' has a value that no environment can hold",
    ]
