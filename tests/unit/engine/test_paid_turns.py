"""Turns of loops that are paid for in advance: what is spent is exact, limits and deadlines hold."""

from __future__ import annotations

import pytest

import horus_runtime as hr
from horus_runtime.codegen.native import bridge
from horus_runtime.runtime.budget import Budget

SCRIPTS = {
    "for over a range": "let s = 0; for i in 0..100 { s += i; } s",
    "for over an array": "let s = 0; for x in [1, 2, 3, 4] { s += x; } s",
    "for over a string": 'let s = ""; for c in "hello" { s += c; } s',
    "for over a stream": "let s = 0; for x in range(0, 100, 7) { s += x; } s",
    "for with counter": "let s = 0; for (x, i) in [5, 6] { s += x * i; } s",
    "for of unknown type": "fn f(x) { let s = 0; for i in x { s += 1; } s } f([1]) + f(0..9) + f(`ab`) + f(blob(3))",
    "break": "let s = 0; for i in 0..1000 { if i == 500 { break; } s += i; } s",
    "while": "let i = 0; while i < 777 { i += 1; } i",
    "while with calls": "fn f(n) { n + 1 } let i = 0; while i < 300 { i = f(i); } i",
    "do": "let i = 0; do { i += 1; } until i == 50; i",
    "loop": "let i = 0; loop { i += 1; if i > 40 { break i; } }",
    "nested": "let s = 0; for i in 0..20 { let j = 0; while j < i { j += 1; if j == 7 { break; } s += j; } } s",
    "return inside": "fn f() { for i in 0..90 { loop { if i == 60 { return i; } break; } } } f()",
    "error inside": "let s = 0; for i in 0..50 { try { while true { s += 1; if s % 9 == 0 { throw s; } } } catch {} }",
    "callbacks": "let s = 0; for i in 0..9 { s += [1, 2].map(|x| { let t = 0; for k in 0..x { t += k; } t }).len; }",
    "failing comparer": "let a = [2, 3, 1, 5]; a.sort(|x, y| { for i in 0..9 { if i > 4 { throw 1; } } 0 });",
}


def operations(script: str, limit: int = 0) -> int:
    """What a run of the script spends, under a limit of operations."""
    budgets: list[Budget] = []
    engine = hr.Engine()
    engine.max_operations = limit
    engine.on_start(budgets.append)
    engine.eval(script)
    return budgets[0].spent


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_run_needs_exactly_what_it_spends(script):
    needed = operations(script)
    assert operations(script, needed) == needed
    with pytest.raises(hr.LimitError) as caught:
        operations(script, needed - 1)
    assert caught.value.kind == "ErrorTooManyOperations"


def test_turns_that_did_not_come_to_pass_are_given_back():
    short = operations("for i in 0..10 { if i == 9 { break; } }")
    long = operations("for i in 0..100_000 { if i == 9 { break; } }")
    assert short == long


def test_a_cancelled_loop_ends_within_a_strip():
    engine = hr.Engine()
    calls = []

    @engine.fn
    def slow() -> None:
        calls.append(1)
        if len(calls) == 40:
            budgets[0].cancelled = "the test has seen enough"

    budgets: list[Budget] = []
    engine.on_start(budgets.append)
    with pytest.raises(hr.LimitError) as caught:
        engine.eval("loop { slow(); }")
    assert caught.value.message == "the test has seen enough"
    assert len(calls) < 3000


def test_each_turn_is_seen_by_a_host_that_watches_progress():
    seen: list[int] = []
    engine = hr.Engine()
    engine.on_progress(seen.append)
    engine.eval("let i = 0; while i < 5 { i += 1; } for k in 0..3 { i += k; }")
    assert seen == sorted(set(seen))
    assert len(seen) >= 8


def test_a_range_over_all_integers_can_be_walked():
    script = "for i in -9223372036854775808..9223372036854775807 { if i > -9223372036854775800 { break i; } }"
    assert hr.Engine().eval(script) == -9223372036854775799


def test_a_large_value_made_between_turns_that_are_paid_for_shortens_what_is_left():
    script = """
        fn parts(text) { let n = 0; for part in text.split("\\n") { for c in part.split(",") { n += c.len(); } } n }
        let text = "";
        for i in 0..30000 { text += "abc,def\\n"; }
        parts(text)
    """
    assert hr.Engine().eval(script) == 30000 * 6


LIGHT_LOOPS = """
    let flags = []; flags.pad(SIZE, true);
    let n = 0; let i = 0;
    while i < 60000 { if flags[i % 10] { n += 1; } i += 1; if i == 59000 { break; } }
    for k in 0..60000 { if flags[k % 10] { n += 1; } if k == 59000 { break; } }
    probe();
    n
"""


def test_loops_of_short_operations_go_on_in_long_strides_beside_a_large_value_and_leave_short_ones():
    engine, budgets, left = hr.Engine(), [], []
    engine.on_start(budgets.append)
    engine.register_fn("probe", lambda: left.append(budgets[-1].readers[-1]()))
    assert engine.eval(LIGHT_LOOPS.replace("SIZE", "1000000")) == 118_001
    assert left[0] <= budgets[0].longest_stride == (1 << 30) // 8_000_000


def test_loops_of_short_operations_spend_the_same_beside_a_large_value():
    loops = []
    for size in ("1000", "1000000"):
        made, both = LIGHT_LOOPS.replace("SIZE", size).split("\n", 2)[1], LIGHT_LOOPS.replace("SIZE", size)
        loops.append(operations(both.replace("probe();", "")) - operations(made))
    assert loops[0] == loops[1]


@pytest.mark.parametrize("limit", [300_000, 400_001, 812_345])
def test_the_limit_is_exact_where_light_loops_stretch_their_strides(limit):
    engine = hr.Engine()
    engine.max_operations = limit
    engine.register_fn("probe", lambda: None)
    with pytest.raises(hr.LimitError) as caught:
        engine.eval(LIGHT_LOOPS.replace("SIZE", "1000000"))
    assert caught.value.message == "Too many operations"
    assert limit < caught.value.usage < limit + 100


KERNEL_LOOPS = """
fn count(size) {
    let flags = []; flags.pad(size, true);
    let n = 0; let i = 0;
    while i < 300 { for j in 0..100 { if flags[j] { n += 1; } } i += 1; }
    for k in 0..60000 { if flags[k % 10] { n += 1; } }
    n
}
count(1000000)
"""


def test_loops_that_could_be_kernels_go_on_in_long_strides_beside_a_large_value(monkeypatch):
    monkeypatch.setattr(bridge, "ALLOWED", -1000.0)
    polls = []
    poll = Budget.poll
    monkeypatch.setattr(Budget, "poll", lambda budget, left: polls.append(left) or poll(budget, left))
    engine = hr.Engine()
    engine.cache = False
    assert engine.eval(KERNEL_LOOPS) == 90_000
    assert len(polls) < 300  # of a million operations; with strides of a hundred they would be ten thousand
