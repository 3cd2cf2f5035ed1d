"""How the public names are typed. Checked by mypy --strict, and never run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_type

from pydantic import BaseModel

import horus_runtime as hr


class Config(BaseModel):
    port: int


engine = hr.Engine(hr.Limits(max_operations=5), clock="x")
assert_type(hr.Engine.raw(), hr.Engine)
assert_type(hr.Engine.sal(), hr.Engine)


@engine.fn
def add(a: int, b: int = 1) -> int:
    return a + b


assert_type(add(1), int)


@engine.fn("other", volatile=True)
def named(text: str) -> str:
    return text


assert_type(named("a"), str)


@engine.method
def grow(items: list[int], by: int) -> None:
    items.append(by)


assert_type(grow([], 1), None)


@engine.operator("+")
def plus(a: Config, b: Config) -> Config:
    return a


assert_type(plus(Config(port=1), Config(port=2)), Config)


@engine.fn
def with_context(ctx: hr.NativeCallContext, function: hr.FnPtr) -> hr.Dynamic:
    return ctx.call(function, 1)


assert_type(engine.eval("1"), Any)
assert_type(engine.eval_as(int, "1"), int)
assert_type(engine.eval_as(Config, "#{port: 1}"), Config)
assert_type(engine.eval_as(list[int], "[1]"), list[int])

tree = engine.compile("fn f(x) { x }", name="a", self_contained=True)
assert_type(tree, hr.AST)
assert_type(tree + tree, hr.AST)
assert_type(tree.functions(), list[hr.FunctionInfo])
assert_type(tree.functions()[0].params, tuple[str, ...])
assert_type(tree.literals(), dict[str, Any])
assert_type(tree.to_bytes(), bytes)
assert_type(hr.AST.from_bytes(b""), hr.AST)
assert_type(tree.merge(tree, keep=lambda f: f.private), hr.AST)
assert_type(engine.call_fn(tree, "f", 1, scope=hr.Scope(), this=hr.Ref(1), eval_ast=False), Any)

assert_type(engine.compile_fn("|x| x"), hr.ScriptFunction)
assert_type(engine.func(tree, "f", returns=int), hr.ScriptFunction)
assert_type(engine.load("fn f() { }"), hr.ScriptObject)
assert_type(engine.bind(hr.FnPtr("f")), hr.PointerFunction)

scope = hr.Scope({"a": 1}, LIMIT=2)
assert_type(scope.push("x", 1).push_constant("y", 2), hr.Scope)
assert_type(scope.is_constant("x"), bool | None)
assert_type(iter(scope), Iterator[tuple[str, bool, Any]])
assert_type(len(scope), int)

module = hr.Module("m")
assert_type(module.set_var("x", 1).register_fn("f", add), hr.Module)
assert_type(engine.register_fn("f", add).register_type(Config, expose=["port"]), hr.Engine)
assert_type(engine.use(module, "core"), hr.Engine)
assert_type(module + module, hr.Module)

assert_type(engine.max_operations, int)
assert_type(engine.max_modules, int | None)
assert_type(engine.fast_operators, bool)
assert_type(engine.signatures(), list[str])
assert_type(engine.metadata(), dict[str, Any])
assert_type(engine.definitions().files(), dict[str, str])


class Resolver:
    """What a host writes fits the protocol."""

    def resolve(self, engine: hr.Engine, path: str, source: str | None) -> hr.Module | hr.AST | str | None:
        return None


resolver: hr.ModuleResolver = Resolver()
resolver = hr.StaticModuleResolver()
resolver = hr.FileModuleResolver(".")
resolver = hr.ModuleResolversCollection(Resolver())

try:
    engine.run("1")
except hr.LimitError as error:
    assert_type(error.limit, float | None)
except hr.EvalError as error:
    assert_type(error.kind, str)
    assert_type(error.position, hr.Position | None)
    assert_type(error.root(), hr.HorusError)

# What is wrong is found: each line would be an error of its own without the note.
engine.call_fn("text", "f")  # type: ignore[arg-type]
engine.eval(1)  # type: ignore[arg-type]
hr.Scope().push(1, 2)  # type: ignore[arg-type]
engine.eval_as(int, 5)  # type: ignore[call-overload]
