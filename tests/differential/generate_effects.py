# ruff: noqa: E501 - alternatives of one kind stand in rows

"""Short random programs whose operands have effects: blocks that assign, natives and methods that replace their object,
closures and `eval` that do so from afar - in every place where a value can stand, so that it shows when variables are
read, which type they have by then, and what is locked, copied or shared.
"""

from __future__ import annotations

import random

_NAMES = ("a", "b", "m", "s", "n", "f")
_VALUES = {
    "a": ("[1, 2]", "[[1], 2]", "[3, 1, 2]", "[]"),
    "b": ("[5]", "7", '"zz"', "2.5", "blob(2, 1)"),
    "m": ("#{x: 1}", "#{x: [1, 2], y: 2}", "#{f: |v| this, x: 3}", "#{x: 1, g: || 5}"),
    "s": ('"abc"', '" xy "', "'c'", "`t${1}`"),
    "n": ("5", "0", "-3", "1.5", "true", "()"),
    "f": ("|v| v", "|v| [v, v]", 'Fn("f1")', "|v| n", "|v| { n = v; n }", "|v| a.len()", "|v| { a = v; 1 }", "|| this"),
}
_ATOMS = ("0", "1", "2", "-1", '"x"', "'c'", "2.5", "true", "()", "[1]", "#{x: 2}", '"abc"', "1..3")
_FUNCTIONS = (
    "fn f0() { 7 }",
    "fn f1(x) { x + 1 }",
    "fn f2(x, y) { [x, y] }",
    "fn me() { this }",
    "fn put(x) { this = x; x }",
    "fn grow(x) { this.push(x); this }",
    "fn natural() { push(this, 9); this }",
    "fn gone() { take(this) }",
    "fn up() { this += 1; this }",
    "fn field() { this.x = 8; this.x }",
    "fn cut() { trim(this); this }",
    "fn run(g) { g.call(this) }",
    "fn lend(g) { this.call(g) }",
    "fn twice() { let t = this; this += t; this }",
    "fn mixed(x) { x += 1; let y = x; y += x; [this, x, y] }",
)  # fmt: skip
_METHODS = (
    "len()", "pop()", "shift()", "push({e})", "insert(0, {e})", "reverse()", "clear()", "take()", "contains({e})",
    "index_of({e})", "append({e})", "truncate(1)", "sort()", "map(f)", "filter(f)", "for_each(f)", "to_string()", "x",
    "type_of()", "is_shared()", "call(f)", "call(f, {e})", "me()", "put({e})", "grow({e})", "natural()", "gone()",
    "up()", "field()", "cut()", "run(f)", "lend(f)", "twice()", "mixed({e})", "f({e})", "g()", "keys()", "remove({e})",
    "set({e}, {e})", "get({e})", "trim()", "make_upper()", "to_debug()", "is_empty()", "extract({e})", "reduce(|p, q| q)",
    "some(|q| { {x} = q; true })", "map(|q| {e})", "map(|q, i| { {x} = i; q })", "sort(|p, q| { {x} = 1; 0 })",
    "find(|q| {e} == q)", "drain(|q| true)", "values()", "x.len()", "x.push({e})", "f.call({e})",
)  # fmt: skip
_CALLS = (
    "take({x})", "push({x}, {e})", "len({x})", "f0()", "f1({e})", "f2({x}, {e})", "f2({e}, {x})", "max({x}, {e})",
    "min({e}, {x})", "type_of({x})", "is_shared({x})", "trim({x})", "clear({x})", "pop({x})", "f.call({e})",
    "call(f, {e})", "f.curry({e}).call()", "print({x})", "debug({x})", 'eval("{x}")', 'eval("{x} = {q}; {x}")',
    'eval("let {x} = {q}; {x}")', 'eval("1")', "set({x}, {e}, {e})", "{x}.tag", "abs({x})", "f2!({x}, {e})", "f0!()",
    "reverse({x})", "sort({x})", "append({x}, {e})", 'is_def_var("{x}")', "make_upper({x})",
)  # fmt: skip
_BINARY = ("+", "-", "*", "==", "!=", "<", ">=", "&&", "||", "??", "in", "!in", "&", "..", "%", "<<")
_ASSIGN = ("=", "=", "+=", "-=", "*=", "<<=", "|=")


