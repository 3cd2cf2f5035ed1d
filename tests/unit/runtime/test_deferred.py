"""Modules that are imported on use: known by name before, complete afterwards, the same to scripts either way."""

import subprocess
import sys

import pytest

import horus_runtime as hr
from horus_runtime.engine.presets import add_sal
from horus_runtime.modules.sal import _module, sal_modules
from horus_runtime.runtime.deferred import DeferredModule, PartedFunctions, Summary
from horus_runtime.runtime.module import Module, NativeFn

ONE = NativeFn("f", ("i64",), lambda n: n + 1)
TWO = NativeFn("f", ("string",), lambda s: s)


def test_a_part_is_loaded_when_a_function_of_it_is_asked_for():
    loaded = []

    def load(part):
        loaded.append(part)
        return {("f", 1): [ONE if part == "a" else TWO], ("g", 0): [ONE]}

    functions = PartedFunctions({("f", 1): ("a", "b"), ("g", 0): ("a",)}, load)
    assert ("f", 1) in functions
    assert sorted(functions) == [("f", 1), ("g", 0)]
    assert functions.get(("h", 1), "none") == "none"
    assert loaded == []
    assert functions[("f", 1)] == [ONE, TWO]
    assert loaded == ["a", "b"]
    assert functions.get(("f", 1)) is functions[("f", 1)]
    assert dict(functions.items()) == {("f", 1): [ONE, TWO], ("g", 0): [ONE]}
    assert list(functions.values()) == [[ONE, TWO], [ONE]]


class Thing:
    pass


def thing_module():
    module = Module("things", "Things.")
    module.types[Thing] = "Thing"
    module.add(NativeFn("make", (), Thing))
    module.add(NativeFn("size", ("Thing",), lambda _thing: 3, volatile=True))
    module.add(NativeFn("push", ("Thing", "any"), lambda _thing, item: item, pure=False, capability="read"))
    return module


def test_a_deferred_module_is_loaded_once_and_tells_who_asked():
    loaded, told = [], []
    deferred = DeferredModule(Summary.of(thing_module()), lambda: loaded.append(1) or thing_module())
    deferred.when_loaded(told.append)
    assert (deferred.name, deferred.doc, loaded, told) == ("things", "Things.", [], [])
    assert [(fn.name, fn.params, fn.pure) for fn in deferred.placeholders()] == [
        ("push", ("Thing", "any"), False),
        ("size", ("Thing",), True),
    ]
    assert ("make", 0) in deferred.functions
    assert (deferred.variables, loaded, told) == ({}, [1], [deferred])


def test_an_unknown_attribute_of_a_deferred_module_loads_nothing():
    deferred = DeferredModule(Summary("m", "", (), ()), lambda: pytest.fail("loaded"))
    with pytest.raises(AttributeError, match="'DeferredModule' object has no attribute 'nope'"):
        deferred.nope  # noqa: B018


def test_methods_of_a_deferred_module_are_those_of_the_module():
    module = thing_module()
    engine, eager = hr.Engine(), hr.Engine()
    engine.register_static_module("things", DeferredModule(Summary.of(module), lambda: module))
    eager.register_static_module("things", module)
    assert engine.table.signature() == eager.table.signature()
    script = "let t = things::make(); [t.size(), t.push(7), type_of(t)]"
    assert engine.eval(script) == eager.eval(script) == [3, 7, "Thing"]
    assert engine.table.signature() == eager.table.signature()


def test_a_value_of_a_type_nothing_was_asked_of_yet_has_its_name_and_methods():
    module = thing_module()
    engine = hr.Engine()
    engine.register_static_module("things", DeferredModule(Summary.of(module), lambda: module))
    scope = hr.Scope()
    scope.push("t", Thing())
    assert engine.eval("[type_of(t), t.size()]", scope=scope) == ["Thing", 3]


@pytest.mark.parametrize("name", sorted(sal_modules()))
def test_the_summary_of_a_system_module_is_what_the_module_offers(name):
    deferred = sal_modules()[name]
    assert Summary.of(_module(name)).values() == deferred.summary.values()


def test_a_script_imports_only_what_it_uses(tmp_path):
    program = (
        "import sys, horus_runtime as hr\n"
        "hr.Engine.sal().eval('sqrt(4.0)')\n"
        "print(sorted(m for m in sys.modules if m.startswith('horus_runtime.modules') or m in "
        "('lark', 'pydantic', 'nacl', 'sqlite_utils', 'click', 'dataclasses', 'inspect', 'pathlib', "
        "'horus_runtime.ast', 'horus_runtime.syntax', 'horus_runtime.codegen')))\n"
    )
    environment = {"HORUS_CACHE": str(tmp_path), "PATH": ""}
    outputs = [
        subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert outputs[1].stdout == (
        "['horus_runtime.modules', 'horus_runtime.modules.sal', 'horus_runtime.modules.std', "
        "'horus_runtime.modules.std.math', 'horus_runtime.modules.std.signature']\n"
    )


def test_taking_a_policy_away_denies_everything():
    engine = hr.Engine.sal(hr.Policy.allow_all())
    add_sal(engine)
    with pytest.raises(hr.PolicyError) as caught:
        engine.eval('os::read("/etc/hostname")')
    assert caught.value.capability == "read"
