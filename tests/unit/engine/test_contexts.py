"""What host functions can do with the call they run for: frames, raw arguments, scopes."""

from __future__ import annotations

import pytest

import horus_runtime as hr


@pytest.fixture
def engine():
    return hr.Engine()


# --- frames ----------------------------------------------------------------------------------------------------------


def test_a_frame_changes_the_tag_and_the_source_until_it_ends(engine):
    seen = []

    @engine.fn
    def look(ctx: hr.NativeCallContext) -> None:
        seen.append((ctx.tag, ctx.source, ctx.level))

    @engine.fn
    def work(ctx: hr.NativeCallContext, function: hr.FnPtr) -> None:
        with ctx.frame(tag="inner", source="other.rhai", deeper=True) as same:
            assert same is ctx
            seen.append((ctx.tag, ctx.source, ctx.level))
            ctx.call(function)
            ctx.tag = "forgotten"
        seen.append((ctx.tag, ctx.source, ctx.level))

    engine.default_tag = "outer"
    engine.eval("work(|| look())", name="main.rhai")
    assert seen == [("inner", "other.rhai", 2), ("inner", "main.rhai", 4), ("outer", "main.rhai", 1)]


def test_a_frame_ends_when_the_code_in_it_fails(engine):
    @engine.fn
    def work(ctx: hr.NativeCallContext, function: hr.FnPtr) -> None:
        with ctx.frame(tag="inner", imports={"m": hr.Module("m")}):
            ctx.call(function)

    @engine.fn
    def state(ctx: hr.NativeCallContext) -> list:
        return [ctx.tag, len(ctx.imports)]

    assert engine.eval('let e = (); try { work(|| throw "x"); } catch (x) { e = x; } [e, state()]') == ["x", [None, 0]]


def test_a_frame_lends_modules_by_name_and_functions_without_one(engine):
    tools = hr.Module("tools")
    tools.register_fn("twice", lambda n: 2 * n)
    tools.register_fn("late", lambda this: f"late {this}", params=("i64",))
    others = hr.Module("others").register_fn("twice", lambda n: 20 * n)

    @engine.fn
    def lending(ctx: hr.NativeCallContext, function: hr.FnPtr) -> object:
        with ctx.frame(imports={"t": tools}, namespaces=[tools]):
            return ctx.call(function)

    @engine.fn
    def lending_both(ctx: hr.NativeCallContext, function: hr.FnPtr) -> object:
        with ctx.frame(namespaces=[tools, others]):
            return ctx.call(function)

    assert engine.eval("lending(|| [twice(4), 5.late()])") == [8, "late 5"]
    assert engine.eval("lending_both(|| twice(4))") == 80
    for script in ("lending(|| 1); twice(4)", "fn f() { twice(4) } lending(|| 1); f()"):
        with pytest.raises(hr.EvalError, match=r"^Function not found: twice \(i64\)"):
            engine.eval(script)


def test_a_frame_that_is_too_deep_is_refused(engine):
    @engine.fn
    def deeper(ctx: hr.NativeCallContext) -> None:
        with ctx.frame(deeper=True), ctx.frame(deeper=True), ctx.frame(deeper=True):
            pass

    engine.max_call_levels = 3
    with pytest.raises(hr.LimitError) as caught:
        engine.eval("deeper()")
    assert caught.value.kind == "ErrorStackOverflow"


def test_scripts_of_the_frame_keep_their_own_functions(engine):
    module = hr.Module("m").register_fn("f", lambda: "lent")

    @engine.fn
    def lending(ctx: hr.NativeCallContext, function: hr.FnPtr) -> object:
        with ctx.frame(namespaces=[module]):
            return ctx.call(function)

    assert engine.eval('fn f() { "own" } lending(|| f())') == "own"


# --- raw functions ---------------------------------------------------------------------------------------------------


