"""Small functions that loops call are compiled into these: nothing else than the time tells."""

from __future__ import annotations

from typing import Any

import pytest

import horus_runtime as hr
from horus_runtime.codegen.program import dump
from horus_runtime.engine.programs import decode, encode
from tests.support.variants import VariantEngine

LOOP = "let t = 0;\nfor i in 0..5 {\n  t += f(i);\n}\nt"
_TEXTS = """
=== one expression
fn f(n) { n * 2 + 1 }
let t = 0;
for i in 0..5 {
  t += f(i);
}
t
=== early returns
fn f(n) {
  if n < 2 { return 7; }
  if n > 3 { return n; }
  n * 10
}
let t = 0;
for i in 0..5 {
  t += f(i);
}
t
=== branches as a value
fn f(n) { if n == 1 { 5 } else if n == 2 { 6 } else { 7 } }
let t = 0;
for i in 0..5 {
  t += f(i);
}
t
=== a return inside of branches
fn f(n) {
  let m = n;
  if n < 3 {
    m += 2;
    if n == 1 { return m; }
    m += 3;
  }
  m
}
let t = 0;
for i in 0..5 {
  t += f(i);
}
t
=== changed parameters
fn f(n) { n += 1; n *= 3; n }
let t = 0;
for i in 0..5 {
  t += f(i);
}
t
=== changed arrays
fn f(a, n) { a[0] = n; a }
let a = [1, 2];
let b = [];
for i in 0..3 { b.push(f(a, i)); }
[a, b]
=== arguments with effects
fn f(a, b) { a - b }
let x = 1;
let t = [];
for i in 0..3 { t.push(f(x, { x += 5; x })); }
t
=== a function in a function
fn g(n) { n + 1 }
fn f(n) { g(g(n)) * g(n) }
let t = 0;
for i in 0..5 {
  t += f(i);
}
t
=== shadowed names
fn f(i) { let t = i + 1; t * 2 }
let t = 0;
for i in 0..4 { t += f(i) + f(i + t); }
t
=== methods
fn add(n) { this.sum += n; this.count += 1; }
fn mean() { this.sum / this.count }
let m = #{ sum: 0, count: 0 };
let t = 0;
for i in 0..9 { m.add(i); t += m.mean(); }
[t, m]
=== a failing operator
fn f(n) {
  12 / (3 - n)
}
let t = 0;
for i in 0..5 {
  t += f(i);
}
t
=== a failing operator, two calls deep
fn g(n) {
  12 / (3 - n)
}
fn f(n) {
  1 + g(n)
}
let t = 0;
for i in 0..5 {
  t += f(i);
}
t
=== an overflow
fn f(n) {
  9223372036854775805 + n
}
let t = 0;
for i in 0..5 {
  t += f(i);
}
t
=== a missing property
fn add(n) {
  this.sum += n;
}
let m = #{ sum: 0 };
for i in 0..4 {
  m.add(i);
  if i == 2 { m.remove("sum"); }
}
=== what a function throws
fn f(n) {
  if n == 3 { throw #{ n: n }; }
  n
}
let t = 0;
for i in 0..5 {
  t += f(i);
}
t
=== a failing index
fn f(a, n) { a[n] }
let a = [1, 2];
let t = 0;
for i in 0..3 { t += f(a, i); }
=== a caught error
fn f(n) { 6 / (2 - n) }
let t = [];
for i in 0..4 {
  try { t.push(f(i)); } catch (e) { t.push(e); }
}
t
=== an error caught outside of the loop
fn f(n) { 6 / (2 - n) }
try { for i in 0..4 { f(i); } } catch (e) { return e; }
=== an error caught by the caller
fn f(n) { 6 / (2 - n) }
fn all() { for i in 0..4 { f(i); } }
try { all() } catch (e) { return e; }
=== calls that wait for an operand
fn f(n) { let m = n; m + 1 }
let t = [];
for i in 0..3 { t.push(f(i) * 100 + f(f(i)) - (f(i) - 1)); }
t
=== conditions
fn even(n) { n % 2 == 0 }
let t = 0;
for i in 0..9 { if i > 2 && even(i) || i == 7 { t += i; } }
t
=== the condition of a loop
fn less(n) { n < 5 }
let t = 0;
while t < 9 {
  while less(t) { t += 1; }
  t += 1;
}
t
=== closures
let t = 0;
let k = 3;
let scale = |x| x * k;
let add = |x| t += x;
for i in 0..5 { add.call(scale.call(i)); k += 1; }
[t, k]
=== closures that functions make
fn compose(f, g) { |x| g.call(f.call(x)) }
let k = 2;
let both = compose(|x| x + 1, |x| x * k);
let more = compose(both, |x| x - 1);
let t = [];
for i in 0..4 { k += 1; t.push(both.call(i)); t.push(more.call(i)); }
t
=== closures made in a loop
fn adder(n) { |x| x + n }
let t = [];
for i in 0..3 {
  let n = i * 10;
  let f = |x| { n += 1; x + n };
  let g = adder(n);
  n += 5;
  for j in 0..2 { t.push(f.call(j)); t.push(g.call(j)); }
}
t
=== an error in a closure
let k = 3;
let f = |x| {
  7 / (k - x)
};
let t = 0;
for i in 0..5 {
  t += f.call(i);
}
=== an error in a closure of a closure
fn compose(f, g) {
  |x| g.call(f.call(x))
}
let both = compose(|x| x + 1, |x| 7 / (4 - x));
let t = 0;
for i in 0..5 {
  t += both.call(i);
}
=== a pointer that is replaced
let f = |x| x + 1;
let t = [];
for i in 0..4 { t.push(f.call(i)); if i == 1 { f = |x| x * 100; } }
t
=== a pointer that a closure replaces
let f = |x| x + 1;
let swap = |n| f = |x| x * 100;
let t = [];
for i in 0..4 { t.push(f.call(i)); swap.call(i); }
t
=== another number of arguments
let f = |x, y| x + y;
let g = f.curry(5);
let t = [];
for i in 0..3 { t.push(g.call(i)); t.push(f.call(i)); }
=== arrays that closures hold and get
let a = [1, 2];
let put = |b, n| { a[0] = n; b[1] = n; [a, b] };
let t = [];
for i in 0..3 { t += put.call(a, i); }
[a, t]
=== closures in functions
fn all(n) {
  let t = 0;
  let f = |x| { t += x; t };
  for i in 0..n { f.call(i); }
  if n > 0 { t + all(n - 1) } else { t }
}
all(6)
=== pointers as arguments
let f = |x| type_of(x);
let g = |x| x;
let t = [];
for i in 0..2 { t.push(f.call(g)); t.push(g.call(f).call(i)); }
t
"""
SCRIPTS = dict(part.strip().split("\n", 1) for part in _TEXTS.split("===")[1:])


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents


