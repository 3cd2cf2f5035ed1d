# ruff: noqa: E501 - alternatives of one kind stand in rows

"""Short random programs: a few statements around calls of the library, chains with side effects, closures, `switch`,
`try`, templates, imports, `eval`, in random layout, so that values, scopes and above all error positions are compared.

Nothing guards the statements unless chance says so; most programs end with an error or a value somewhere in the middle
of a nested place.
"""

from __future__ import annotations

import random
from typing import Any

from tests.differential.generate_library import BASIC, FREE, METHODS, PROPERTIES, VALUES, WEIGHTS
from tests.differential.operators import ASSIGNING, COMPARING, COMPUTING, LOGICAL, SEARCHING

_NAMES = ("a", "b", "m", "s", "n", "t")
_PRELUDE = (
    "fn f0() { 7 }",
    "fn f1(x) { x + 1 }",
    "fn f2(x, y) { x - y }",
    "fn rec(n) { if n <= 0 { 0 } else { 1 + rec(n - 1) } }",
    "fn thrower(x) { throw x; }",
    "fn me() { this }",
    "fn bump() { this += 1; this }",
    "fn grow(x) { this.push(x); this.len() }",
    "fn outer() { global::LIMIT }",
    "fn int.twice() { this * 2 }",
    "fn len(x) { -1 }",
    "fn set(x) { this = x; }",
    "private fn hidden(x) { [x] }",
    "fn caller(f, x) { f.call(x) }",
    "fn early(x) { if x == 1 { return 5; } x }",
)
_MODULE = """\
export const LIMIT = 5; export let list = [1, 2]; let secret = 1; const OWN = 3;
fn f(x) { x * 2 } fn f(x, y) { x + y + OWN } private fn hidden() { 1 } fn own() { global::OWN } fn fails(x) { x.nope }
fn back(g) { g.call(1) } export let sq = 9; fn throws(x) { throw x; }"""
MODULES = [["mod", _MODULE], ["sub", 'import "mod" as inner; fn g(x) { inner::f(x) } export const Z = 1;']]
_BINARY = (*COMPUTING, *COMPARING, *LOGICAL, "??", *SEARCHING, "+", "==", "+", "..")
_ASSIGN = ("=", "=", *ASSIGNING, "+=")


