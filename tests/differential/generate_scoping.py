# ruff: noqa: E501 - alternatives of one kind stand in rows

"""Random programs about names: which declaration a name means where `eval`, blocks, loops, handlers, closures, functions
in their caller's scope and modules declare, shadow, capture and export the same few names as variables and constants.
"""

from __future__ import annotations

import random
from typing import Any

_NAMES = ("a", "b", "c", "k")
_VALUES = (
    "1", "0", "-2", "7", "2.5", "true", "()", '"abc"', "'x'", "[1]", "[1, [2]]", "[]", "#{x: 1}", "#{x: [1], y: #{z: 2}}",
    "1..4", "blob(2, 5)", "`t${1}`",
)  # fmt: skip
_MODULE = """\
export const a = 10; export let b = [1, 2]; const own = 3; let c = #{x: 1}; export c as d; fn g0() { 70 } fn g1(x) { x * 2 }
fn me() { this } fn put(x) { this = x; x } fn reads() { global::own } fn text() { eval("let a = 5; a + 1") }
private fn hidden() { 1 } fn calls(f) { f.call(4) } fn both(x, y) { let a = x; { let x = y; a += x; } a }"""
MODULES = [
    ["mod", _MODULE],
    ["sub", 'import "mod" as inner; import "mod" as b; fn g1(x) { inner::g1(x) } export const k = inner::a + 1; fn list() { b::b }'],
]  # fmt: skip
_FUNCTIONS = (
    "fn me() { this }", "fn put(x) { this = x; x }", "fn grow(x) { this.push(x); this }", "fn up() { this += 1; }",
    "fn field() { this.x = 5; this.y }", "fn item(x) { this[0] = x; this.len() }", "fn twice() { let a = this; a += a; a }",
)  # fmt: skip
_METHODS = (
    "len()", "push({e})", "pop()", "clear()", "me()", "put({e})", "grow({e})", "up()", "field()", "item({e})", "twice()",
    "x", "x.y", "x.push({e})", "y.z", "contains({e})", "map(|a| {e})", "for_each(|b| this = {e})", "filter(|| {e} == this)",
    "call({e})", "call()", "remove({e})", "insert(0, {e})", "keys()", "take()", "type_of()", "is_shared()", "to_string()",
    "reverse()", "trim()", "set({e}, {e})", "get({e})", "truncate(1)", "fill_with(#{y: {e}})", "append({e})", "chop(1)",
)  # fmt: skip
_BINARY = ("+", "-", "*", "==", "!=", "<", ">", "&&", "||", "??", "in", "..", "|", "<<", "%")
_ASSIGN = ("=", "=", "=", "+=", "-=", "*=", "|=", "<<=")


