"""Every function with an effect is refused by an empty policy; the list of functions is read from the modules."""

import pytest

from horus_runtime.errors import HostFailure, PolicyError
from horus_runtime.modules.host import HostModule
from horus_runtime.modules.policy import CAPABILITIES, Policy
from horus_runtime.modules.sal import sal_modules
from horus_runtime.runtime.module import NativeFn
from tests.support.host_calls import FakeContext

ALLOWED_WITHOUT_CAPABILITY = {"path", "text", "json", "yaml", "toml", "csv", "log", "crypto"}
"""Modules of pure functions; outside of them a function without capability must be on the list below."""
PURE_FUNCTIONS = {
    "os.sleep",
    # The job's own variables; names of the real environment pass the policy one by one.
    "env.all", "env.get", "env.has", "env.set", "env.unset",
    # Addresses as texts.
    "http.build_query", "http.parse_url", "http.url_decode", "http.url_encode", "http.json",
}  # fmt: skip


def natives() -> list[tuple[str, NativeFn]]:
    return [
        (name, native)
        for name, module in sal_modules().items()
        for overloads in module.functions.values()
        for native in overloads
    ]


def effects() -> list:
    return [
        pytest.param(native, id=f"{module}.{native.name}/{len(native.params)}")
        for module, native in natives()
        if native.capability is not None
    ]


@pytest.mark.parametrize("native", effects())
def test_an_empty_policy_denies_every_function_with_an_effect(native):
    arguments = ["/etc/passwd"] * len(native.params)
    with pytest.raises(PolicyError) as caught:
        native.call(FakeContext(Policy.deny_all()), *arguments)
    assert caught.value.capability == native.capability
    assert f"--allow-{native.capability}" in caught.value.message


@pytest.mark.parametrize("native", effects())
def test_a_missing_policy_denies_like_an_empty_one(native):
    context = FakeContext()
    del context.services["policy"]
    with pytest.raises(PolicyError):
        native.call(context, *["/etc/passwd"] * len(native.params))


def test_functions_without_capability_are_known_to_be_pure():
    undeclared = {
        f"{module}.{native.name}"
        for module, native in natives()
        if native.capability is None and module not in ALLOWED_WITHOUT_CAPABILITY
    }
    assert undeclared == PURE_FUNCTIONS


def test_every_capability_is_one_the_policy_knows():
    assert {native.capability for _, native in natives()} <= {*CAPABILITIES, None}
    with pytest.raises(ValueError):
        HostModule("m", "").fn(capability="magic")


def test_every_function_has_help_and_every_failure_is_a_host_failure():
    for module, native in natives():
        assert native.doc, f"{module}.{native.name} has no docstring"
    assert issubclass(PolicyError, HostFailure)


def test_decisions_reach_the_audit():
    records: list[dict] = []
    native = next(native for module, native in natives() if (module, native.name) == ("os", "read"))
    with pytest.raises(PolicyError):
        native.call(FakeContext(Policy(read=("/srv",)), audit=records.append), "/etc/passwd")
    assert records == [
        {"capability": "read", "function": "os.read", "subject": "/etc/passwd", "allowed": False, "rule": ""}
    ]


def test_every_flag_that_a_refusal_names_is_one_of_the_command_line():
    from click.testing import CliRunner

    from horus_runtime.cli.app import horus
    from horus_runtime.modules.host import default_flag

    known = CliRunner().invoke(horus, ["run", "--help"]).output
    for capability in (*CAPABILITIES, "private_net", "insecure_tls"):
        assert default_flag(capability, "").split("=")[0] in known, capability


def test_every_name_can_be_written_in_a_script():
    """A name that is a reserved word of the language could never be called."""
    from horus_runtime.modules.host import option_arguments
    from horus_runtime.modules.sal import host_modules
    from horus_runtime.syntax.rhai import parse_script

    for module in host_modules():
        for item in module.described:
            receiver = "x" if item.handle else module.name
            parse_script(f"{receiver}.{item.name}()")
            parse_script(f"{module.name}::{item.name}()")
            for options in (argument.options for argument in item.arguments if argument.options is not None):
                parse_script(f"#{{{', '.join(f'{name}: 1' for name in option_arguments(options))}}}")
