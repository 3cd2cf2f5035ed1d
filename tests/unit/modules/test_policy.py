"""`Policy` as data: grants, denials, narrowing, and what its fields accept."""

import pytest

from horus_runtime.modules.policy import Decision, Policy, root_of, split_path


def test_the_default_policy_grants_nothing():
    policy = Policy()
    assert policy == Policy.deny_all()
    assert not any(
        policy.grants_any(name)
        for name in ("read", "write", "run", "net", "env", "git", "docker", "osiris", "shell", "sys", "kill")
    )


def test_levels_include_the_steps_before_them():
    policy = Policy(git="local")
    assert policy.level("git", "read") == Decision(True, "git=local")
    assert policy.level("git", "local").allowed
    assert not policy.level("git", "remote").allowed


def test_deny_beats_allow_in_every_list():
    policy = Policy(
        run=("*",), deny_run=("sh",), env=("*",), deny_env=("SECRET_*",), net=("*",), deny_net=("10.0.0.0/8",)
    )
    assert policy.program("git").allowed
    assert policy.program("sh") == Decision(False, "deny_run=sh")
    assert policy.variable("HOME").allowed
    assert policy.variable("SECRET_KEY") == Decision(False, "deny_env=SECRET_*")
    assert policy.host("example.com", 80, ["93.184.216.34"]).allowed
    assert policy.host("example.com", 80, ["10.1.2.3"]) == Decision(False, "deny_net=10.0.0.0/8")
    assert not Policy.allow_all().grant(deny_run=["*"]).program("git").allowed


def test_hosts_match_by_name_port_domain_and_range():
    policy = Policy(net=("api.example.com:443", "*.wiki.org", "plain.org", "192.168.1.0/24", "[::1]"))
    allowed = [
        ("api.example.com", 443), ("API.Example.com.", 443), ("en.wiki.org", 80), ("plain.org", 8080),
        ("192.168.1.7", 22), ("::1", 1),
    ]  # fmt: skip
    refused = [("api.example.com", 80), ("wiki.org", 80), ("notplain.org", 80), ("192.168.2.7", 22), ("::2", 1)]
    assert [policy.host(*item).allowed for item in allowed] == [True] * 6
    assert [policy.host(*item).allowed for item in refused] == [False] * 5


def test_roots_are_matched_by_parts(tmp_path):
    policy = Policy(read=(str(tmp_path / "root"),))
    assert root_of(policy, "read", split_path(str(tmp_path / "root" / "a"))) is not None
    assert root_of(policy, "read", split_path(str(tmp_path / "root-evil"))) is None
    assert root_of(policy, "write", split_path(str(tmp_path / "root"))) is None


def test_unknown_fields_and_wrong_values_are_refused():
    with pytest.raises(ValueError) as caught:
        Policy.from_dict({"raed": []})
    assert str(caught.value).startswith("unknown policy field 'raed'; fields are deny_env, deny_net, ")
    for data, message in [
        ({"docker": "some"}, "policy field 'docker' is one of off, inspect, manage, full, not 'some'"),
        ({"read": "/tmp"}, "policy field 'read' is a list of texts, not '/tmp'"),
        ({"read": [1]}, "policy field 'read' is a list of texts, not [1]"),
        ({"shell": 1}, "policy field 'shell' is true or false, not 1"),
    ]:
        with pytest.raises(ValueError) as caught:
            Policy.from_dict(data)
        assert str(caught.value) == message


def test_data_round_trip():
    for policy in (Policy.deny_all(), Policy.allow_all(), Policy.workspace("/srv"), Policy.hero("/srv")):
        assert Policy.from_dict(policy.to_dict()) == policy


def test_narrowing_never_widens():
    wide, small = Policy.allow_all(), Policy(read=("/srv/a",), run=("git",), git="read", deny_read=("/srv/a/x",))
    assert wide.narrow(small) == small.narrow(wide)
    assert wide.narrow(small) == small.grant(namespaces=[])
    assert Policy.deny_all().narrow(wide) == Policy.deny_all()
    nested = Policy(read=("/srv",)).narrow(Policy(read=("/srv/a/b", "/etc")))
    assert nested.read == ("/srv/a/b",)
    assert Policy(env=("APP_*",)).narrow(Policy(env=("APP_KEY", "HOME"))).env == ("APP_KEY",)
