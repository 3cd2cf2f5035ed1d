"""A place in a script remembers which native it calls; whatever else could decide is asked again."""

from __future__ import annotations

import pytest

import horus_runtime as hr


@pytest.fixture
def engine():
    return hr.Engine()


class Counter:
    def __init__(self) -> None:
        self.n = 0

    def add(self, by: int) -> int:
        self.n += by
        return self.n


def test_one_place_calls_the_overload_for_each_type(engine):
    @engine.fn
    def kind(value: int) -> str:
        return "int"

    @engine.fn(name="kind")
    def kind_of_text(value: str) -> str:
        return "string"

    @engine.fn(name="kind")
    def kind_of_any(value: object) -> str:
        return "any"

    script = 'let seen = []; for x in [1, "a", 2, 1.5, "b", 0..3, 0..=3, 7] { seen.push(kind(x)); } seen'
    assert engine.eval(script) == ["int", "string", "int", "any", "string", "any", "any", "int"]


def test_two_kinds_of_ranges_are_told_apart(engine):
    @engine.fn
    def kind(value: hr.Range) -> str:
        return "inclusive" if value.inclusive else "exclusive"

    engine.register_fn("only", lambda value: "exclusive", params=("range",))
    assert engine.eval("let s = []; for r in [0..3, 0..=3, 0..4] { s.push(kind(r)); } s") == [
        "exclusive", "inclusive", "exclusive",
    ]  # fmt: skip
    with pytest.raises(hr.EvalError, match=r"Function not found: only \(range=\)"):
        engine.eval("let s = []; for r in [0..3, 0..=3] { s.push(only(r)); } s")


def test_a_registration_during_a_run_is_seen_at_a_place_that_ran_before(engine):
    engine.register_fn("version", lambda n: "old")

    @engine.fn
    def renew(n: int) -> None:
        if n == 2:
            engine.register_fn("version", lambda n: "new")

    assert engine.eval("let s = []; for i in 0..4 { renew(i); s.push(version(i)); } s") == ["old", "old", "new", "new"]


def test_a_map_has_its_own_function_of_that_name_or_has_not(engine):
    engine.register_fn("ask", lambda this, n: f"host {n}", params=("map", "i64"))
    script = """
        let own = #{ask: |n| `own ${n}`};
        let seen = [];
        for m in [#{}, own, #{}] { seen.push(m.ask(1)); }
        seen
    """
    assert engine.eval(script) == ["host 1", "own 1", "host 1"]


def test_objects_of_the_scope_and_of_constants_reach_their_methods(engine):
    engine.register_type(Counter, expose=["add"])
    counter = Counter()
    scope = hr.Scope({"c": counter})
    scope.push_constant("K", counter)
    script = "let last = 0; for i in 0..3 { last = c.add(1); last = K.add(10); } last"
    assert engine.eval(script, scope=scope) == 33


def test_a_method_that_changes_its_receiver_is_refused_for_constants_at_every_turn(engine):
    @engine.method
    def grow(values: list, item: int) -> None:
        values.append(item)

    assert engine.eval("let a = []; for i in 0..3 { a.grow(i); } a") == [0, 1, 2]
    with pytest.raises(hr.EvalError, match="Non-pure method 'grow' cannot be called on constant"):
        engine.eval("const A = []; for i in 0..3 { A.grow(i); }")


def test_a_captured_receiver_is_locked_while_its_method_calls_back(engine):
    @engine.method
    def visit(values: list, function: hr.FnPtr, ctx: hr.NativeCallContext) -> None:
        ctx.call(function)

    assert engine.eval("let a = [1]; let n = 0; for i in 0..3 { a.visit(|| { n += 1; }); } n") == 3
    with pytest.raises(hr.EvalError, match="Data race detected"):
        engine.eval("let a = [1]; let f = || a.len(); for i in 0..3 { a.visit(f); }")


def test_a_function_that_calls_back_knows_its_level_at_every_turn(engine):
    levels = []

    @engine.fn
    def level(ctx: hr.NativeCallContext, n: int) -> None:
        levels.append(ctx.level)

    engine.eval("fn inner() { for i in 0..2 { level(i); } } for i in 0..2 { level(i); } inner();")
    assert levels == [1, 1, 2, 2]


def test_errors_at_a_place_that_ran_before_stand_where_the_call_stands(engine):
    @engine.fn
    def half(n: int) -> int:
        if n == 2:
            raise ValueError("odd luck")
        return n // 2

    with pytest.raises(hr.EvalError) as caught:
        engine.eval("for i in 0..4 {\n    half(i);\n}")
    assert str(caught.value) == "Runtime error: odd luck (line 2, position 5)"
    with pytest.raises(hr.EvalError) as caught:
        engine.eval('for i in [1, "x"] {\n    half(i);\n}')
    assert str(caught.value).startswith("Function not found: half (&str | ImmutableString | String)")
    assert caught.value.position == (2, 5)


def test_a_site_remembers_natives_that_replace_their_receiver():
    script = """
        fn clean(value) { let text = value.to_string(); text.replace("a", "b"); text.trim(); text }
        let made = [];
        for value in [" aa ", 1, "a", ' ', [1]] { made.push(clean(value)); }
        fn shout(value) { make_upper(value); value }
        for value in ["x", "y"] { made.push(shout(value)); }
        made
    """
    assert hr.Engine().eval(script) == ["bb", "1", "b", "", "[1]", "X", "Y"]
