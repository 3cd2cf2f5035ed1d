# ruff: noqa: E501 - alternatives of one kind stand in rows

"""Random programs about numbers: hot loops and functions over integers, floats and booleans, close to the overflow.

They are what type inference, specialisation and native code work on: parameters of changing type, variables that turn
from INT to FLOAT in the middle of a loop, arithmetic that fails in one round out of many.
"""

from __future__ import annotations

import random

from tests.differential.operators import ON_NUMBERS

_INTS = (
    "0",
    "1",
    "2",
    "3",
    "-1",
    "7",
    "10",
    "63",
    "64",
    "1000",
    "65536",
    "4294967296",
    "4611686018427387904",
    "9223372036854775807",
    "-9223372036854775808",
)
_FLOATS = ("0.0", "1.0", "0.5", "-2.0", "1e10", "1e308", "0.1")
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


class NumberGenerator:
    """One program per instance."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._loops = 0

    def program(self) -> str:
        functions = [self._function(f"f{index}", index) for index in range(3)]
        body = [
            *functions,
            "let i = 0; let n = 1; let x = 1.5; let s = 0; let a = [1, 2, 3]; let t = true;",
            *(self._guarded(self._statement(("i", "n", "s"), 2, calls=3)) for _ in range(self._random.randint(2, 6))),
            *(self._call(3) for _ in range(4)),
            "print(i); print(n); print(x); print(s); print(a); print(t);",
        ]
        return "\n".join(body)

    def _pick(self, *options: str) -> str:
        return self._random.choice(options)

    def _guarded(self, text: str) -> str:
        return f"try {{ {text} }} catch (e) {{ print(e); }}"

    def _call(self, calls: int) -> str:
        arguments = ", ".join(self._pick(*_INTS, *_INTS, *_FLOATS, "true", '"s"', "[1]", "()") for _ in range(2))
        return self._guarded(f"print(f{self._random.randrange(calls)}({arguments}));")

    def _function(self, name: str, calls: int) -> str:
        body = " ".join(self._statement(("p", "q", "r"), 2, calls=calls) for _ in range(self._random.randint(1, 4)))
        end = self._pick(
            "r", "p", "[p, q, r]", "r + p", "return q;", f"if {self._condition(('p', 'q', 'r'))} {{ p }} else {{ r }}"
        )
        return f"fn {name}(p, q) {{ let r = {self._pick('0', '1', '0.0', 'p', 'p + q')}; {body} {end} }}"

    def _value(self, names: tuple[str, ...], depth: int, calls: int) -> str:
        chance = self._random.random()
        if depth <= 0 or chance < 0.3:
            return self._pick(*names, *names, *_INTS[:9], self._pick(*_INTS), self._pick(*_FLOATS))
        left, right = self._value(names, depth - 1, calls), self._value(names, depth - 1, calls)
        if chance < 0.75:
            return f"({left} {self._pick(*ON_NUMBERS)} {right})"
        return self._pick(
            f"(-{names[0]})", f"abs({left})", f"max({left}, {right})", f"min({left}, {right})", f"({left}).to_float()",
            f"(if {self._condition(names)} {{ {left} }} else {{ {right} }})", f"[{left}, {right}][{self._pick('0', '1', names[0])}]",
            f"f{self._random.randrange(calls)}({left}, {right})" if calls else left, f"({left} % 5)", f"({left} & 255)",
        )  # fmt: skip

    def _condition(self, names: tuple[str, ...]) -> str:
        left, right = self._value(names, 1, 0), self._value(names, 1, 0)
        text = f"({left} {self._pick(*_COMPARISONS)} {right})"
        return self._pick(text, text, text, f"({text} && {names[0]} != 3)", f"!{text}", f"({text} || {names[1]} == 0)")

    def _statement(self, names: tuple[str, ...], depth: int, *, calls: int) -> str:
        name, value = self._pick(*names), self._value(names, 2, calls)
        kinds = [
            f"{name} = {value};",
            f"{name} {self._pick('+=', '-=', '*=', '+=', '/=', '%=', '<<=', '&=', '^=')} {value};",
            f"{name} += 1;",
        ]
        if depth:
            kinds += [
                self._loop(names, depth, calls),
                self._loop(names, depth, calls),
                f"if {self._condition(names)} {{ {self._block(names, depth, calls)} }} else {{ {self._block(names, depth, calls)} }}",
            ]
        return self._random.choice(kinds)

    def _block(self, names: tuple[str, ...], depth: int, calls: int) -> str:
        return " ".join(self._statement(names, depth - 1, calls=calls) for _ in range(self._random.randint(1, 3)))

    def _loop(self, names: tuple[str, ...], depth: int, calls: int) -> str:
        self._loops += 1
        counter, rounds = f"k{self._loops}", self._pick("3", "10", "40")
        inside = (*names, counter)
        body = self._block(inside, depth, calls if rounds == "3" else 0)
        leave = (
            f"if {self._condition(inside)} {{ {self._pick('break', 'continue')}; }}"
            if self._random.random() < 0.3
            else ""
        )
        return self._pick(
            f"for {counter} in 0..{rounds} {{ {body} {leave} }}",
            f"for {counter} in 1..={rounds} {{ {leave} {body} }}",
            f"for {counter} in range({rounds}, 0, -1) {{ {body} }}",
            f"let {counter} = 0; while {counter} < {rounds} {{ {counter} += 1; {body} {leave} }}",
            f"let {counter} = 0; loop {{ {counter} += 1; if {counter} > {rounds} {{ break; }} {leave} {body} }}",
            f"let {counter} = {rounds}; do {{ {counter} -= 1; {body} }} while {counter} > 0;",
        )  # fmt: skip