def outcome(text: str, **changes: bool) -> dict[str, Any]:
    """What a run gives: value or error, variables, operations."""
    engine = VariantEngine(native=False, **changes)
    engine.cache = False
    budgets: list[Any] = []
    engine.on_start(budgets.append)
    scope = hr.Scope()
    found: dict[str, Any] = {}
    try:
        found["value"] = engine.eval(text, scope=scope)
    except hr.EvalError as error:
        found["error"] = (error.kind, str(error), error.position, error.script_traceback)
    return {**found, "scope": repr(list(scope)), "operations": budgets[0].spent}


def emitted(text: str) -> str:
    engine = VariantEngine(native=False, keep_tree=True)
    engine.cache = False
    return dump(engine.program(engine.compile(text), hr.Scope())).partition("def main")[2]


@pytest.mark.parametrize("name", SCRIPTS)
def test_inlined_functions_do_what_calls_do(name):
    assert outcome(SCRIPTS[name]) == outcome(SCRIPTS[name], inline=False)


def test_the_calls_are_told_of_an_error_in_an_inlined_function():
    with pytest.raises(hr.EvalError) as caught:
        hr.Engine().eval(SCRIPTS["a failing operator, two calls deep"])
    assert str(caught.value.message) == (
        "Division by zero: 12 / 0\nin call to function 'g' (line 5, position 7)\nin call to function 'f'"
    )
    assert caught.value.position == (9, 8)
    assert caught.value.script_traceback == [("main", (9, 8)), ("f", (5, 7)), ("g", (2, 6))]


@pytest.mark.parametrize(
    ("text", "called"),
    [
        (SCRIPTS["one expression"], False),
        (SCRIPTS["a function in a function"], False),
        (SCRIPTS["methods"], False),
        (SCRIPTS["a caught error"], True),
        (f"fn f(n) {{ if n < 2 {{ n }} else {{ f(n - 1) }} }}\n{LOOP}", True),
        (f"fn f(n) {{ let t = 0; for i in 0..n {{ t += i; }} t }}\n{LOOP}", True),
        (f"fn f(n) {{ [n].len() }}\n{LOOP}", True),
        (f"fn f(n) {{ {'n = n + 1; ' * 24} }}\n{LOOP}", True),
        ("fn f(n) { n * 2 }\nf(1)", True),
        (SCRIPTS["closures that functions make"], False),
    ],
)
def test_small_functions_are_inlined_where_loops_call_them(text, called):
    assert ("fn_" in emitted(text).partition("_leave")[0]) == called


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name.startswith("closures")])
def test_loops_contain_the_closures_that_they_call(name):
    assert ".target" not in emitted(SCRIPTS[name])