class EffectsGenerator:
    """One program per instance."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def program(self) -> str:
        """A few functions, variables of mixed types, and statements around effects; perhaps all of it in a function."""
        functions = self._random.sample(_FUNCTIONS, self._random.randint(4, len(_FUNCTIONS)))
        lets = [self._let(name) for name in _NAMES if self._random.random() < 0.9]
        body = [*lets, *(self._statement(2) for _ in range(self._random.randint(1, 5)))]
        if self._random.random() < 0.4:
            body.append(self._operand(2))
        if self._random.random() < 0.25:
            result = "[" + ", ".join(name for name in _NAMES[:5] if self._random.random() < 0.7) + "]"
            return "\n".join([*functions, "fn all() {", *body, result, "}", "all()"])
        return "\n".join([*functions, *body])

    def _pick(self, options: tuple[str, ...]) -> str:
        return self._random.choice(options)

    def _let(self, name: str) -> str:
        word = "const" if self._random.random() < 0.06 else "let"
        return f"{word} {name} = {self._pick(_VALUES[name])};"

    def _name(self) -> str:
        return self._pick(_NAMES)

    def _fill(self, text: str, depth: int) -> str:
        while "{e}" in text:
            text = text.replace("{e}", self._operand(depth - 1), 1)
        while "{q}" in text:
            text = text.replace("{q}", self._pick(("1", "2.5", "()", "[4]", "'q'")), 1)
        return text.replace("{x}", self._name())

    def _place(self, depth: int) -> str:
        name = self._name()
        roll = self._random.random()
        if roll < 0.4:
            return name
        if roll < 0.6:
            return f"{name}[{self._operand(depth - 1)}]"
        if roll < 0.75:
            return f"{name}.x"
        if roll < 0.9:
            return f"{name}[0]"
        return f"{name}.x[{self._operand(depth - 1)}]"

    def _operand(self, depth: int) -> str:
        if depth <= 0:
            return self._name() if self._random.random() < 0.6 else self._pick(_ATOMS)
        kinds = (
            self._name, lambda: self._pick(_ATOMS), lambda: self._call(depth), lambda: self._call(depth),
            lambda: self._method(depth), lambda: self._method(depth), lambda: self._method(depth),
            lambda: self._block(depth), lambda: self._block(depth), lambda: self._binary(depth),
            lambda: self._binary(depth), lambda: self._place(depth), lambda: self._literal(depth),
            lambda: f"(if {self._operand(depth - 1)} == {self._operand(depth - 1)} {{ {self._operand(depth - 1)} }} else {{ {self._operand(depth - 1)} }})",
            lambda: f"switch {self._operand(depth - 1)} {{ 1 => {self._operand(depth - 1)}, 'c' => 2, _ => {self._operand(depth - 1)} }}",
        )  # fmt: skip
        return self._random.choice(kinds)()

    def _call(self, depth: int) -> str:
        return self._fill(self._pick(_CALLS), depth)

    def _method(self, depth: int) -> str:
        target = self._place(depth) if self._random.random() < 0.85 else f"({self._operand(depth - 1)})"
        safe = "?." if self._random.random() < 0.04 else "."
        return f"{target}{safe}{self._fill(self._pick(_METHODS), depth)}"

    def _block(self, depth: int) -> str:
        return f"{{ {self._assignment(depth - 1)}; {self._operand(depth - 1)} }}"

    def _binary(self, depth: int) -> str:
        return f"({self._operand(depth - 1)} {self._pick(_BINARY)} {self._operand(depth - 1)})"

    def _literal(self, depth: int) -> str:
        first, second = self._operand(depth - 1), self._operand(depth - 1)
        return self._pick(
            (
                f"[{first}, {second}]",
                f"#{{x: {first}, y: {second}}}",
                f"`${{{first}}}-${{{second}}}`",
                f"{first}..{second}",
            )
        )

    def _assignment(self, depth: int) -> str:
        return f"{self._place(depth)} {self._pick(_ASSIGN)} {self._operand(depth)}"

    def _statement(self, depth: int) -> str:
        roll = self._random.random()
        if roll < 0.3:
            text = f"{self._assignment(depth)};"
        elif roll < 0.5:
            text = f"print({self._operand(depth)});"
        elif roll < 0.6:
            text = f"{self._name()}; {self._operand(depth)};"
        elif roll < 0.68:
            return f"let {self._name()} = {self._operand(depth)};"
        elif roll < 0.74:
            text = f"for v in {self._operand(depth)} {{ {self._assignment(1)}; print(v); }}"
        elif roll < 0.8:
            text = f"let k = 0; while k < 3 {{ k += 1; {self._assignment(1)}; }}"
        elif roll < 0.86:
            text = f"if {self._operand(depth)} {{ {self._assignment(1)}; }}"
        elif roll < 0.92:
            name = self._name()
            text = f"let c = |v| {{ {self._assignment(1)}; {name} }}; print(c.call({self._operand(1)}));"
        else:
            text = f"print({self._method(depth)}); print({self._name()});"
        if self._random.random() < 0.45:
            text = f"try {{ {text} }} catch (e) {{ print(e); }}"
        return text
