"""What functions of host modules remember between the calls of a run must not outlive what it was made of."""

from __future__ import annotations

import pytest

import horus_runtime as hr
from horus_runtime.engine.presets import add_osiris
from horus_runtime.modules.osiris import Store
from horus_runtime.modules.policy import Policy


@pytest.fixture
def store():
    with Store() as made:
        made.model("users").create({"id": "a"})
        yield made


def changing(engine: hr.Engine, **services: object) -> None:
    """Let scripts call `change`, which gives their run other services."""

    def change(ctx: hr.NativeCallContext) -> None:
        ctx._run.services.update(services)

    engine.register_fn("change", change)


def test_a_policy_that_changes_between_two_calls_of_one_run_is_asked_anew(store):
    engine = add_osiris(hr.Engine(), store)
    changing(engine, policy=Policy(osiris="read"))
    script = """
        let users = osiris.model("users");
        users.create(#{id: "b"});
        change();
        let refused = "";
        try { users.create(#{id: "c"}); } catch (error) { refused = error.message; }
        [users.count(), refused]
    """
    engine.services["policy"] = Policy(osiris="write")
    refusal = "the capability 'osiris' is missing, grant it with --allow-osiris=write"
    assert engine.eval(script) == [2, f"osiris.create on 'users' is not allowed: {refusal}"]


def test_an_audit_hears_of_every_call_also_after_silent_ones(store):
    engine = add_osiris(hr.Engine(), store)
    heard = []
    changing(engine, audit=heard.append)
    engine.services["policy"] = Policy(osiris="read")
    engine.eval('let users = osiris.model("users"); users.get("a"); change(); users.get("a"); users.get("a");')
    assert [(record["function"], record["subject"]) for record in heard] == [("osiris.get", "users")] * 4
    assert [record.get("level") for record in heard] == ["read", None] * 2  # the step, then the namespace


def test_a_store_that_is_no_longer_granted_is_refused_though_another_was_allowed(store):
    engine = add_osiris(hr.Engine(), store)
    engine.services["policy"] = Policy(osiris="write", namespaces=("default",))
    with pytest.raises(hr.PolicyError) as caught:
        engine.eval('osiris.model("users").count(); osiris.namespace("other").model("users").count()')
    assert caught.value.capability == "osiris"
