# ruff: noqa: E501 - alternatives of one kind stand in rows

"""Hostile inputs for the robustness run: any text, deterministic by seed.

Mutated scripts of the corpus and of the generators (bytes, characters, tokens, splices of two scripts), deep nestings
of every bracket and operator, deep and wide data built at run time, and loops at the edge of every budget.
"""

from __future__ import annotations

import random
from functools import cache

from tests.differential.corpus import corpus_files, read_cases
from tests.differential.generate import KINDS, TOKENS, generate, mutate

_CHARACTERS = "\0\t\n\r\x0b\x7f\x80\u00a0\u2028\ufeff\ud7ff\U0001f600é'\"`\\#${}[]()|&!?.:;,<>=+-*/%^~@_0129aexobX"
_NESTED = (
    ("(", "1", ")"), ("[", "1", "]"), ("#{a: ", "1", "}"), ("{", "1", "}"), ("if true {", "1", "}"), ("-", "1", ""), ("!", "true", ""),
    ("|x| ", "1", ""), ("f(", "1", ")"), ("`${", "1", "}`"), ("loop { break ", "1", "; }"), ("switch 1 { 1 => ", "1", " }"), ("/*", "", "*/"),
    ("try { ", "1", " } catch { }"), ("while true { ", "break", " }"), ("a[", "0", "]"), ("1 + ", "1", ""), ("1 ?? ", "1", ""), ("a.", "b", ""),
    ("", "a", ".b"), ("", "a", "[0]"), ("", "a", ".len()"), ("", "1", " + 1"), ("", '"x"', ' + "x"'), ("", "1", ";"), ("", "true", " && true"), ("fn f() { ", "1", " }"),
    ("for i in 0..2 { ", "1", " }"), ("if a {} else ", "{}", ""), ("return ", "1", ""), ("throw ", "1", ""), ("let x = ", "1", ";"), ("eval(`", "1", "`)"),
    ("|| { ", "1", " }"), ("", "x", " = 1"), ("0x", "f", "f"), ("", "1", "e9"), ("_", "x", "_"), ("#", '"', '"#'), ("import ", '"m"', " as m;"), ("export ", "let x = 1", ";"),
)  # fmt: skip
_DATA = (
    "let a = []; for i in 0..N { a = [a]; } a", "let a = #{}; for i in 0..N { a = #{a: a, b: i}; } a.to_json().len()", "let a = [1]; for i in 0..N { a += a; } a.len()",
    'let s = "ab"; for i in 0..N { s += s; } s.len()', "let a = []; for i in 0..N { a = [a]; } print(a); `${a}`", "let a = []; for i in 0..N { a = [a]; } a == a",
    "fn f(n) { if n == 0 { 0 } else { 1 + f(n - 1) } } f(N)", "fn f(n) { [n].map(|x| f(x + 1)) } f(0)", "let f = |x| x; for i in 0..N { f = f.curry(i); } f.call()",
    "let a = []; for i in 0..N { a = [a]; } for x in a { a = x; } parse_json(`[1]`)", 'let s = "["; for i in 0..N { s += "["; } parse_json(s)', 'let s = "("; for i in 0..N { s += "("; } eval(s)',
    'let s = "1"; for i in 0..N { s += "+1"; } eval(s)', "let m = #{}; for i in 0..N { m[`k${i}`] = m; } m.len()", "let b = blob(N); for i in 0..N { b += b; } b.len()",
    "let a = [1]; a.pad(N * N * N, a)", 'let s = ""; s.pad(N * N * N, "ab")', "range(0, N * N * N).contains(1)", "let a = []; for i in 0..N { a.push(a); } a.len()",
    "for i in 0.. { }", "loop { }", "let x = 0; while x < 9223372036854775807 { x += 1; }", "let x = 2; loop { x *= x; }", "throw [N, #{a: N}]", "let a = [N]; let f = || a; loop { f = || f; a = [f]; }",
    "let a = []; loop { a.push(1); }", 'let s = ""; loop { s += "x"; }', "let m = #{}; let i = 0; loop { m[`${i}`] = i; i += 1; }", "fn f() { f() } f()", "let f = 0; f = |g| g.call(g); f.call(f)", "let a = []; let f = || a.push(f); loop { f.call(); }",
    "[1, 2, 3].sort(|a, b| { [3, 1].sort(|x, y| x - y); N })", "let a = []; for i in 0..N { a.push(i % 7); } a.sort(|a, b| a > b); a.dedup(|a, b| a == b); a.len()", "let s = `x`; for i in 0..N { s = `${s}${s}`; }", "exit([N])", "let x = (N..); for i in x { if i > N + N { break; } }",
    "let t = timestamp(); t + 9223372036854775807", "2 ** N", "1 << N", "(1.0 / N).to_string() + 1e308 * N", '"abc".split("").len() + "x".sub_string(-N, N).len()', "sleep(0.0001); sleep(N * 0)", "let a = [[], []]; a[0] = a; a[1] = a; a.len()",
)  # fmt: skip


@cache
def corpus() -> tuple[str, ...]:
    """Every script of the differential corpus."""
    return tuple(case.script for path in corpus_files() for case in read_cases(path))


def text_of(seed: int) -> str:
    """The input of a seed."""
    chance = random.Random(seed)
    kind = chance.random()
    if kind < 0.3:
        return _characters(chance, _script(chance, seed))
    if kind < 0.5:
        return _bytes(chance, _script(chance, seed))
    if kind < 0.7:
        return mutate(_script(chance, seed), seed)
    if kind < 0.8:
        return _splice(chance, _script(chance, seed), chance.choice(corpus()))
    if kind < 0.9:
        return _nesting(chance)
    if kind < 0.97:
        return chance.choice(_DATA).replace(
            "N", str(chance.choice((0, 1, 3, 30, 70, 500, 5000, 100_000, 9223372036854775807)))
        )
    return "".join(chance.choice(_CHARACTERS) for _ in range(chance.randrange(60)))


def _script(chance: random.Random, seed: int) -> str:
    return chance.choice(corpus()) if chance.random() < 0.7 else generate(seed, chance.choice(KINDS))


def _characters(chance: random.Random, text: str) -> str:
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            text = text[:at] + chance.choice(_CHARACTERS) + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + chance.randint(1, 4) :]
        elif kind == 2:
            end = min(len(text), at + chance.randint(1, 30))
            text = text[:end] + text[at:end] * chance.choice((1, 2, 50)) + text[end:]
        else:
            text = text[:at]
    return text


def _bytes(chance: random.Random, text: str) -> str:
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(chance.randint(1, 8)):
        if data:
            data[chance.randrange(len(data))] = chance.randrange(256)
    return data.decode("utf-8", chance.choice(("replace", "surrogateescape", "ignore")))


def _splice(chance: random.Random, first: str, second: str) -> str:
    left, right = TOKENS.findall(first), TOKENS.findall(second)
    return "".join(left[: chance.randrange(len(left) + 1)] + right[chance.randrange(len(right) + 1) :])


def _nesting(chance: random.Random) -> str:
    depth = chance.choice((1, 15, 31, 33, 63, 65, 130, 1000, 5000, 100_000))
    parts = [chance.choice(_NESTED) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    middle = parts[-1][1]
    opening = "".join(part[0] for part in parts) * depth
    closing = "".join(part[2] for part in reversed(parts)) * (depth if chance.random() < 0.9 else depth // 2)
    around = chance.choice(
        ("{}", "let a = [[[1]]]; {}", "fn f(x) {{ {} }} f(1)", "let x = {};", "print({});", "|x| {}", "`${{{}}}`")
    )
    return around.format(opening + middle + closing)
