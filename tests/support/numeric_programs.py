"""Generated programs of numbers: nested loops, recursion, arrays, and everything that can go wrong in them.

Every program ends; many end with an error. Literals are chosen near the places where arithmetic breaks.
"""

from __future__ import annotations

import random

INTS = (
    0,
    1,
    2,
    3,
    5,
    7,
    -1,
    -2,
    63,
    64,
    100,
    1 << 31,
    (1 << 31) - 1,
    1 << 32,
    3037000500,
    (1 << 62) + 5,
    (1 << 63) - 1,
)
FLOATS = ("0.0", "1.0", "-1.5", "0.1", "3.0", "1e308", "1e-308", "2.5e-9", "4.0", "1e16")


class NumericProgram:
    """Makes one program from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names = 0
        self.loops = 0
        self.in_function: str | None = None
        self.result = "int"

    def text(self) -> str:
        """The whole program."""
        lines = [*self.functions(), "let trace = [];"]
        scope = {"a": "int", "b": "int", "x": "float", "y": "float", "p": "bool", "v": "int[]", "w": "float[]"}
        lines += [f"let a = {self.int_literal()};", f"let b = {self.random.choice((1, 2, 3, 10))};"]
        lines += [
            f"let x = {self.float_literal()};",
            "let y = 2.5;",
            f"let p = {self.random.choice(('true', 'false'))};",
        ]
        lines += ["let v = [1, 2, 3, 4, 5];", "let w = [0.5, 1.5, -2.0];"]
        guarded = self.random.random() < 0.5
        for _ in range(self.random.randint(1, 3)):
            body = self.loop(scope, 2)
            if guarded and self.random.random() < 0.7:
                body = [
                    "try {", *body,
                    '} catch (error) { trace.push(if type_of(error) == "map" { error.error } else { error }); }',
                ]  # fmt: skip
            lines += body
        lines.append("[a, b, x, y, p, v, w, trace]")
        return "\n".join(lines)

    # ---- functions --------------------------------------------------------------------------------------------------

    def functions(self) -> list[str]:
        lines = []
        scope = {"n": "int", "m": "int"}
        self.result = "int"
        self.in_function = "down"
        lines += [
            "fn down(n, m) {",
            f"if n <= {self.random.choice((0, 1, 2))} {{ return {self.expr('int', scope, 1)}; }}",
        ]
        lines += self.statements(scope, 1, 2)
        step = self.random.choice(("n - 1", "n - 2", "n / 2"))
        lines += [f"down({step}, {self.expr('int', scope, 1)}) + {self.expr('int', scope, 1)}", "}"]
        scope = {"s": "float", "n": "int"}
        self.in_function = "walk"
        self.result = "float"
        lines += ["fn walk(s, n) {", *self.loop(scope, 1), f"s + {self.expr('float', scope, 1)}", "}"]
        scope = {"v": "int[]", "n": "int"}
        self.in_function = "total"
        self.result = "int"
        lines += ["fn total(v, n) {", "let t = 0;", "for item in v {"]
        scope |= {"t": "int", "item": "int"}
        lines += ["t += item % 1000;", *self.statements({k: s for k, s in scope.items() if k != "v"}, 1, 1), "}"]
        lines += [f"if n > 3 {{ v.push({self.expr('int', scope, 1)}); v[0] = t; }}", "t + v.len()", "}"]
        scope = {"n": "int"}
        self.in_function = "make"
        lines += [
            "fn make(n) {",
            "let r = [];",
            "for i in 0..n % 7 {",
            f"r.push({self.expr('int', scope | {'i': 'int'}, 1)});",
        ]
        lines += ["}", "if n > 50 { r.pad(n % 11, 4); }", "r", "}"]
        self.in_function = None
        return lines

    # ---- statements -------------------------------------------------------------------------------------------------

    def fresh(self) -> str:
        self.names += 1
        return f"t{self.names}"

    def loop(self, scope: dict[str, str], depth: int) -> list[str]:
        """A loop that surely ends."""
        self.loops += 1
        scope = dict(scope)
        name = self.fresh()
        turns = self.random.choice((0, 1, 3, 9, 40))
        kind = self.random.choice(("range", "inclusive", "while", "loop", "do", "until"))
        body_scope = scope | {name: "const int"}
        if kind in ("range", "inclusive"):
            low = self.random.choice(("0", "1", "-3", "b % 5" if "b" in scope else "2"))
            dots = ".." if kind == "range" else "..="
            return [f"for {name} in {low}{dots}{turns} {{", *self.body(body_scope, depth), "}"]
        lines = [f"let {name} = 0;"]
        if kind == "while":
            test = f"{name} < {turns}"
            if self.random.random() < 0.3:
                test = f"{test} && {self.condition(scope)}"
            return [*lines, f"while {test} {{", f"{name} += 1;", *self.body(body_scope, depth), "}"]
        if kind == "loop":
            out = f"if {name} >= {turns} {{ break; }}"
            return [*lines, "loop {", f"{name} += 1;", out, *self.body(body_scope, depth), "}"]
        test = f"while {name} < {turns}" if kind == "do" else f"until {name} >= {turns}"
        inner = self.body(body_scope, depth, jumps=False)
        return [*lines, "do {", f"{name} += 1;", *inner, f"}} {test};"]

    def body(self, scope: dict[str, str], depth: int, *, jumps: bool = True) -> list[str]:
        lines = self.statements(scope, depth, self.random.randint(1, 4))
        if jumps and self.random.random() < 0.25:
            jump = self.random.choice(("break", "continue"))
            lines.insert(self.random.randint(0, len(lines)), f"if {self.condition(scope)} {{ {jump}; }}")
        if self.in_function and jumps and self.random.random() < 0.1:
            lines.append(f"if {self.condition(scope)} {{ return {self.expr(self.result, scope, 1)}; }}")
        return lines

    def statements(self, scope: dict[str, str], depth: int, count: int) -> list[str]:
        lines: list[str] = []
        for _ in range(count):
            lines += self.statement(scope, depth)
        return lines

    def statement(self, scope: dict[str, str], depth: int) -> list[str]:
        choice = self.random.random()
        if choice < 0.15 and depth > 0 and self.loops < 6:
            return self.loop(scope, depth - 1)
        if choice < 0.35:
            lines = [f"if {self.condition(scope)} {{", *self.statements(dict(scope), depth - 1, 1)]
            if self.random.random() < 0.5:
                lines += ["} else {", *self.statements(dict(scope), depth - 1, 1)]
            return [*lines, "}"]
        if choice < 0.42:
            pattern = self.random.choice(("0 => {0}, 1 | 2 => {1}, _ => {2}", "7 if {3} => {1}, 0..5 => {0}, _ => {2}"))
            name = self.target(scope, "int")
            if name is not None:
                values = [self.expr("int", scope, 1) for _ in range(3)]
                arms = pattern.format(*values, self.condition(scope))
                return [f"{name} = switch {self.expr('int', scope, 1)} % 9 {{ {arms} }};"]
        if choice < 0.55:
            changed = self.array_change(scope)
            if changed:
                return changed
        if choice < 0.65:
            name, kind = self.fresh(), self.random.choice(("int", "float", "bool"))
            line = f"let {name} = {self.expr(kind, scope, 2)};"
            scope[name] = kind
            return [line]
        return self.assignment(scope)

    def assignment(self, scope: dict[str, str]) -> list[str]:
        kind = self.random.choice(("int", "int", "float", "bool"))
        name = self.target(scope, kind)
        if name is None:
            return []
        if kind == "bool":
            return [f"{name} = {self.condition(scope)};"]
        signs = ("=", "=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^=", "**=")
        sign = self.random.choice(signs if kind == "int" else ("=", "=", "+=", "-=", "*=", "/="))
        return [f"{name} {sign} {self.expr(kind, scope, 2)};"]

    def target(self, scope: dict[str, str], kind: str) -> str | None:
        names = [name for name, found in scope.items() if found == kind]
        return self.random.choice(names) if names else None

    def array_change(self, scope: dict[str, str]) -> list[str]:
        kind = self.random.choice(("int", "float"))
        name = self.target(scope, kind + "[]")
        if name is None:
            return []
        value = self.expr(kind, scope, 1)
        index = self.random.choice(
            ("0", "1", "-1", "2", f"{self.expr('int', scope, 1)} % 4", self.expr("int", scope, 0))
        )
        sign = self.random.choice(("=", "+=", "*="))
        push = f"if {name}.len() < 40 {{ {name}.push({value}); }}"
        return [
            self.random.choice(
                (f"{name}[{index}] {sign} {value};", push, f"{name}.pad({name}.len() % 9 + 1, {value});")
            )
        ]

    # ---- expressions ------------------------------------------------------------------------------------------------

    def int_literal(self) -> str:
        value = self.random.choice(INTS)
        return f"({value})" if value < 0 else str(value)

    def float_literal(self) -> str:
        value = self.random.choice(FLOATS)
        return f"({value})" if value[0] == "-" else value

    def condition(self, scope: dict[str, str]) -> str:
        return self.expr("bool", scope, 2)

    def leaf(self, kind: str, scope: dict[str, str]) -> str:
        names = [name for name, found in scope.items() if found.removeprefix("const ") == kind]
        if names and self.random.random() < 0.7:
            return self.random.choice(names)
        if kind == "int":
            return self.int_literal()
        return self.float_literal() if kind == "float" else self.random.choice(("true", "false"))

    def expr(self, kind: str, scope: dict[str, str], depth: int) -> str:
        """An expression of a kind."""
        if depth <= 0 or self.random.random() < 0.25:
            return self.leaf(kind, scope)
        return {"int": self.int_expr, "float": self.float_expr, "bool": self.bool_expr}[kind](scope, depth - 1)

    def int_expr(self, scope: dict[str, str], depth: int) -> str:
        left, right = self.expr("int", scope, depth), self.expr("int", scope, depth)
        choice = self.random.random()
        if choice < 0.55:
            return f"({left} {self.random.choice(('+', '-', '*', '/', '%', '+', '-', '*'))} {right})"
        if choice < 0.68:
            return f"({left} {self.random.choice(('&', '|', '^', '<<', '>>', '**'))} {right})"
        if choice < 0.74:
            return f"(if {self.expr('bool', scope, depth)} {{ {left} }} else {{ {right} }})"
        if choice < 0.8:
            return self.random.choice((f"(-{left})", f"{left}.abs()", f"max({left}, {right})", f"min({left}, {right})"))
        array = self.target(scope, "int[]")
        if array is not None and choice < 0.9:
            return self.random.choice((f"{array}[{left} % 6]", f"{array}.len()", f"{array}[{right}]"))
        if self.in_function is None and choice < 0.97:
            call = self.random.choice(("down({0} % 20, {1} % 50)", "down({0} % 70, 1)", "total({2}, {0} % 9)"))
            return call.format(left, right, array or "[1, 2, 3]")
        return f"make({left} % 100).len()" if self.in_function is None else left

    def float_expr(self, scope: dict[str, str], depth: int) -> str:
        left, right = self.expr("float", scope, depth), self.expr("float", scope, depth)
        choice = self.random.random()
        if choice < 0.6:
            return f"({left} {self.random.choice('+-*/')} {right})"
        if choice < 0.75:
            sign, whole = self.random.choice("+-*/"), self.expr("int", scope, depth)
            return self.random.choice((f"({left} {sign} {whole})", f"({whole} {sign} {right})", f"{whole}.to_float()"))
        array = self.target(scope, "float[]")
        if array is not None and choice < 0.85:
            return f"{array}[{self.random.choice(('0', '1', '-1', '5'))}]"
        if self.in_function is None and choice < 0.9:
            return f"walk({left}, {self.expr('int', scope, depth)} % 30)"
        forms = ("{0}.abs()", "{0}.sqrt()", "sqrt({0})", "{0}.floor()", "{0}.ceiling", "max({0}, {1})", "(-{0})")
        return self.random.choice(forms).format(left, right)

    def bool_expr(self, scope: dict[str, str], depth: int) -> str:
        choice = self.random.random()
        sign = self.random.choice(("<", "<=", ">", ">=", "==", "!="))
        if choice < 0.4:
            return f"({self.expr('int', scope, depth)} {sign} {self.expr('int', scope, depth)})"
        if choice < 0.6:
            return f"({self.expr('float', scope, depth)} {sign} {self.expr('float', scope, depth)})"
        if choice < 0.65:
            return f"({self.expr('float', scope, depth)} {sign} {self.expr('int', scope, depth)})"
        if choice < 0.85:
            sign = self.random.choice(("&&", "||", "&", "|", "^", "=="))
            return f"({self.expr('bool', scope, depth)} {sign} {self.expr('bool', scope, depth)})"
        if choice < 0.92:
            return f"(!{self.expr('bool', scope, depth)})"
        return f"{self.expr('int', scope, depth)}.is_odd()"


def numeric_program(seed: int) -> str:
    """The program of a seed."""
    return NumericProgram(seed).text()
