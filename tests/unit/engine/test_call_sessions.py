"""Calls of script functions reuse runs; nothing of one call shows in the next."""

from __future__ import annotations

import asyncio

import pytest

import horus_runtime as hr
from horus_runtime.runtime.values import COPY_TERMS, Terms


@pytest.fixture
def engine():
    return hr.Engine()


def test_every_call_is_announced_once(engine):
    seen = []
    engine.on_start(seen.append)
    tree = engine.compile("fn f() { 1 }")
    for _ in range(3):
        assert engine.call_fn(tree, "f") == 1
    assert len(seen) == 3


def test_what_a_call_leaves_for_its_end_is_done_when_it_returns_or_fails(engine):
    done = []

    @engine.fn
    def later(ctx: hr.NativeCallContext, what: str) -> None:
        ctx.services.setdefault("endings", []).append(lambda: done.append(what))

    tree = engine.compile('fn good() { later("a"); later("b"); 7 } fn bad() { later("c"); throw 1 }')
    assert engine.call_fn(tree, "good") == 7
    assert done == ["b", "a"]
    with pytest.raises(hr.EvalError):
        engine.call_fn(tree, "bad")
    assert done == ["b", "a", "c"]


def test_a_call_gets_the_engines_services_and_not_those_of_the_call_before(engine):
    @engine.fn
    def count(ctx: hr.NativeCallContext) -> int:
        ctx.services["count"] = ctx.services.get("count", 0) + 1
        return ctx.services["count"]

    tree = engine.compile("fn f() { count(); count() }")
    assert [engine.call_fn(tree, "f"), engine.call_fn(tree, "f")] == [2, 2]
    engine.services["count"] = 10
    assert engine.call_fn(tree, "f") == 12


def test_a_tag_is_that_of_one_call(engine):
    @engine.fn
    def tag(ctx: hr.NativeCallContext) -> object:
        return ctx.tag

    tree = engine.compile("fn f() { tag() }")
    assert engine.call_fn(tree, "f", tag="mine") == "mine"
    assert engine.call_fn(tree, "f") is None


def test_a_thread_belongs_to_nobody_after_a_call(engine):
    before = COPY_TERMS.run
    inside = []
    engine.register_fn("look", lambda: inside.append(COPY_TERMS.run))
    tree = engine.compile("fn f() { look(); 1 } fn g() { look(); throw 2 }")
    engine.call_fn(tree, "f")
    with pytest.raises(hr.EvalError):
        engine.call_fn(tree, "g")
    assert COPY_TERMS.run is before
    assert isinstance(before, Terms)
    assert before not in inside


def test_a_setting_made_between_two_calls_counts(engine):
    tree = engine.compile("fn f(n) { let s = 0; for i in 0..n { s += i; } s }")
    assert engine.call_fn(tree, "f", 1000) == 499_500
    engine.max_operations = 500
    with pytest.raises(hr.LimitError, match="Too many operations"):
        engine.call_fn(tree, "f", 1000)


def test_a_call_made_inside_an_event_loop_leaves_nothing_of_it_behind(engine):
    tree = engine.compile("fn work(n) { let s = 0; for i in 0..n { s += i % 7; } s }")
    engine.register_fn("nested", lambda n: engine.call_fn(tree, "work", n))
    engine.max_operations = 0
    turns = []

    async def other():
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async def main():
        beside = asyncio.create_task(other())
        result = await engine.eval_async("nested(400000)")
        beside.cancel()
        return result

    expected = sum(i % 7 for i in range(400_000))
    assert asyncio.run(main()) == expected
    assert len(turns) > 2, "other tasks run while the nested call computes"
    assert engine.call_fn(tree, "work", 400_000) == expected


def test_values_of_every_kind_reach_a_function_however_many_there_are(engine):
    tree = engine.compile("fn f() { [] } fn f(a) { [a] } fn f(a, b) { [a, b] } fn f(a, b, c) { [a, b, c] }")
    given = [1 << 40, -(1 << 63), "text"]
    for count in range(4):
        assert engine.call_fn(tree, "f", *given[:count]) == given[:count]
    with pytest.raises(OverflowError):
        engine.call_fn(tree, "f", 1 << 63)
    assert engine.call_fn(tree, "f", (1, 2), {"a": b"x"}) == [[1, 2], {"a": bytearray(b"x")}]
