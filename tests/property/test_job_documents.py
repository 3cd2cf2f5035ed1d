"""Whatever a job file holds, it is a job or a `JobError`; and whatever changes in a signed job, it is noticed."""

import json

from hypothesis import given
from hypothesis import strategies as st

from horus_runtime.errors import JobError
from horus_runtime.jobs.document import job_from_text
from horus_runtime.jobs.model import Job
from horus_runtime.jobs.runners import Runner, RunnerKind, RunnerRegistry
from horus_runtime.jobs.signing import SigningKey
from horus_runtime.jobs.trust import TrustStore
from horus_runtime.jobs.validation import violations
from horus_runtime.jobs.violations import CODES

KEY = SigningKey.from_seed_hex("11" * 32)
REGISTRY = RunnerRegistry({"sal": Runner(RunnerKind.SAL)})

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from([*Job.model_fields, "other", ""])
documents = st.dictionaries(names, values, max_size=9)
texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)
variables = st.dictionaries(texts.filter(lambda name: name.isprintable() and "=" not in name), texts, max_size=3)
jobs = st.builds(
    Job,
    id=texts.filter(lambda text: text.isprintable() and text == text.strip()),
    runner_id=texts,
    payload=texts,
    timeout=st.none() | st.integers(-(2**53) + 1, 2**53 - 1),
    env_vars=variables.map(lambda found: {name: value.replace("\0", "") for name, value in found.items()}),
    created_at=st.integers(0, 2**53 - 1),
)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_text_is_a_job_or_a_job_error(text):
    try:
        found = job_from_text(Job, text)
    except JobError as error:
        found = error
    assert type(found) is Job or (found.kind == "structure" and found.render() != "")


@given(documents)
def test_any_object_gets_a_report_in_the_order_of_the_rules(document):
    found = [violation.code for violation in violations(document, REGISTRY, TrustStore(required=1))]
    assert found == sorted(found, key=CODES.index)
    assert found


@given(documents)
def test_what_the_report_finds_sound_can_be_read(document):
    codes = {violation.code for violation in violations(document, REGISTRY)}
    if "structure" not in codes:
        assert job_from_text(Job, json.dumps(document)) == Job.model_validate(document)


@given(jobs)
def test_every_job_survives_its_file_with_its_signature(job):
    job.sign(KEY)
    again = job_from_text(Job, job.to_json())
    assert again == job
    assert again.verify() is True


@given(jobs, jobs)
def test_a_signature_holds_for_no_other_job(one, other):
    entry = one.sign(KEY)
    other.signatures = [entry]
    fields = ("id", "runner_id", "payload", "timeout", "env_vars", "created_at")
    assert other.verify() is all(getattr(one, name) == getattr(other, name) for name in fields)
