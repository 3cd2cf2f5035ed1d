"""Policies under random questions: narrowing never widens, deny beats allow, data and command line say the same."""

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from horus_runtime.modules.audit import as_toml
from horus_runtime.modules.policy import LEVELS, SWITCHES, Policy

PROGRAM_RULES = st.sampled_from(
    ["*", "git", "git log", "git log *", "git log **", "git * -x", "ls", "ls -l", "* --version", "git log 'a b'"]
)
ARGV = st.sampled_from(
    [["git"], ["git", "log"], ["git", "log", "-x"], ["git", "log", "a", "b"], ["git", "push", "-x"], ["ls"],
     ["ls", "-l"], ["rm", "--version"], ["git", "--version"], ["git", "log", "a b"]]
)  # fmt: skip
NET_RULES = st.sampled_from(
    ["*", "a.org", "a.org:80", "*.a.org", "x.a.org", "x.a.org:443", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "b.org"]
)
PLACES = st.tuples(
    st.sampled_from(["a.org", "x.a.org", "y.x.a.org", "b.org", "10.1.2.3", "10.9.9.9"]), st.sampled_from([80, 443])
)
NAME_RULES = st.sampled_from(["*", "HOME", "APP_*", "APP_A", "APP_A_*", "X"])
NAMES = st.sampled_from(["HOME", "APP_A", "APP_B", "APP_A_C", "X", "PATH"])
ROOTS = st.sampled_from(["/", "/srv", "/srv/a", "/srv/ab", "/srv/a/b", "/var"])


def some(rules):
    return st.lists(rules, max_size=3)


POLICIES = st.builds(
    Policy,
    read=some(ROOTS), write=some(ROOTS), deny_read=some(ROOTS), run=some(PROGRAM_RULES), deny_run=some(PROGRAM_RULES),
    net=some(NET_RULES), deny_net=some(NET_RULES), env=some(NAME_RULES), deny_env=some(NAME_RULES),
    namespaces=some(NAME_RULES), on_denied=st.sampled_from(["error", "fatal"]),
    **{name: st.sampled_from(steps) for name, steps in LEVELS.items()}, **{name: st.booleans() for name in SWITCHES},
)  # fmt: skip


def answers(policy: Policy, argv: list[str], place: tuple[str, int], name: str) -> dict[str, bool]:
    host, port = place
    found = {
        "run": policy.program(argv[0], None, argv[1:]).allowed,
        "which": policy.program(argv[0]).allowed,
        "net": policy.host(host, port, [host] if host[0].isdigit() else []).allowed,
        "env": policy.variable(name).allowed,
        "namespace": policy.namespace(name).allowed,
        **{switch: getattr(policy, switch) for switch in SWITCHES},
    }
    for level, steps in LEVELS.items():
        found |= {f"{level}={step}": policy.level(level, step).allowed for step in steps[1:]}
    return found


@settings(max_examples=200, deadline=None)
@given(POLICIES, POLICIES, ARGV, PLACES, NAMES)
def test_what_two_policies_allow_together_each_of_them_allows(one, two, argv, place, name):
    both = answers(one.narrow(two), argv, place, name)
    mine, theirs = answers(one, argv, place, name), answers(two, argv, place, name)
    wider = [what for what, allowed in both.items() if allowed and not (mine[what] and theirs[what])]
    assert wider == []
    assert answers(one.narrow(one), argv, place, name) == mine


@settings(max_examples=200, deadline=None)
@given(POLICIES, ARGV, PLACES, NAMES)
def test_a_denial_of_everything_leaves_nothing(policy, argv, place, name):
    closed = policy.grant(deny_run=("*",), deny_net=("*",), deny_env=("*",))
    found = answers(closed, argv, place, name)
    assert (found["run"], found["net"], found["env"]) == (False, False, False)


@given(POLICIES)
def test_data_says_the_same_as_the_policy(policy):
    assert Policy.from_dict(policy.to_dict()) == policy
    assert Policy.from_dict(tomllib.loads(as_toml(policy))) == policy
