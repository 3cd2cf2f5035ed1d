"""Kernels: what becomes one, what they fail with, and how they are stopped."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

import horus_runtime as hr
from horus_runtime.codegen.config import CompileConfig
from horus_runtime.codegen.native import bridge, library
from horus_runtime.codegen.program import ProgramCompiler
from horus_runtime.errors import DeadlineError, EvalError, LimitError, TerminatedError
from horus_runtime.runtime import budget
from horus_runtime.source import SourceFile
from horus_runtime.syntax.rhai import parse_script
from tests.support.outcomes import outcome
from tests.support.variants import VariantEngine, engine_of

ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def short_strides(monkeypatch):
    """The clock is looked at all the time, so that kernels are entered soon."""
    monkeypatch.setattr(budget, "FIRST_STRIDE", 5)
    monkeypatch.setattr(budget, "LONGEST_STRIDE", 60)


@pytest.fixture
def engine() -> VariantEngine:
    made = engine_of("eager kernels")
    made.cache = False
    return made


@pytest.fixture
def plain() -> VariantEngine:
    made = engine_of("without kernels")
    made.cache = False
    return made


def compiled(engine: hr.Engine, text: str) -> list[bridge.Compiled]:
    kernels = engine.program(engine.compile(text), hr.Scope()).kernels
    return kernels.compiled if kernels is not None else []


def ran(engine: hr.Engine, text: str) -> list[str]:
    """The Python functions whose kernels were made while the script ran."""
    return [item.kernel.name for item in compiled(engine, text) if item.module is not None]


# --- what becomes a kernel --------------------------------------------------------------------------------------------

QUALIFIED = {
    "an integer loop": "let t = 0; for i in 0..5000 { t += i % 7; } t",
    "an inclusive range": "let t = 0; for i in 0..=5000 { t += i; } t",
    "while": "let n = 5000; let t = 0; while n > 0 { n -= 1; t += n; } t",
    "loop with break": "let n = 0; loop { n += 1; if n > 5000 { break; } } n",
    "do until": "let n = 0; do { n += 3; } until n > 15000; n",
    "floats": "let x = 0.0; for i in 0..5000 { x += i.to_float() / 3.0; if x > 1e6 { x -= 1e6; } } x",
    "bools": "let p = false; for i in 0..5000 { p = p ^ i.is_odd() || !p && i > 7; } p",
    "switch": "let t = 0; for i in 0..5000 { t += switch i % 5 { 0 => 1, 1 | 2 => 9, 3..9 if i > 9 => 8, _ => 0 }; } t",
    "nested loops": "let t = 0; for i in 0..80 { for j in i..80 { if j % 3 == 0 { continue; } t += j; } } t",
    "array elements": "let a = [3, 1, 2]; for i in 0..3000 { a[i % 3] += i; a[-1] = i; } a",
    "bools in arrays": "let a = [true, false]; for i in 0..3000 { a[i % 2] = !a[(i + 1) % 2]; } a",
    "push": "let a = [0.5]; for i in 0..3000 { if a.len() < 90 { a.push(a[i % a.len()] * 1.5); } } a",
    "nested arrays": "let a = [[1, 2], [3, 4]]; for i in 0..3000 { let p = i % 2; let q = -1; a[p][q] += i; } a",
    "a function with a loop": (
        "fn f(n) { let t = 0; for i in 0..n { t += i; } t } let s = [`x`]; for i in 0..50 { s.push(f(i)); } "
        "s"
    ),
    "recursion": "fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } } [fib(15), fib(16)]",
    "an array as result": "fn f(n) { let a = []; for i in 0..n { a.push(i * i); } a } f(400); `${f(300)}`",
    "an array as argument": "fn f(a) { let t = 0; for x in a { t += x; } t } let q = `${f([1, 2])}`; f([1, 2, 3])",
    "a changed parameter": "fn f(a) { for i in 0..a.len() { a[i] = 0; } a[0] } let v = [1, 2]; [`${f(v)}`, f(v), v]",
    "powers and shifts": (
        "let t = 0; for i in 0..2000 { t ^= (i % 9) ** (i % 5) ^ (i << i % 70) ^ (-i >> (i % 99 - 9)); } "
        "t"
    ),
    "return out of a loop": (
        "fn f(n) { for i in 0..n { if i * i > n { return i; } } -1 } let s = [`x`]; for i in 0..60 { s += "
        "f(i); } s"
    ),
    "padding": "fn f(n) { let a = []; a.pad(n, 2.5); let t = 0.0; for x in a { t += x; } t } [`${f(9)}`, f(40000)]",
}  # fmt: skip


@pytest.mark.parametrize("name", QUALIFIED)
def test_these_run_as_kernels_with_the_same_outcome(name, engine, plain):
    text = QUALIFIED[name]
    expected = outcome(plain, text)
    assert "value" in expected
    assert outcome(engine, text) == expected
    assert ran(engine, text) != []


UNQUALIFIED = {
    "strings": "let s = ``; for i in 0..3000 { s += `x`; } s.len()",
    "maps": "let m = #{a: 1}; for i in 0..3000 { m.a += i; } m.a",
    "printing": "for i in 0..3000 { if i == 7 { print(i); } }",
    "two kinds in one variable": "let x = 1; for i in 0..3000 { if i == 50 { x = 1.5; } } x",
    "captured variables": "let n = 0; let f = || n += 1; for i in 0..3000 { n += 2; } f.call(); n",
    "host variables": "for i in 0..3000 { outside += i; } outside",
    "sines": "let x = 0.0; for i in 0..3000 { x += sin(i.to_float()); } x",
    "throw": "for i in 0..3000 { if i > 99999 { throw i; } }",
}  # fmt: skip


@pytest.mark.parametrize("name", UNQUALIFIED)
def test_these_stay_python(name, engine):
    assert compiled(engine, UNQUALIFIED[name]) == []


def test_why_a_loop_is_no_kernel_is_known(engine):
    text = "let x = 0.0; for i in 0..9 { x += sin(x); }"
    compiler = ProgramCompiler(parse_script(text), SourceFile(text), CompileConfig(engine.table, native=True))
    compiler.build()
    assert compiler.unqualified == [((1, 14), "the function sin")]


def test_overridden_functions_stay_python(engine):
    text = "fn abs(n) { 7 } let t = 0; for i in 0..3000 { t += abs(i); } t"
    assert engine.eval(text) == 21000


def test_nothing_becomes_a_kernel_when_the_switch_is_off():
    engine = hr.Engine()
    engine.cache = False
    engine.native = False
    assert compiled(engine, QUALIFIED["an integer loop"]) == []


def test_a_loop_that_ends_early_is_never_compiled():
    engine = hr.Engine()
    engine.cache = False
    text = "let t = 0; for i in 0..9 { t += i; } t"
    assert engine.eval(text) == 36
    assert ran(engine, text) == []


def test_nothing_is_invested_that_a_run_cannot_afford(monkeypatch):
    monkeypatch.setattr(bridge, "ALLOWED", -1000.0)
    engine = hr.Engine()
    engine.cache = False
    text = "let t = 0; for i in 0..30000 { t += i; } t"
    assert engine.eval(text) == 449985000
    assert ran(engine, text) == []


def test_a_hot_loop_becomes_a_kernel_in_its_first_run(monkeypatch):
    monkeypatch.setattr(bridge, "ALLOWED", 1000.0)
    engine = hr.Engine()
    engine.cache = False
    text = "let t = 0; for i in 0..30000 { t += i * 2; } t"
    assert engine.eval(text) == 899970000
    assert ran(engine, text) == ["main"]


# --- failures ---------------------------------------------------------------------------------------------------------

FAILURES = {
    "addition": "let t = 1;\nfor i in 0..200 {\n  t = t + t;\n}",
    "compound addition": "let t = 9223372036854775000;\nfor i in 0..2000 {\n  t += i;\n}",
    "subtraction": "let t = -9223372036854775000;\nfor i in 0..2000 {\n  t = t - i;\n}",
    "multiplication": "let t = 1;\nfor i in 1..200 {\n  t *= i;\n}",
    "division by zero": "let t = 1;\nfor i in 0..200 {\n  t = 100 / (150 - i);\n}",
    "modulo by zero": "let t = 1;\nfor i in 0..200 {\n  t += 100 % (150 - i);\n}",
    "the smallest by -1": "let t = -9223372036854775807 - 1;\nfor i in 0..200 {\n  if i == 150 { t /= -1; }\n}",
    "negation": "let t = -9223372036854775807 - 1;\nfor i in 0..200 {\n  if i == 150 { t = -t; }\n}",
    "absolute value": "let t = -9223372036854775807 - 1;\nfor i in 0..200 {\n  if i == 150 { t = t.abs(); }\n}",
    "powers": "let t = 0;\nfor i in 0..200 {\n  t = 3 ** i;\n}",
    "negative powers": "let t = 0;\nfor i in 0..200 {\n  t = 3 ** (9 - i);\n}",
    "index": "let a = [1, 2, 3];\nlet t = 0;\nfor i in 0..200 {\n  t += a[i / 30];\n}",
    "negative index": "let a = [1, 2, 3];\nlet t = 0;\nfor i in 0..200 {\n  t += a[0 - i / 30];\n}",
    "index of a change": "let a = [1, 2, 3];\nfor i in 0..200 {\n  a[i / 40] = i;\n}",
    "in a function": (
        "fn f(n) {\n  let t = 1;\n  for i in 0..n { t *= 3; }\n  t\n}\nlet t = 0;\nfor i in 0..99 {\n  t = "
        "f(i);\n}"
    ),
    "in two functions": (
        "fn g(n) { 9 / (70 - n) }\nfn f(n) { g(n) + 1 }\nlet t = 0;\nfor i in 0..200 {\n  t = 1 + "
        "f(i);\n}"
    ),
    "in recursion": "fn f(n) {\n  if n == 0 { 1 / n } else { f(n - 1) + 1 }\n}\nlet t = `${[1]}`;\nf(30) + f(40)",
    "depth": "fn f(n) { if n > 90 { n } else { f(n + 1) } }\nlet t = 0;\nfor i in 0..100 {\n  t = f(90 - i);\n}",
    "too long an array": "let a = [1];\nfor i in 0..20000000 {\n  a.push(i);\n}",
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_failures_have_the_same_kind_message_place_and_calls(name, engine, plain):
    text = FAILURES[name]
    if name == "too long an array":
        engine._limits = plain._limits = engine._limits.with_(max_array_size=5000)
    expected = outcome(plain, text)
    assert "error" in expected
    assert outcome(engine, text) == expected
    assert ran(engine, text) != []


@pytest.mark.parametrize("name", [name for name in FAILURES if name != "depth"])
def test_failures_can_be_caught_with_all_variables_as_they_were(name, engine, plain):
    lines = FAILURES[name].split("\n")
    first = next(at for at, line in enumerate(lines) if line.startswith(("for", "f(30)")))
    head, body = lines[:first], lines[first:]
    text = "\n".join([*head, "let seen = ();", "try {", *body, "} catch (e) { seen = e; }", "seen"])
    if name == "too long an array":
        return  # a limit is not caught
    assert outcome(engine, text) == outcome(plain, text)


# --- limits -----------------------------------------------------------------------------------------------------------

ENDLESS = "let t = 0; loop { t = (t + 1) % 1000; }"


def test_the_deadline_ends_a_kernel(engine):
    engine.max_duration = 0.2
    with pytest.raises(DeadlineError) as caught:
        engine.eval(ENDLESS)
    assert caught.value.position == (1, 12)
    assert ran(engine, ENDLESS) == ["main"]


def test_a_cancellation_ends_a_kernel(engine):
    running = threading.Event()
    engine._start = lambda _budget: running.set()
    handle = engine.start(ENDLESS)
    running.wait()
    handle.cancel()
    with pytest.raises(TerminatedError):
        handle.result(timeout=20)


def test_the_call_depth_of_the_engine_holds_in_kernels(engine):
    engine.max_call_levels = 20
    text = "fn f(n) { if n == 0 { 0 } else { f(n - 1) + 1 } } let t = `${f(3)}`; f(18) + f(25)"
    with pytest.raises(LimitError) as caught:
        engine.eval(text)
    assert caught.value.kind == "ErrorStackOverflow"
    assert engine.eval("fn f(n) { if n == 0 { 0 } else { f(n - 1) + 1 } } `${f(3)}`; f(18)") == 18


def test_hosts_that_watch_every_operation_see_every_operation(engine, plain):
    counts: dict[str, list[int]] = {"kernels": [], "plain": []}
    for name, one in (("kernels", engine), ("plain", plain)):
        one.on_progress(counts[name].append)
        one.eval("let t = 0; for i in 0..300 { t += i; } t")
    assert counts["kernels"] == counts["plain"]


def test_a_kernel_that_runs_out_of_memory_is_given_up_and_python_does_it(engine, plain, monkeypatch):
    monkeypatch.setattr(library, "MEMORY_LIMIT", 1 << 18)
    text = "fn f(n) { let a = []; for i in 0..n { a.push(i); } a.len() } let t = `${f(3)}`; [f(5), f(90000), f(7)]"
    assert outcome(engine, text) == outcome(plain, text)
    assert [item.useless for item in compiled(engine, text) if item.kernel.is_function] == [True]


# --- use --------------------------------------------------------------------------------------------------------------


def test_programs_run_on_several_threads_at_once(engine):
    text = "let t = 0; for i in 0..60000 { t = (t * 31 + i) % 1000003; } t"
    tree = engine.compile(text)
    expected = engine.eval_ast(tree)
    handles = [engine.start(text) for _ in range(4)]
    assert [handle.result(timeout=60) for handle in handles] == [expected] * 4


def test_kernels_come_back_out_of_the_cache(tmp_path):
    text = "fn f(n) { let t = 0; for i in 0..n { t += i; } t } f(9) + f(10)"
    first = hr.Engine()
    first.cache = str(tmp_path)
    first.eval(text)
    script = f"""