def test_the_call_level_is_checked_where_a_call_would_be_too_deep():
    text = """
        fn small(n) { n + 1 }
        fn deep(n) {
            let t = 0;
            for i in 0..1 { t = small(n); }
            if n > 0 { deep(n - 1) } else { t }
        }
        deep(DEPTH)
    """
    for depth, fails in ((10, False), (11, True)):
        for inline in (True, False):
            engine = VariantEngine(native=False, inline=inline)
            engine.max_call_levels = 12
            script = text.replace("DEPTH", str(depth))
            if fails:
                with pytest.raises(hr.LimitError) as caught:
                    engine.eval(script)
                assert (caught.value.kind, caught.value.position) == ("ErrorStackOverflow", (8, 9))
            else:
                assert engine.eval(script) == 1


def test_a_cached_program_tells_the_calls_as_well():
    engine = VariantEngine(native=False)
    program = engine.program(engine.compile(SCRIPTS["a failing operator"]), hr.Scope())
    data = encode(program)
    assert data is not None
    again = decode(data, program.source)
    assert again is not None
    assert again.inlined == program.inlined != ()


def test_host_functions_learn_the_place_in_an_inlined_function():
    engine = hr.Engine()
    places = []

    engine.register_type(Money, name="Money")

    @engine.fn(name="+")
    def plus(ctx: hr.NativeCallContext, left: Money, right: int) -> int:
        places.append(ctx.position)
        return left.cents + right

    text = "fn f(m, n) {\n  n + 1;\n  m + n\n}\nlet t = 0;\nfor i in 0..2 { t += f(m, i); }\nt"
    assert engine.eval(text, scope=hr.Scope(m=Money(5))) == 11
    assert places == [(3, 5), (3, 5)]


LIMITED = {
    "all the way": "fn f(n) { n * 2 }\nlet t = 0;\nfor i in 0..40 { t += f(i); print(t); t += f(t) % 9; }\nt",
    "errors before the call": "fn f(n) { n * 2 }\nlet t = 0;\nfor i in 0..9 { print(i); t += 7 / (8 - i); t += f(i); }",
    "errors in the call": "fn f(n) { 7 / (8 - n) }\nlet t = 0;\nfor i in 0..9 { print(i); t += f(i); t += f(i - 1); }",
    "a loop that is left": "fn f(n) { n * 2 }\nlet t = 0;\nfor i in 0..9 { if i == 7 { break; } t += f(i); }\nt",
    "turns skipped": "fn f(n) { n * 2 }\nlet t = 0;\nfor i in 0..9 { if i % 2 == 0 { continue; } t += f(i); }\nt",
    "loops in loops": (
        "fn f(n) { n * 2 }\nfn g(n) { f(n) + 1 }\nlet t = 0;\n"
        "for i in 0..4 { t += f(i); for j in 0..3 { t += g(j); print(t); } t -= f(i); }\nt"
    ),
    "returns before the call": (
        "fn f(n) { n * 2 }\nfn g(n) { if n > 5 { return f(n); } f(n) + f(1) }\nfn all() {\n"
        "  let t = 0;\n  for i in 0..9 { t += g(i); if t > 99 { return t; } t += f(i); }\n  t\n}\nall() + all()"
    ),
    "closures": (
        "fn compose(f, g) { |x| g.call(f.call(x)) }\nlet t = 0;\nlet add = |x| t += x;\n"
        "let both = compose(|x| x + 1, |x| x * 2);\n"
        "for i in 0..9 { add.call(both.call(i)); print(t); if t > 50 { add.call(i); } both.call(t); }\nt"
    ),
    "caught errors": (
        "fn f(n) { 7 / (4 - n) }\nlet t = 0;\nfor k in 0..3 {\n  try {\n    for i in 0..9 { t += f(i); t += f(i); }\n"
        "  } catch { t += 1; }\n  t += f(k);\n}\nt"
    ),
}  # fmt: skip


def limited(text: str, limit: int, **changes: bool) -> tuple[Any, list[str], int]:
    """Value or kind of error, output and operations of a run that may take so many operations."""
    engine = VariantEngine(native=False, **changes)
    engine.max_operations = limit
    printed: list[str] = []
    budgets: list[Any] = []
    engine.on_print(printed.append)
    engine.on_start(budgets.append)
    try:
        result = engine.eval(text)
    except (hr.EvalError, hr.LimitError) as error:
        result = error.kind
    return result, printed, budgets[0].spent


@pytest.mark.parametrize("name", LIMITED)
def test_bodies_that_turns_pay_for_cost_what_they_did(name):
    text = LIMITED[name]
    result, printed, spent = limited(text, 0, inline=False, strips=False)
    assert limited(text, 0) == (result, printed, spent)
    for limit in range(1, spent + 2):
        found, shown, used = limited(text, limit)
        plain, plainly_shown, needed = limited(text, limit, inline=False, strips=False)
        if plain == "ErrorTooManyOperations":
            # What was paid for in advance may let the limit show later, never sooner; an error may come first.
            assert (limit, found) in [(limit, plain), (limit, name.startswith("errors") and result)]
            assert shown[: len(plainly_shown)] == plainly_shown
        else:
            assert (limit, shown, used) == (limit, printed, needed)