class ScopingGenerator:
    """One program per instance."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._imported = False
        self._loops = 0
        self._evals = 0
        self._serial = 0

    def program(self) -> str:
        """Functions, then statements, most of them about the same four names; perhaps the value of one at the end."""
        lines = self._random.sample(_FUNCTIONS, self._random.randint(0, 5))
        lines += [self._function(name) for name in ("g0", "g1") if self._chance(0.6)]
        if self._chance(0.25):
            lines.append(self._import())
        lines += [self._let(1) for _ in range(self._random.randint(0, 3))]
        lines += [self._statement(3) for _ in range(self._random.randint(2, 6))]
        if self._chance(0.5):
            lines.append(self._operand(2))
        return "\n".join(lines)

    def options(self) -> dict[str, Any]:
        """What the program needs of its engine."""
        return {"modules": MODULES} if self._imported else {}

    def _pick(self, *options: str) -> str:
        return self._random.choice(options)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _name(self) -> str:
        return self._pick(*_NAMES)

    def _fresh(self) -> str:
        self._serial += 1
        return f"w{self._serial}"

    def _fill(self, text: str, depth: int) -> str:
        while "{e}" in text:
            text = text.replace("{e}", self._operand(depth - 1), 1)
        return text

    # --- definitions

    def _function(self, name: str) -> str:
        loops, self._loops = self._loops, 0
        parameters = "" if name == "g0" else self._name()
        body = " ".join(self._statement(2) for _ in range(self._random.randint(1, 3)))
        self._loops = loops
        return f"fn {name}({parameters}) {{ {body} {self._operand(1)} }}"

    def _import(self) -> str:
        self._imported = True
        path = self._pick("mod", "mod", "sub")
        return self._pick(
            f'import "{path}" as {self._name()};',
            f'import "{path}" as m;',
            f'import "{path}" as m;',
            f'import "{path}";',
        )

    def _let(self, depth: int) -> str:
        word = self._pick("let", "let", "let", "const")
        export = "export " if self._chance(0.03) and depth > 2 and not self._evals else ""
        value = "" if word == "let" and self._chance(0.08) else f" = {self._expression(depth)}"
        return f"{export}{word} {self._name()}{value};"

    # --- statements

    def _statement(self, depth: int) -> str:
        name = self._name()
        kinds = [
            lambda: self._let(depth), lambda: self._let(depth), lambda: f"{self._place(depth)} {self._pick(*_ASSIGN)} {self._expression(depth)};",
            lambda: f"{self._place(depth)} {self._pick(*_ASSIGN)} {self._expression(depth)};", lambda: f"print({self._expression(depth)});", lambda: f"print({name});",
            lambda: f'print(is_def_var("{name}"));', lambda: f"{self._method(depth)};", lambda: f"{self._eval(depth)};", lambda: f"{self._eval(depth)};",
            lambda: f"print([{', '.join(self._random.sample(_NAMES, 2))}]);", lambda: f"{self._call(depth)};",
        ]  # fmt: skip
        if depth > 0:
            kinds += [
                lambda: self._block(depth), lambda: self._block(depth), lambda: f"if {self._condition(depth)} {self._block(depth)}{self._pick('', ' else ' + self._block(depth))}",
                lambda: self._for(depth), lambda: self._while(depth), lambda: self._try(depth), lambda: self._try(depth), lambda: self._closure(depth),
                lambda: self._switch(depth) + ("" if self._chance(0.5) else ";"), lambda: f"let {name} = {self._loop(depth)};",
            ]  # fmt: skip
            if self._chance(0.1):
                kinds += [
                    self._import,
                    lambda: f"print({self._qualified(depth)});",
                    lambda: f"export {name};" if depth == 3 and not self._evals else ";",
                ]
        if self._loops:
            kinds.append(lambda: f"if {self._condition(0)} {{ {self._pick('break;', 'continue;')} }}")
        if self._chance(0.05):
            kinds.append(lambda: f"if {self._condition(0)} {{ {self._pick('return', 'throw')} {self._operand(1)}; }}")
        text = self._random.choice(kinds)()
        guarded = self._chance(0.2) and not text.startswith(("let", "const", "export", "import"))
        return f"try {{ {text} }} catch ({name}) {{ print({name}); }}" if guarded else text

    def _block(self, depth: int) -> str:
        body = [self._statement(depth - 1) for _ in range(self._random.randint(1, 3))]
        if self._chance(0.4):
            body.append(self._operand(depth - 1))
        return "{ " + " ".join(body) + " }"

    def _looped(self, depth: int) -> str:
        self._loops += 1
        block = self._block(depth)
        self._loops -= 1
        return block

    def _for(self, depth: int) -> str:
        names = self._name() if self._chance(0.8) else "({}, {})".format(*self._random.sample(_NAMES, 2))
        return f"for {names} in {self._pick('0..2', '[1, [2]]', self._name(), self._operand(1))} {self._looped(depth)}"

    def _while(self, depth: int) -> str:
        counter = self._fresh()
        body = f"{{ {counter} += 1; {self._looped(depth)[1:]}"
        return self._pick(
            f"let {counter} = 0; while {counter} < 2 {body}", f"let {counter} = 0; do {body} until {counter} > 1;",
            f"let {counter} = 0; loop {{ if {counter} > 1 {{ break; }} {body[1:]}",
        )  # fmt: skip

    def _loop(self, depth: int) -> str:
        return f"loop {{ {self._statement(depth - 1)} break {self._operand(1)}; }}"

    def _try(self, depth: int) -> str:
        thrown = f"throw {self._operand(1)};" if self._chance(0.5) else ""
        bound = f" ({self._name()})" if self._chance(0.8) else ""
        loops, self._loops = self._loops, 0
        block = self._block(depth)
        self._loops = loops
        return (
            f"try {{ {thrown if self._chance(0.3) else ''} {block[1:-1]} {thrown} }} catch{bound} {self._block(depth)}"
        )

    def _closure(self, depth: int) -> str:
        name, parameters = self._name(), self._pick("", self._name(), self._name(), "a, b")
        loops, self._loops = self._loops, 0
        body = self._block(depth) if self._chance(0.6) else self._operand(depth - 1)
        self._loops = loops
        values = ", ".join(self._operand(1) for _ in filter(None, parameters.split(", ")))
        call = self._pick(
            f"{name}.call({values})",
            f"{name}.call({values})",
            f"call({name}{', ' if values else ''}{values})",
            f"{self._name()}.call({name}{', ' if values else ''}{values})",
        )
        return f"let {name} = |{parameters}| {body}; print({call});"

    def _switch(self, depth: int) -> str:
        arms = []
        for _ in range(self._random.randint(0, 3)):
            label = self._pick(
                "1", "0 | 7", '"abc"', "0..3", "..=5", "3..", "()", "true", "'x'", "[1]", "2.5", "#{x: 1}", "-2"
            )
            guard = f" if {self._condition(0)}" if self._chance(0.25) else ""
            arms.append(f"{label}{guard} => {self._block(depth - 1) if self._chance(0.5) else self._operand(1)}")
        if self._chance(0.7):
            arms.append(f"_ => {self._block(depth - 1) if self._chance(0.5) else self._operand(1)}")
        return f"switch {self._pick(self._name(), self._operand(1))} {{ {', '.join(arms)} }}"

    # --- expressions

    def _place(self, depth: int) -> str:
        name = self._name()
        return self._pick(
            name, name, name, f"{name}[{self._operand(0)}]", f"{name}[0]", f"{name}.x", f"{name}.x[0]", f"{name}.y.z", f'{name}["x"]', f"{name}?.x",
            f"{name}[0..2]", f"{name}[{self._eval(depth)}]" if depth > 1 else name, "this", "this.x",
        )  # fmt: skip

    def _eval(self, depth: int) -> str:
        if self._evals > 1:
            return 'eval("1")'
        self._evals += 1
        loops, self._loops = self._loops, 0
        name = self._name()
        text = self._pick(
            f"let {name} = {self._pick(*_VALUES)};", f"let {name} = {self._pick(*_VALUES)}; {name}", f"const {name} = {self._pick(*_VALUES)};", name,
            f"{name} = {self._operand(1)}; {name}", self._statement(max(depth - 1, 0)), f"{self._statement(0)} {self._statement(0)} {self._operand(1)}", self._operand(1),
            f"fn g0() {{ {self._operand(1)} }} g0()", f"let {name} = |{self._name()}| {self._operand(1)}; {name}", f"{{ let {name} = 3; {self._operand(1)} }}",
        )  # fmt: skip
        self._loops = loops
        self._evals -= 1
        quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
        return f'eval("{quoted}")'

    def _call(self, depth: int) -> str:
        return self._fill(
            self._pick(
                "g0()", "g0!()", "g1({e})", "g1!({e})", f"g1({self._name()})", f"{self._name()}.g0()", f"{self._name()}.g1({{e}})", "f.call({e})", f"{self._name()}.call({{e}})",
                f"take({self._name()})", f"push({self._name()}, {{e}})", f"is_shared({self._name()})", 'Fn("g1").call({e})', 'Fn("g1").curry({e}).call()', 'is_def_fn("g0", 0)',
                f"{self._name()}({{e}})", f"type_of({self._name()})", f"clear({self._name()})", "print({e})",
            ),
            depth,
        )  # fmt: skip

    def _qualified(self, depth: int) -> str:
        root = self._pick("m", "m", self._name())
        return self._fill(
            self._pick(
                f"{root}::a", f"{root}::b", f"{root}::g0()", f"{root}::g1({{e}})", f"{root}::both({{e}}, {{e}})", f"{root}::inner::g1({{e}})", f"{root}::reads()", f"{root}::text()",
                f"{root}::calls(|{self._name()}| {{e}})", f"{root}::b[0]", f"{root}::k", f"{root}::list()", f"{root}::hidden()", f"{root}::b.push({{e}})", f"{root}::inner::b", f"{root}::d.x",
            ),
            depth,
        )  # fmt: skip

    def _method(self, depth: int) -> str:
        name = self._name()
        root = self._pick(
            name,
            name,
            name,
            name,
            f"{name}[0]",
            f"{name}.x",
            f"({name} ?? {self._operand(0)})",
            f"({self._operand(max(depth - 1, 0))})",
            f"{{ {name} }}" if depth > 9 else name,
        )
        return f"{root}{self._pick('.', '.', '.', '.', '?.')}{self._fill(self._pick(*_METHODS), depth)}"

    def _condition(self, depth: int) -> str:
        return self._pick(
            "true",
            "false",
            f"{self._name()} == {self._operand(0)}",
            f"{self._name()} > 0",
            self._operand(max(depth - 1, 0)),
            f'is_def_var("{self._name()}")',
        )

    def _expression(self, depth: int) -> str:
        """What may stand alone: closures included."""
        if depth > 0 and self._chance(0.08):
            return f"|{self._pick('', self._name())}| {self._operand(depth - 1)}"
        return self._operand(depth)

    def _operand(self, depth: int) -> str:
        if depth <= 0 or self._chance(0.25):
            return self._name() if self._chance(0.6) else self._pick(*_VALUES)
        less = depth - 1
        return self._random.choice([
            lambda: self._call(depth), lambda: self._method(depth), lambda: self._method(depth), lambda: self._eval(depth), lambda: self._eval(depth), lambda: self._place(less),
            lambda: f"({self._operand(less)} {self._pick(*_BINARY)} {self._operand(less)})", lambda: f"({self._operand(less)} {self._pick(*_BINARY)} {self._operand(less)})",
            lambda: f"[{self._operand(less)}, {self._operand(less)}]", lambda: f"#{{x: {self._operand(less)}, y: {self._operand(less)}}}", lambda: f"`${{{self._operand(less)}}}|${{{self._statement(0)} {self._operand(0)}}}`",
            lambda: f"(if {self._condition(less)} {self._block(less)} else {self._block(less)})", lambda: f"({self._switch(less)})", lambda: f"({self._block(less)})", lambda: f"({self._loop(less)})",
            lambda: f"(|{self._pick('', self._name())}| {self._operand(less)}).call({self._operand(0)})", lambda: f"global::{self._name()}", lambda: f"({self._name()} ?? {self._operand(less)})",
            lambda: self._qualified(depth) if self._imported else self._name(),
        ])()  # fmt: skip
