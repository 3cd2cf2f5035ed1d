"""Modules, packages and resolvers as hosts make them."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import horus_runtime as hr


@pytest.fixture
def engine() -> hr.Engine:
    return hr.Engine()


def failure(engine: hr.Engine, text: str) -> tuple[str, str]:
    with pytest.raises(hr.HorusError) as raised:
        engine.eval(text)
    return raised.value.kind, raised.value.message


def sample() -> hr.Module:
    module = hr.Module("sample", "A sample.")

    @module.fn
    def double(value: int) -> int:
        return value * 2

    @module.fn(namespace="global")
    def everywhere() -> str:
        return "here"

    module["PI"] = 3
    module.set_sub_module("inner", hr.Module("inner").set_var("X", [1, 2]))
    return module


# --- Static and global modules ----------------------------------------------------------------------------------------


def test_a_static_module_is_reached_by_its_path(engine):
    engine.register_static_module("a::b", sample())
    assert engine.eval("[a::b::double(4), a::b::PI, a::b::inner::X, everywhere()]") == [8, 3, [1, 2], "here"]
    assert failure(engine, "a::b::nope(1)") == ("ErrorFunctionNotFound", "Function not found: a::b::nope (i64)")
    assert failure(engine, "a::b::Y") == ("ErrorVariableNotFound", "Variable not found: a::b::Y")
    assert failure(engine, "z::b") == ("ErrorModuleNotFound", "Module not found: z")
    assert failure(engine, "double(1)") == ("ErrorFunctionNotFound", "Function not found: double (i64)")


def test_a_global_module_needs_no_prefix_and_hides_what_is_internal(engine):
    module = sample()
    module.register_fn("hidden", lambda: 1, namespace="internal")
    engine.register_global_module(module)
    engine.register_static_module("m", module)
    assert engine.eval("[double(2), PI, m::hidden()]") == [4, 3, 1]
    assert failure(engine, "hidden()") == ("ErrorFunctionNotFound", "Function not found: hidden ()")


def test_what_is_added_to_a_module_later_is_known(engine):
    module = sample()
    engine.register_static_module("m", module)
    assert failure(engine, "m::late()")[0] == "ErrorFunctionNotFound"
    module.register_fn("late", lambda: 5)
    module.modules["inner"].register_fn("deep", lambda: 6)
    assert engine.eval("[m::late(), m::inner::deep()]") == [5, 6]
    module["PI"] = 4
    assert engine.eval("m::PI") == 4


def test_types_of_a_module_are_known_to_the_engine(engine):
    module = hr.Module("m")
    module.register_type(SimpleNamespace, name="Space")
    module.register_get(SimpleNamespace, "x", lambda this: this.x)
    module.register_fn("make", lambda x: SimpleNamespace(x=x))
    module.register_iterator(SimpleNamespace, lambda this: [this.x])
    engine.register_static_module("m", module)
    assert engine.eval("let s = m::make(5); let l = []; for x in s { l.push(x); } [type_of(s), s.x, l]") == [
        "Space", 5, [5],
    ]  # fmt: skip


def test_constants_may_be_objects(engine):
    module = hr.Module("m")
    module.register_type(SimpleNamespace, name="Space")
    module.register_get(SimpleNamespace, "x", lambda this: this.x)
    module.set_var("ORIGIN", SimpleNamespace(x=1)).set_var("ALL", [SimpleNamespace(x=2)])
    engine.register_static_module("m", module)
    assert engine.eval("[m::ORIGIN.x, m::ALL[0].x]") == [1, 2]
    assert (module["ALL"][0].x, module.get_var("NONE", 7), "ORIGIN" in module) == (2, 7, True)
    with pytest.raises(KeyError):
        module["NONE"]
    with pytest.raises(OverflowError):
        module["BIG"] = 1 << 64


# --- Putting modules together -----------------------------------------------------------------------------------------


def values(module: hr.Module) -> dict[str, Any]:
    engine = hr.Engine()
    engine.register_static_module("m", module)
    return {name: engine.eval(f"m::{name}") for name in module.variables} | {
        f"{name}()": engine.eval(f"m::{name}()") for name, count in module.functions if count == 0
    }


def pair() -> tuple[hr.Module, hr.Module]:
    first = hr.Module("first").set_var("A", 1).register_fn("f", lambda: 1)
    second = hr.Module("second").set_var("A", 2).set_var("B", 2).register_fn("f", lambda: 2).register_fn("g", lambda: 2)
    second.set_sub_module("sub", hr.Module("sub").set_var("C", 3).register_fn("h", lambda: 3))
    return first, second


def test_combining_replaces_what_has_the_same_name():
    first, second = pair()
    first.combine(second)
    assert (values(first), list(first.modules)) == ({"A": 2, "B": 2, "f()": 2, "g()": 2}, ["sub"])


def test_combining_may_flatten_sub_modules():
    first, second = pair()
    first.combine_flatten(second)
    assert (values(first), first.modules) == ({"A": 2, "B": 2, "C": 3, "f()": 2, "g()": 2, "h()": 3}, {})


def test_filling_takes_only_what_is_missing():
    first, second = pair()
    first.fill_with(second)
    assert (values(first), list(first.modules)) == ({"A": 1, "B": 2, "f()": 1, "g()": 2}, ["sub"])


def test_modules_are_added_by_operator():
    first, second = pair()
    both = first + second
    assert (values(both), values(first)) == ({"A": 2, "B": 2, "f()": 2, "g()": 2}, {"A": 1, "f()": 1})
    first += second
    assert values(first) == values(both)
    first.clear()
    assert values(first) == {}


def test_a_module_from_a_script(engine):
    text = 'import "dep" as d; export const K = 5; let hidden = 1; fn f() { d::X + 1 } private fn g() { 2 }'
    engine.module_resolver = hr.StaticModuleResolver({"dep": hr.Module().set_var("X", 40)})
    module = hr.Module.from_script(engine, text, name="lib")
    engine.register_static_module("lib", module)
    assert engine.eval("[lib::K, lib::f(), lib::d::X]") == [5, 41, 40]
    assert failure(engine, "lib::g()") == ("ErrorFunctionNotFound", "Function not found: lib::g ()")
    assert failure(engine, "lib::hidden") == ("ErrorVariableNotFound", "Variable not found: lib::hidden")


def test_a_module_from_python_has_what_is_named(engine):
    engine.register_static_module("m", hr.Module.from_python(math, ["sqrt", "pi"], prefix="py_"))
    assert engine.eval("[m::py_sqrt(16), m::py_pi > 3.1]") == [4.0, True]
    for name, message in [("_x", "'_x' is private and cannot be exposed"), ("nope", "math has no 'nope' to expose")]:
        with pytest.raises(ValueError) as raised:
            hr.Module.from_python(math, [name])
        assert str(raised.value) == message


# --- Packages ---------------------------------------------------------------------------------------------------------


def test_a_raw_engine_gets_packages_by_name():
    engine = hr.Engine.raw()
    assert failure(engine, "let a = [1]; a.insert(0, 2); a")[0] == "ErrorFunctionNotFound"
    engine.use("core", "arrays")
    assert engine.eval("let a = [1]; a.insert(0, to_int(2.5)); a") == [2, 1]
    assert failure(engine, '"a".to_upper()')[0] == "ErrorFunctionNotFound"
    engine.use("standard")
    assert engine.eval('"a".to_upper()') == "A"


def test_an_unknown_package_is_refused_with_those_there_are():
    with pytest.raises(ValueError) as raised:
        hr.Engine.raw().use("nope")
    assert str(raised.value).startswith("there is no package 'nope'; packages: standard, core, arithmetic, ")


def test_a_package_is_shared_by_engines_and_loses_against_what_they_register():
    package = hr.Module("package").register_fn("who", lambda: "package")

    def setup(engine: hr.Engine) -> None:
        engine.register_fn("setup", lambda: "done")

    first, second = hr.Engine().use(package, setup), hr.Engine()
    second.register_fn("who", lambda: "host")
    second.use(package)
    assert [first.eval("[who(), setup()]"), second.eval("who()")] == [["package", "done"], "host"]
    package.register_fn("more", lambda: 1)
    assert [first.eval("more()"), second.eval("more()")] == [1, 1]


# --- Resolvers --------------------------------------------------------------------------------------------------------


def test_a_resolver_of_the_host_gives_modules_scripts_or_texts(engine):
    class Resolver:
        def resolve(self, engine: hr.Engine, path: str, source: str | None) -> Any:
            return {
                "module": hr.Module().set_var("X", 1),
                "tree": engine.compile("export const X = 2;", name="tree"),
                "text": "export const X = 3;",
            }.get(path)

    engine.module_resolver = Resolver()
    text = 'import "module" as a; import "tree" as b; import "text" as c; [a::X, b::X, c::X]'
    assert engine.eval(text) == [1, 2, 3]
    assert failure(engine, 'import "none" as n;') == ("ErrorModuleNotFound", "Module not found: none")


def test_what_a_resolver_raises_is_an_error_of_the_script(engine):
    class Resolver:
        def resolve(self, engine, path, source):
            raise RuntimeError("secret of the database")

    engine.module_resolver = Resolver()
    assert failure(engine, 'import "x" as x;') == (
        "ErrorRuntime",
        "Runtime error: function 'import' of the host failed",
    )


def test_resolvers_are_asked_in_order(engine):
    first = hr.StaticModuleResolver({"a": hr.Module().set_var("X", 1)})
    second = hr.StaticModuleResolver({"a": hr.Module().set_var("X", 2), "b": hr.Module().set_var("X", 3)})
    collection = hr.ModuleResolversCollection(first).push(second)
    engine.module_resolver = collection
    assert engine.eval('import "a" as a; import "b" as b; [a::X, b::X]') == [1, 3]
    collection.insert(0, second)
    assert (engine.eval('import "a" as a; a::X'), len(collection)) == (2, 3)
    assert collection.remove(0) is second
    assert list(collection) == [first, second]
    collection.clear()
    assert failure(engine, 'import "a" as a;')[0] == "ErrorModuleNotFound"


def test_an_error_in_a_module_ends_the_search(engine):
    class Broken:
        def resolve(self, engine, path, source):
            return "let x = ;"

    engine.module_resolver = hr.ModuleResolversCollection(Broken(), hr.StaticModuleResolver({"a": hr.Module()}))
    assert failure(engine, 'import "a" as a;')[0] == "ErrorInModule"


def test_modules_of_a_static_resolver_can_be_looked_at_and_changed():
    resolver = hr.StaticModuleResolver({"a": hr.Module()})
    resolver["b"] = hr.Module()
    assert (list(resolver), len(resolver), "a" in resolver, resolver.modules["b"].name) == (["a", "b"], 2, True, "b")
    assert resolver.remove("a") is not None
    assert resolver.remove("a") is None
    assert list(resolver.merge(hr.StaticModuleResolver({"c": hr.Module()}))) == ["b", "c"]


def test_a_resolver_that_knows_nothing_leaves_the_standard_library(engine):
    engine.module_resolver = hr.DummyModuleResolver()
    assert failure(engine, 'import "a" as a;') == ("ErrorModuleNotFound", "Module not found: a")
    assert engine.eval('import "std/strings" as s; 1') == 1


def test_files_are_compiled_again_when_they_change_or_the_cache_is_cleared(tmp_path: Path, engine, monkeypatch):
    (tmp_path / "lib.rhai").write_text("fn f() { 1 }")
    resolver = hr.FileModuleResolver(tmp_path)
    engine.module_resolver = resolver
    assert engine.eval('import "lib" as l; l::f()') == 1
    tree = resolver.resolve(engine, "lib", None)
    assert resolver.resolve(engine, "lib", None) is tree
    assert [resolver.clear_cache_for_path("lib"), resolver.clear_cache_for_path("lib")] == [True, False]
    assert resolver.resolve(engine, "lib", None) is not tree
    resolver.clear_cache()
    uncached = hr.FileModuleResolver(tmp_path, cache=False)
    assert uncached.resolve(engine, "lib", None) is not uncached.resolve(engine, "lib", None)
    assert resolver.resolve(engine, "../lib", None) is None


def test_without_a_base_files_stand_beside_the_importing_script(tmp_path: Path, engine):
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "lib.rhai").write_text('import "deep/inner" as i; fn f() { i::g() + 1 }')
    (folder / "deep").mkdir()
    (folder / "deep" / "inner.rhai").write_text("fn g() { 41 }")
    (tmp_path / "outside.rhai").write_text("fn g() { 0 }")
    engine.module_resolver = hr.FileModuleResolver()
    assert engine.eval('import "lib" as l; l::f()', name=str(folder / "main.rhai")) == 42
    with pytest.raises(hr.EvalError) as raised:
        engine.eval('import "../outside" as o;', name=str(folder / "main.rhai"))
    assert raised.value.message == "Module not found: ../outside"
