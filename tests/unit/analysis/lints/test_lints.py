"""Each lint: what it finds, where, and what it leaves alone."""

import pytest

import horus_runtime as hr
from horus_runtime.analysis.lints import CODES, apply_edits
from horus_runtime.engine.linting import lint_script
from horus_runtime.modules.policy import Policy


@pytest.fixture(scope="module")
def engine():
    return hr.Engine.sal()


def found(engine, text, policy=None):
    return [(f.code, f.span[:2], f.message) for f in lint_script(engine, engine.compile(text), policy)]


CASES = [
    ("fn f() { let a = 1; 2 } f()", ("unused-variable", (1, 14), "the variable 'a' is never read")),
    ('import "std/json" as j; 1', ("unused-import", (1, 22), "the module 'j' is imported and never used")),
    ("private fn f() { 1 } 2", ("unused-function", (1, 12), "the private function 'f' is never called")),
    (
        "fn f(a) { if a { let a = 2; print(a); } } f(1)",
        ("shadowed-variable", (1, 22), "'a' hides the parameter"),
    ),
    (
        "let a = 1;\nif a > 0 { let a = 2; print(a); }",
        ("shadowed-variable", (2, 16), "'a' hides the variable of line 1"),
    ),
    ("print(nope);", ("undefined-variable", (1, 7), "nothing declares 'nope'")),
    ("let a = 1; a = a;", ("self-assignment", (1, 12), "'a' is assigned to itself")),
    (
        "fn f() { return 1; print(2); } f()",
        ("unreachable-code", (1, 20), "nothing after the 'return' of line 1 is reached"),
    ),
    ("exit(1); print(2);", ("unreachable-code", (1, 10), "nothing after the 'exit' of line 1 is reached")),
    ("if 1 == 1 && true { print(1); }", None),
    ("let a = 1; if a == a || true { print(1); }", ("constant-condition", (1, 15), "this condition is always true")),
    ("while false { print(1); }", ("constant-condition", (1, 7), "this condition is always false")),
    ("let a = 0; loop { a += 1; }", ("endless-loop", (1, 12), "nothing ends this loop")),
    ("for i in (0..) { print(i); }", ("endless-loop", (1, 11), "this range has no end, and nothing leaves the loop")),
    (
        "for i in 0.. { 5 } { print(i); }",
        (
            "suspicious-range",
            (1, 14),
            "this block is the end of the range; write (0..) with brackets for a range without an end",
        ),
    ),
    (
        "fn f(a) { if a { return 1; } print(2); let b = a; } f(1)",
        ("missing-return-value", (1, 4), "'f' returns a value in line 1, but () at its end"),
    ),
    (
        "let a = 1; if a > 0 { print(1) } else { print(1) }",
        ("identical-branches", (1, 12), "both branches are the same"),
    ),
    ("let a = 1; if a > 0 { }", ("empty-block", (1, 21), "nothing is done when the condition holds")),
    ("try { print(1); } catch { }", ("empty-block", (1, 25), "errors are caught and forgotten")),
    ("let a = 1 + true; a", ("type-error", (1, 11), "'+' is not defined for i64 and bool")),
    ('let t = "a"; t - 1', ("type-error", (1, 16), "'-' is not defined for string and i64")),
    ('let s = "a"; s.foo()', ("unknown-method", (1, 16), "string has no method 'foo'")),
    ("let n = 1; n.foo", ("unknown-property", (1, 14), "i64 has no property 'foo'")),
    ('abs("a")', ("argument-type", (1, 1), "'abs' does not take (string)")),
    ("let a = 1; a + 1; a", ("unused-result", (1, 12), "this value is not used")),
    ("let a = 1; a > a", ("self-comparison", (1, 12), "'a' is compared with itself")),
    ("prinnt(1)", ("undefined-function", (1, 1), "there is no function 'prinnt'")),
    ("fn f(a) { a } f(1, 2)", ("undefined-function", (1, 15), "'f' takes 1 argument, not 2")),
    ('os.raed("x")', ("undefined-function", (1, 1), "the module 'os' has no function 'raed'")),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=lambda value: value[:40] if isinstance(value, str) else "")
def test_findings(engine, text, expected):
    codes = found(engine, text)
    assert (expected in codes) if expected is not None else codes == []


def test_every_code_is_shown_by_some_case():
    shown = {expected[0] for _, expected in CASES if expected is not None}
    assert shown == set(CODES) - {"capability-not-granted"}


@pytest.mark.parametrize(
    "text",
    [
        "fn f() { let _unused = 1; 2 } f()",
        'fn f() { let a = 1; eval("a") } f()',
        "let a = 1;",
        "fn f(n) { loop { n -= 1; if n < 0 { return n; } } } f(3)",
        "fn f(n) { if n > 0 { return 1; } 2 } f(1)",
        "fn f(n) { if n > 0 { return; } print(n); } f(1)",
        "fn f(n) { while true { if n > 3 { break; } n += 1; } n } f(1)",
        "fn f(a) { switch a { 1 => return 5, _ => 6 } } f(1)",
        "let f = |x| x + 1; f.call(2)",
        "let items = [1]; items.map(|item| item + 1)",
        "const LIMIT = 5; fn f(n) { n > LIMIT } f(1)",
        'import "std/strings" as s; fn f(t) { s::title(t) } f("a")',
        "let a = 1; let a = a + 1; a",
        'let s = "a"; s += 1; s',
        'let t = "a" + 1; t',
        "fn caller() { helper!() } fn helper() { 1 } caller()",
        'private fn used() { 1 } Fn("used").call()',
        "let total = 0; for i in 0..3 { total += i; } total",
        "let os = #{raed: 1}; os.raed",
        'for path in ["a.b"] { path.split("."); }',
        "let timer = timestamp(); timer.elapsed",
        "const F = |a| a; let f = F; f.call(1)",
        "let x = 5; let c = || { x += 1; x }; c.call()",
    ],
)
def test_what_is_fine_is_left_alone(engine, text):
    assert found(engine, text) == []


def test_a_policy_says_what_a_script_may_not_use(engine):
    text = 'os.write("a", "b");\nos::read("a");\nprocess.run("ls");'
    assert found(engine, text) == []
    assert [(code, place) for code, place, _ in found(engine, text, Policy(read=("/srv",)))] == [
        ("capability-not-granted", (1, 1)),
        ("capability-not-granted", (3, 1)),
    ]
    assert found(engine, text, Policy(read=("/srv",)))[0][2] == (
        "os.write needs the capability 'write', which the policy does not grant"
    )


def test_a_comment_silences_a_warning(engine):
    assert found(engine, "let a = 1; a + 1; // lint: allow(unused-result)\na") == []
    assert found(engine, "let a = 1;\n// lint: allow(unused-result, type-error)\na + 1;\na") == []
    assert [code for code, _, _ in found(engine, "let a = 1; a + 1; // lint: allow(type-error)\na")] == [
        "unused-result"
    ]


def test_hints_name_the_nearest(engine):
    [finding] = lint_script(engine, engine.compile("let number = 1; nubmer + 1"))
    assert (finding.severity, finding.hint) == ("error", "did you mean 'number'?")
    [finding] = lint_script(engine, engine.compile('os.raed("x")'))
    assert finding.hint == "did you mean 'os.read'?"


def test_an_unused_import_can_be_taken_out(engine):
    text = 'let a = 1;\nimport "std/json" as j;\nprint(a); import "std/path" as p;\na'
    edits = [f.edit for f in lint_script(engine, engine.compile(text)) if f.edit is not None]
    assert apply_edits(text, edits) == "let a = 1;\nprint(a); \na"