class SnippetGenerator:
    """One program per instance."""

    def __init__(self, seed: int, *, small: bool = False) -> None:
        self._small = small
        self._random = random.Random(seed)
        self._kinds: dict[str, str] = {}
        self._serial = 0
        self._in_function = False
        self._imported = False

    def program(self) -> str:
        """Definitions, a few declarations, and one to five statements; in a third of the programs over many lines."""
        if self._small:
            return self._line()
        prelude = self._random.sample(_PRELUDE, self._random.choice((0, 0, 1, 2, 4)))
        if self._chance(0.3):
            prelude.append(self._function())
        lines = [*prelude, *(self._declare(name) for name in self._random.sample(_NAMES, self._random.randint(1, 3)))]
        if self._chance(0.06):
            lines.append(self._import())
        lines += [self._statement(2) for _ in range(self._random.randint(1, 4))]
        if self._chance(0.5):
            lines.append(self._value(2))
        return self._layout(lines)

    def _line(self) -> str:
        """A declaration or two and one statement or value."""
        lines = [self._declare(name) for name in self._random.sample(_NAMES, self._random.randint(1, 2))]
        if self._chance(0.2):
            lines.insert(0, self._random.choice(_PRELUDE))
        lines.append(self._statement(1) if self._chance(0.6) else self._value(2))
        return " ".join(lines)

    def options(self) -> dict[str, Any]:
        """What the program needs of its engine."""
        return {"modules": MODULES} if self._imported else {}

    # --- choices

    def _pick(self, *options: str) -> str:
        return self._random.choice(options)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _fresh(self) -> str:
        self._serial += 1
        return f"v{self._serial}"

    def _layout(self, lines: list[str]) -> str:
        if self._chance(0.6):
            return self._pick(" ", "\n").join(lines)
        text = "\n".join(lines)
        for mark, filler in (
            (", ", ",\n  "),
            (" { ", " {\n    "),
            ("; ", ";\n"),
            (" + ", "\n  + "),
            (".", "\n ."),
            ("(", "(\n  "),
        ):
            if (
                self._chance(0.25)
                and '"' not in text
                and "`" not in text
                and not (mark == "." and (".." in text or "0." in text))
            ):
                text = text.replace(mark, filler)
        return text if self._chance(0.8) else "// comment\n\n" + text + " /* end */"

    # --- statements

    def _declare(self, name: str) -> str:
        kind = self._random.choices(BASIC, WEIGHTS)[0]
        self._kinds[name] = kind
        keyword = self._pick("let", "let", "let", "const")
        return f"{keyword} {name} = {self._of(kind)};"

    def _function(self) -> str:
        held, self._kinds = self._kinds, {"p": "any", "q": "any"}
        self._in_function = True
        body = " ".join(self._statement(1) for _ in range(self._random.randint(0, 2)))
        text = f"fn work(p, q) {{ {body} {self._value(1)} }}"
        self._kinds, self._in_function = held, False
        return text

    def _import(self) -> str:
        self._imported = True
        self._kinds["mod::LIMIT"] = "int"
        return self._pick(
            'import "mod" as mod;', 'import "sub" as sub; import "mod" as mod;', 'import "mod";', 'import "nope" as mod;',
            'let p = "mod"; import p as mod;', 'if true { import "mod" as mod; print(mod::f(1)); }', 'import "sub" as mod;',
        )  # fmt: skip

    def _statement(self, depth: int) -> str:
        name, value = self._variable(), self._value(1)
        kinds = [
            lambda: f"print({self._value(2)});", lambda: f"debug({self._value(1)});", lambda: f"let {self._fresh()} = {self._value(2)};",
            lambda: f"{self._call(2)};", lambda: f"{self._call(2)};", lambda: f"{self._lvalue()} {self._pick(*_ASSIGN)} {value};",
            lambda: f"{self._lvalue()} = {self._value(2)};", lambda: self._declare(self._pick(*_NAMES)), lambda: f"{self._value(2)};",
            lambda: f"let {name} = {value};", lambda: f"const {self._fresh()} = {value};", lambda: f"{self._lvalue()}.{self._method_of(self._pick(*METHODS))};",
            lambda: f"let g = {self._closure(1)}; print(g.call({value})); {name}", lambda: f"print({name}); print(is_shared({name}));",
            lambda: f"eval({self._pick(*self._texts())});", lambda: f"throw {value};", lambda: f"export let {self._fresh()} = {value};",
            lambda: f"work!({value}, {self._value(1)});", lambda: f"{name}.{self._pick('me', 'bump', 'twice')}();", lambda: f"{name}.grow({value});",
        ]  # fmt: skip
        if depth:
            kinds += [
                lambda: f"if {self._condition()} {{ {self._statement(depth - 1)} }} else {{ {self._statement(depth - 1)} }}",
                lambda: f"try {{ {self._statement(depth - 1)} }} catch (e) {{ print(e); {self._statement(depth - 1)} }}",
                lambda: f"try {{ {self._statement(depth - 1)} {self._statement(0)} }} catch {{ {self._pick('throw;', '', 'throw 1;')} }}",
                lambda: f"for x in {self._iterable()} {{ {self._pick('print(x);', self._statement(depth - 1))} {self._leave()} }}",
                lambda: f"for (x, i) in {self._iterable()} {{ print([i, x]); {self._leave()} }}", lambda: self._switch(depth) ,
                lambda: f"{{ let {name} = {value}; {self._statement(depth - 1)} }}", lambda: f"let w = 0; while w < 3 {{ w += 1; {self._statement(depth - 1)} {self._leave()} }}",
                lambda: f"let w = 0; do {{ w += 1; {self._statement(depth - 1)} }} {self._pick('while w < 2', 'until w > 1')};",
                lambda: f"let w = loop {{ {self._statement(depth - 1)} break {self._value(1)}; }};",
                lambda: f"let r = {self._switch(1)};", lambda: f"let h = |x| {{ {self._statement(depth - 1)} {self._value(1)} }}; h.call({value});",
                lambda: f"[{value}, {name}].for_each(|i| {{ {self._statement(depth - 1)} }});",
            ]  # fmt: skip
        text = self._random.choice(kinds)()
        return (
            f"try {{ {text} }} catch (err) {{ print(err); }}"
            if self._chance(0.12) and not text.startswith(("let", "const", "export"))
            else text
        )

    def _leave(self) -> str:
        return self._pick(
            "", "", "", "break;", "continue;", f"if {self._condition()} {{ break; }}", f"break {self._value(0)};"
        )

    def _texts(self) -> tuple[str, ...]:
        return (
            '"1 + 1"',
            '"let ev = 5; ev"',
            f'"{self._variable()} = 5"',
            '"nope"',
            '"1 +"',
            '""',
            '"fn q() {}"',
            '"print(1); [1]"',
            "`throw 'x'`",
            '"let ev = 1; |x| x + ev"',
        )

    def _switch(self, depth: int) -> str:
        arms = []
        for _ in range(self._random.randint(0, 4)):
            label = self._pick(
                *VALUES["int"][:9],
                *VALUES["string"][:4],
                "'a'",
                "1 | 2",
                '"a" | 1',
                "0..5",
                "..3",
                "5..=9",
                "true",
                "()",
                "[1]",
                "#{a: 1}",
                "1.0",
                "2.5",
            )
            guard = f" if {self._condition()}" if self._chance(0.2) else ""
            arms.append(
                f"{label}{guard} => {self._pick(self._value(0), '{ ' + self._statement(max(depth - 1, 0)) + ' }', self._operand(1))}"
            )
        if self._chance(0.6):
            arms.append(f"_ => {self._operand(1)}")
        return f"switch {self._pick(self._variable(), self._operand(1))} {{ {', '.join(arms)} }}"

    def _iterable(self) -> str:
        return self._pick(
            self._of("array"),
            self._of("string"),
            self._of("steps"),
            "0..3",
            "(0..2)",
            self._of("blob"),
            self._variable(),
            f"{self._of('map')}.keys()",
            "1..=2",
            self._operand(1),
        )

    def _lvalue(self) -> str:
        name = self._variable()
        return self._pick(
            name, name, f"{name}[{self._of('small')}]", f"{name}.{self._pick(*PROPERTIES)}", f"{name}[0][1]", f"{name}.a.b", f'{name}["k"]', f"{name}[{self._of('range')}]",
            f"{name}?.a", f"{name}[0].a", f"{name}.k[0]", f"{name}[{self._value(0)}]", "nope", "this" if self._in_function else name, f"({name})",
        )  # fmt: skip

    # --- expressions

    def _variable(self) -> str:
        return self._pick(*self._kinds) if self._kinds and self._chance(0.97) else "nope"

    def _of(self, kind: str) -> str:
        if kind == "any":
            kind = self._random.choices(BASIC, WEIGHTS)[0]
        return self._pick(*VALUES[kind])

    def _argument(self, kind: str, depth: int) -> str:
        if self._chance(0.06):
            return self._value(max(depth - 1, 0))
        names = [name for name, held in self._kinds.items() if held == kind]
        if names and self._chance(0.4):
            return self._random.choice(names)
        return self._of(kind)

    def _call(self, depth: int) -> str:
        """A call of the library, in any style, on any kind of receiver."""
        if self._chance(0.15):
            name, kinds = self._random.choice(FREE)
            return f"{name}({self._arguments(kinds, depth)})"
        kind = self._random.choice(list(METHODS))
        receiver = self._receiver(kind, depth)
        if self._chance(0.1):
            name, kinds = self._random.choice(METHODS[kind])
            arguments = self._arguments(kinds, depth)
            return f"{name}({receiver}{', ' if arguments else ''}{arguments})"
        if self._chance(0.1):
            return f"{receiver}{self._pick('.', '?.')}{self._pick(*PROPERTIES)}"
        text = f"{receiver}{self._pick('.', '.', '.', '.', '.', '?.')}{self._method_of(kind)}"
        return f"{text}.{self._method_of(self._pick(*METHODS))}" if self._chance(0.1) else text

    def _method_of(self, kind: str) -> str:
        name, kinds = self._random.choice(METHODS[kind] if self._chance(0.97) else METHODS["any"])
        return f"{name}({self._arguments(kinds, 1)})"

    def _arguments(self, kinds: tuple[str, ...], depth: int) -> str:
        values = [self._argument(kind, depth) for kind in kinds]
        if self._chance(0.02):
            values.append(self._value(0))
        if values and self._chance(0.02):
            values.pop()
        return ", ".join(values)

    def _receiver(self, kind: str, depth: int) -> str:
        names = [name for name, held in self._kinds.items() if held == kind]
        if names and self._chance(0.6):
            name = self._random.choice(names)
            return name if self._chance(0.85) else f"[{name}][0]"
        value = self._of(kind) if self._chance(0.95) else self._value(max(depth - 1, 0))
        if "|" in value or value.startswith("-"):
            value = f"({value})"
        return self._pick(value, value, f"[{value}][0]", f"#{{a: {value}}}.a", f"{{ {value} }}" if depth > 5 else value)

    def _condition(self) -> str:
        return self._pick(
            "true",
            "false",
            f"{self._variable()} == {self._value(0)}",
            f"{self._operand(0)} {self._pick('<', '>=', '!=', 'in')} {self._operand(0)}",
            self._variable(),
            f"{self._variable()}.is_empty()",
            f"!{self._variable()}",
        )

    def _operand(self, depth: int) -> str:
        text = self._value(depth)
        return f"({text})" if text.startswith(("|", "{", "if", "switch", "loop", "for", "while", "do")) else text

    def _closure(self, depth: int) -> str:
        parameters = self._pick("x", "x", "x, y", "")
        held = dict(self._kinds)
        for name in parameters.replace(",", "").split():
            self._kinds[name] = "any"
        text = (
            f"|{parameters}| {self._pick(self._value(depth), '{ ' + self._statement(0) + ' ' + self._value(0) + ' }')}"
        )
        self._kinds = held
        return text

    def _value(self, depth: int) -> str:
        if depth <= 0 or self._chance(0.15):
            return (
                self._variable()
                if self._chance(0.4)
                else self._argument(self._random.choices(BASIC, WEIGHTS)[0], 0)
                if self._chance(0.5)
                else self._of("any")
            )
        left, right = self._operand(depth - 1), self._operand(depth - 1)
        return self._random.choice([
            lambda: self._call(depth), lambda: self._call(depth), lambda: self._call(depth), lambda: self._call(depth),
            lambda: f"{left} {self._pick(*_BINARY)} {right}", lambda: f"{left} {self._pick(*_BINARY)} {right}", lambda: f"({left} {self._pick(*_BINARY)} {right})",
            lambda: f"{self._pick('-', '!', '+')}{left}", lambda: f"[{left}, {right}]", lambda: f"#{{a: {left}, k: {right}}}", lambda: f"`<${{{left}}}|${{{right}}}>`",
            lambda: f"{self._variable()}[{left}]", lambda: f"{self._variable()}{self._pick('.', '?.')}{self._pick(*PROPERTIES)}", lambda: f"{self._variable()}?[{left}]",
            self._lvalue, lambda: f"if {self._condition()} {{ {left} }} else {{ {right} }}", lambda: self._switch(0), lambda: f"{{ let x = {left}; {right} }}",
            lambda: self._closure(depth - 1), lambda: f"({self._closure(depth - 1)}).call({left})", lambda: f"loop {{ break {left}; }}",
            lambda: f"{self._pick('f0', 'f1', 'f2', 'rec', 'thrower', 'hidden', 'len', 'caller', 'early', 'outer', 'work', 'nope')}({self._pick('', left, left, left + ', ' + right)})",
            lambda: f"{self._pick('mod::f', 'mod::own', 'mod::fails', 'mod::hidden', 'sub::g', 'sub::inner::f', 'mod::back', 'mod::throws', 'x::y')}({self._pick('', left)})" if self._imported else left,
            lambda: self._pick("mod::LIMIT", "mod::list", "mod::secret", "mod::nope", "sub::Z", "mod::list[0]") if self._imported else right,
            lambda: f"for x in {self._iterable()} {{ if x == 1 {{ break {left}; }} }}", lambda: f"{left} ?? {self._pick('return 5', 'throw 1', right)}",
            lambda: f"eval({self._pick(*self._texts())})", lambda: f"{left}.{self._method_of(self._pick(*METHODS))}", lambda: f"{left}[{right}]",
        ])()  # fmt: skip