def test_a_raw_function_replaces_its_first_argument_wherever_that_stands(engine):
    def swap(ctx, args):
        old, args[0] = args[0], args[1]
        return old

    engine.register_raw_fn("swap", ("any", "any"), swap)
    script = """
        let x = 1; let a = [1, 2]; let m = #{p: #{q: "old"}};
        let seen = [x.swap("new"), a[1].swap([3]), m.p.q.swap(5), swap(x, 7)];
        [seen, x, a, m]
    """
    assert engine.eval(script) == [[1, 2, "old", "new"], 7, [1, [3]], {"p": {"q": 5}}]


def test_a_raw_function_changes_arrays_and_maps_in_place_and_calls_back(engine):
    def fill(ctx, args):
        items, count, function = args
        items.extend(ctx.call(function, n) for n in range(count))
        return len(items)

    engine.register_raw_fn("fill", ("array", "i64", hr.FnPtr), fill)
    assert engine.eval("let a = [9]; let b = a; let n = a.fill(3, |n| n * n); [n, a, b]") == [4, [9, 0, 1, 4], [9]]


def test_a_raw_function_takes_copies_of_its_other_arguments(engine):
    def change(ctx, args):
        args[1].append("theirs")
        return args[1]

    engine.register_raw_fn("change", ("any", "array"), change)
    assert engine.eval('let a = ["mine"]; let x = 1; let b = x.change(a); [a, b]') == [["mine"], ["mine", "theirs"]]


def test_a_raw_function_is_refused_for_constants_unless_it_is_pure(engine):
    engine.register_raw_fn("change", ("array",), lambda ctx, args: args[0].append(1))
    engine.register_raw_fn("size", ("array",), lambda ctx, args: len(args[0]), pure=True)
    with pytest.raises(hr.EvalError) as caught:
        engine.eval("const A = [1]; A.change()")
    assert caught.value.message == "Non-pure method 'change' cannot be called on constant"
    assert engine.eval("const A = [1]; A.size()") == 1


def test_errors_of_raw_functions_are_those_of_other_host_functions(engine):
    def fail(ctx, args):
        raise ValueError("not today")

    engine.register_raw_fn("fail", (), fail)
    engine.register_raw_fn("wrong", (), lambda ctx, args: 1 << 70)
    assert engine.eval("let e = (); try { fail(); } catch (x) { e = x; } e") == "not today"
    with pytest.raises(hr.EvalError) as caught:
        engine.eval("wrong()")
    assert caught.value.message.startswith("Runtime error: result of 'wrong': integer 1180591620717411303424")
    with pytest.raises(hr.EvalError, match=r"^Function not found: fail \(i64\)"):
        engine.eval("fail(1)")


# --- scopes ----------------------------------------------------------------------------------------------------------


def test_raw_iteration_gives_the_latest_first_and_shares_captured_variables(engine):
    scope = hr.Scope()
    scope.push("x", 1).push_constant("K", [2]).push("x", 3)
    engine.eval("let n = 0; let next = || { n += 1; n }; next.call();", scope=scope)
    entries = [(name, constant) for name, constant, _ in scope.iter_raw()]
    assert entries == [("next", False), ("n", False), ("x", False), ("K", True), ("x", False)]
    values = {name: value for name, _, value in scope.iter_raw()}
    assert values["K"] == [2]
    assert values["x"] == 1
    counter = values["n"]
    assert isinstance(counter, hr.Ref)
    assert counter.value == 1
    counter.value = 10
    assert engine.eval("next.call()", scope=scope) == 11
    assert counter.value == 11


def test_files_run_and_load_with_the_variables_of_a_scope(engine, tmp_path):
    (tmp_path / "m.rhai").write_text("seen.push(1); export const SIZE = seen.len() + step; fn f() { 7 }")
    scope = hr.Scope({"seen": [], "step": 10})
    engine.module_resolver = hr.FileModuleResolver(tmp_path, scope=scope)
    for _ in range(2):
        assert engine.eval('import "m" as m; [m::SIZE, m::f()]') == [11, 7]
    assert scope["seen"] == []
    (tmp_path / "main.rhai").write_text("total += step; let added = true;")
    variables = hr.Scope({"total": 1, "step": 2})
    assert engine.run_file(tmp_path / "main.rhai", scope=variables) is None
    assert variables["total"] == 3
    assert variables["added"] is True