import horus_runtime as hr
engine = hr.Engine()
engine.cache = {str(tmp_path)!r}
tree = engine.compile({text!r})
kernels = engine.program(tree, hr.Scope()).kernels
print([item.kernel.name for item in kernels.compiled], engine.eval_ast(tree))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "['fn_f__int', 'fn_f__int'] 81\n"


def test_everything_works_without_wasmtime():
    script = f"""
import sys
sys.modules["wasmtime"] = None
import horus_runtime as hr
from horus_runtime.codegen.native import library
assert library.library_path() is None
engine = hr.Engine()
engine.cache = False
text = {QUALIFIED["an integer loop"].replace("5000", "300000")!r}
tree = engine.compile(text)
kernels = engine.program(tree, hr.Scope()).kernels
print(engine.eval_ast(tree), [(item.module, item.useless) for item in kernels.compiled])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "899997 [(None, True)]\n"


def test_wasmtime_is_found_here():
    assert library.library_path() is not None
    assert "wasmtime" not in sys.modules


def test_an_error_value_out_of_a_kernel_is_an_ordinary_one(engine):
    with pytest.raises(EvalError) as caught:
        engine.eval(FAILURES["division by zero"])
    assert caught.value.message == "Division by zero: 100 / 0"


def test_a_recursion_is_not_judged_by_the_small_calls_at_its_bottom(monkeypatch):
    monkeypatch.setattr(bridge, "ALLOWED", 1000.0)
    engine = hr.Engine()
    engine.cache = False
    text = "fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } } fib(18)"
    tree = engine.compile(text)
    assert [engine.eval_ast(tree) for _ in range(3)] == [2584] * 3
    assert [(item.module is not None, item.useless) for item in compiled(engine, text)] == [(True, False)]


def test_a_kernel_whose_calls_do_too_little_is_given_up(monkeypatch):
    monkeypatch.setattr(bridge, "ALLOWED", 1000.0)
    engine = hr.Engine()
    engine.cache = False
    text = """
        fn tiny(n) { let t = 0; for i in 0..n { t += i; } t }
        let texts = [];
        for i in 0..2000 { texts.push(`${tiny(i % 3)}`); }
        texts.len()
    """
    assert engine.eval(text) == 2000
    assert [item.useless for item in compiled(engine, text) if item.kernel.is_function] == [True]


SMALL_TURNS = """
    fn sums(b) {
        let text = "";
        let line = [];
        for i in 0..10 {
            line = [];
            for j in 0..80 {
                let total = 0.0;
                for k in 0..80 { total += b[k]; }
                line.push(total);
            }
            text += "x";
        }
        line.len() + text.len()
    }
    let b = [];
    for i in 0..SIZE { b.push(i / 2.0); }
    sums(b)
"""


@pytest.mark.parametrize(("size", "made"), [(80, True), (20_000, False)])
def test_a_loop_is_worth_a_kernel_only_where_it_does_more_than_its_arrays_take_to_copy(size, made, monkeypatch):
    monkeypatch.setattr(bridge, "ALLOWED", 1000.0)
    engine = hr.Engine()
    engine.cache = False
    text = SMALL_TURNS.replace("SIZE", str(size))
    assert engine.eval(text) == 90
    loops = [item for item in compiled(engine, text) if item.kernel.name.startswith("fn_sums") and item.arrays_in]
    assert [item.kernel.is_range for item in loops] == [True] * len(loops)
    assert any(item.module is not None for item in loops) is made
