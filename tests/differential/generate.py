"""Writes random programs: valid ones by walking the grammar, and nearly valid ones by disturbing their tokens.

Programs are deterministic and small: loops are bounded, nothing reads a clock, and one seed always gives one program.
Expressions are chosen by the type that is wanted, so that most programs run to their end; a few choices on purpose
ignore the type and lead to run-time errors.
"""

# ruff: noqa: E501 - alternatives of one kind stand in rows

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

_TYPES = ("int", "float", "bool", "string", "char", "array", "map", "unit", "range")
_WEIGHTS = (10, 4, 5, 6, 2, 6, 4, 1, 1)
_NAMES = ("a", "b", "c", "d", "e", "n", "x", "y", "z")
_KEYS = ("a", "b", "k", "len")
_TEXTS = ('""', '"a"', '"abc"', '"x y"', '"1"', '"é"', "`t`", '#"raw"#', '"\\n\\""')
_INTS = ("0", "1", "2", "3", "5", "7", "-1", "-2", "10", "64", "255", "1000000", "9223372036854775807", "0x1f", "1_000")
_FLOATS = ("0.0", "1.0", "0.5", "-2.5", "1e3", "3.25", "1e-3")
_CHARS = ("'a'", "'z'", "'é'", "'1'", "'\\n'")
_MISTAKE = 0.015


@dataclass
class _Scope:
    """Names visible at one place, with the type each is believed to hold."""

    variables: dict[str, str] = field(default_factory=dict)
    constants: set[str] = field(default_factory=set)
    in_loop: bool = False
    in_function: bool = False

    def child(self, **changes: bool) -> _Scope:
        return _Scope(
            dict(self.variables),
            set(self.constants),
            changes.get("in_loop", self.in_loop),
            changes.get("in_function", self.in_function),
        )


class ProgramGenerator:
    """One program per instance; `program` may be called once."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._functions: dict[str, int] = {}
        self._serial = 0

    def program(self) -> str:
        """Function definitions and statements, one per line, in random order of definition and use."""
        functions = [self._function(name) for name in ("f", "g", "h")[: self._random.randrange(4)]]
        scope = _Scope()
        body = [self._statement(scope, 3) for _ in range(self._random.randint(2, 9))]
        body.append(_operand(self._expression(self._some_type(), scope, 3)))
        for text in functions:
            body.insert(self._random.randrange(len(body)) if self._random.random() < 0.3 else 0, text)
        return "\n".join(body)

    # --- choices

    def _pick(self, *options: str) -> str:
        return self._random.choice(options)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _some_type(self) -> str:
        return self._random.choices(_TYPES, _WEIGHTS)[0]

    def _fresh(self) -> str:
        self._serial += 1
        return f"{self._pick('t', 'u', 'v')}{self._serial}"

    def _variable(self, wanted: str, scope: _Scope, *, mutable: bool = False) -> str | None:
        names = [
            name
            for name, held in scope.variables.items()
            if held == wanted and not (mutable and name in scope.constants)
        ]
        return self._random.choice(names) if names else None

    # --- statements

    def _function(self, name: str) -> str:
        parameters = [f"p{index}" for index in range(self._random.randrange(3))]
        scope = _Scope(in_function=True)
        for parameter in parameters:
            scope.variables[parameter] = self._some_type()
        body = [self._statement(scope, 2) for _ in range(self._random.randrange(3))]
        body.append(_operand(self._expression(self._some_type(), scope, 2)))
        self._functions[name] = len(parameters)
        private = "private " if self._chance(0.1) else ""
        return f"{private}fn {name}({', '.join(parameters)}) {{ {' '.join(body)} }}"

    def _block(self, scope: _Scope, depth: int, **changes: bool) -> str:
        inner = scope.child(**changes)
        body = [self._statement(inner, depth - 1) for _ in range(self._random.randint(0, 3))]
        if self._chance(0.5):
            body.append(_operand(self._expression(self._some_type(), inner, depth - 1)))
        return "{ " + " ".join(body) + " }"

    def _statement(self, scope: _Scope, depth: int) -> str:
        kinds = [self._let, self._let, self._assign, self._assign, self._show, self._show, self._mutate]
        if depth > 0:
            kinds += [self._if, self._for, self._while, self._switch, self._try, self._bare, self._closure, self._do]
        if scope.in_loop:
            kinds.append(self._leave_loop)
        if scope.in_function or self._chance(0.05):
            kinds.append(self._leave)
        text = self._random.choice(kinds)(scope, depth)
        if text.startswith(("let ", "const ")) or self._chance(0.6):
            return text
        return f"try {{ {text} }} catch (err) {{ print(err); }}"

    def _let(self, scope: _Scope, depth: int) -> str:
        wanted, name = self._some_type(), self._random.choice(_NAMES)
        value = self._expression(wanted, scope, depth)
        keyword = "const" if self._chance(0.15) else "let"
        scope.variables[name] = wanted
        scope.constants.discard(name)
        if keyword == "const":
            scope.constants.add(name)
        return f"{keyword} {name} = {value};"

    def _assign(self, scope: _Scope, depth: int) -> str:
        wanted = self._some_type()
        name = self._variable(wanted, scope, mutable=True)
        if name is None:
            return self._let(scope, depth)
        value = self._expression(wanted, scope, depth)
        if wanted == "int" and self._chance(0.6):
            return f"{name} {self._pick('+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>=')} {value};"
        if wanted in {"float", "string", "array"} and self._chance(0.6):
            return f"{name} += {value};"
        if wanted == "array" and self._chance(0.7):
            index = self._expression("int", scope, 1)
            return f"{name}[{index}] {self._pick('=', '=', '+=')} {self._expression(self._some_type(), scope, 1)};"
        if wanted == "map":
            target = self._pick(f".{self._pick(*_KEYS)}", f'["{self._pick(*_KEYS)}"]')
            return f"{name}{target} {self._pick('=', '=', '+=')} {self._expression(self._some_type(), scope, 1)};"
        return f"{name} = {value};"

    def _show(self, scope: _Scope, depth: int) -> str:
        value = self._expression(self._some_type(), scope, depth)
        return self._pick(f"print({value});", f"print({value});", f"debug({value});", f"print(type_of({value}));")

    def _mutate(self, scope: _Scope, depth: int) -> str:
        wanted = self._pick("array", "array", "string", "map")
        name = self._variable(wanted, scope) or f"({self._expression(wanted, scope, 1)})"
        number = self._expression("int", scope, 1)
        if wanted == "array":
            value = self._expression(self._some_type(), scope, 1)
            call = self._pick(
                f"push({value})", f"insert({number}, {value})", "pop()", "shift()", f"remove({number})", "reverse()",
                f"truncate({number})", "clear()", f"retain(|v| v != {value})", f"drain({number}, 2)", "dedup()", "sort()",
                f"set({number}, {value})", f"splice({number}, 1, [{value}])",
            )  # fmt: skip
        elif wanted == "string":
            call = self._pick("trim()", "make_upper()", f"pad(6, {self._pick(*_CHARS)})", f"crop({number})", "clear()",
                              f"truncate({number})", 'replace("a", "bb")', "pop()", f"append({number})")  # fmt: skip
        else:
            call = self._pick("clear()", 'remove("a")', 'set("b", 1)', "mixin(#{k: 2})", "fill_with(#{a: 0})")
        return f"{name}.{call};"

    def _if(self, scope: _Scope, depth: int) -> str:
        text = f"if {self._condition(scope, depth - 1)} {self._block(scope, depth)}"
        if self._chance(0.3):
            text += f" else if {self._condition(scope, depth - 1)} {self._block(scope, depth)}"
        if self._chance(0.5):
            text += f" else {self._block(scope, depth)}"
        return text

    def _for(self, scope: _Scope, depth: int) -> str:
        inner, name = scope.child(in_loop=True), self._fresh()
        source = self._pick("range", "array", "string")
        text = _operand(self._expression(source, scope, 1))
        if source == "range":
            text = f"{self._pick('0', '1', '-2')}..{self._pick('', '=')}{self._pick('2', '3', '4')}"
        inner.variables[name] = {"range": "int", "array": "int", "string": "char"}[source]
        names = name
        if self._chance(0.2):
            counter = self._fresh()
            inner.variables[counter] = "int"
            names = f"({name}, {counter})"
        return f"for {names} in {text} {self._block(inner, depth, in_loop=True)}"

    def _while(self, scope: _Scope, depth: int) -> str:
        counter = self._fresh()
        bound = self._random.randint(1, 4)
        body = self._block(scope, depth, in_loop=True)[1:]
        if self._chance(0.3):
            return f"let {counter} = 0; loop {{ {counter} += 1; if {counter} > {bound} {{ break; }} {body}"
        return f"let {counter} = 0; while {counter} < {bound} {{ {counter} += 1; {body}"

    def _do(self, scope: _Scope, depth: int) -> str:
        counter = self._fresh()
        body = self._block(scope, depth, in_loop=False)[1:]
        end = self._pick(f"while {counter} < 3", f"until {counter} >= 2")
        return f"let {counter} = 0; do {{ {counter} += 1; {body} {end};"

    def _switch(self, scope: _Scope, depth: int) -> str:
        return (
            self._switch_expression(scope, depth)
            if self._chance(0.7)
            else f"let x = {self._switch_expression(scope, depth)};"
        )

    def _switch_expression(self, scope: _Scope, depth: int) -> str:
        wanted = self._pick("int", "string", "bool", "char", "float")
        literals = {"int": _INTS[:9], "string": _TEXTS[:4], "bool": ("true", "false"), "char": _CHARS, "float": _FLOATS}
        arms = []
        for _ in range(self._random.randint(1, 3)):
            alternatives = " | ".join(self._random.sample(literals[wanted], self._random.randint(1, 2)))
            guard = f" if {self._condition(scope, 1)}" if self._chance(0.2) else ""
            arms.append(f"{alternatives}{guard} => {self._arm(scope, depth)}")
        if wanted in {"int", "float"} and self._chance(0.4):
            arms.append(
                f"{self._pick('0', '-2', '')}..{self._pick('', '=')}{self._pick('3', '9')} => {self._arm(scope, depth)}"
            )
        if self._chance(0.6):
            arms.append(f"_ => {self._arm(scope, depth)}")
        return f"switch {_operand(self._expression(wanted, scope, 1))} {{ {', '.join(arms)} }}"

    def _arm(self, scope: _Scope, depth: int) -> str:
        return (
            self._block(scope, depth) if self._chance(0.3) else _operand(self._expression(self._some_type(), scope, 1))
        )

    def _try(self, scope: _Scope, depth: int) -> str:
        inner = scope.child()
        name = self._fresh()
        attempt = self._block(scope, depth)
        if self._chance(0.5):
            attempt = attempt[:-1] + f"; throw {self._expression(self._some_type(), scope, 1)}; }}"
        caught = (
            f"({name}) {{ print({name}); {self._block(inner, depth)} }}"
            if self._chance(0.7)
            else self._block(inner, depth)
        )
        return f"try {attempt} catch {caught}"

    def _bare(self, scope: _Scope, depth: int) -> str:
        return self._block(scope, depth)

    def _closure(self, scope: _Scope, depth: int) -> str:
        name = self._fresh()
        inner = scope.child(in_loop=False, in_function=True)
        inner.variables["q"] = wanted = self._some_type()
        body = self._block(inner, depth) if self._chance(0.5) else self._expression(self._some_type(), inner, depth - 1)
        first = self._expression(wanted, scope, 1)
        return f"let {name} = |q| {body}; print({name}.call({first})); print({name}.call({first}));"

    def _leave_loop(self, scope: _Scope, depth: int) -> str:
        kind = self._pick("break;", "continue;", f"break {self._expression(self._some_type(), scope, 1)};")
        return f"if {self._condition(scope, 1)} {{ {kind} }}"

    def _leave(self, scope: _Scope, depth: int) -> str:
        kind = self._pick("return", "return", "throw", "exit")
        value = self._expression(self._some_type(), scope, 1)
        return f"if {self._condition(scope, 1)} {{ {f'exit({value})' if kind == 'exit' else f'{kind} {value}'}; }}"

    # --- expressions

    def _condition(self, scope: _Scope, depth: int) -> str:
        return _operand(self._expression("bool", scope, depth))

    def _expression(self, wanted: str, scope: _Scope, depth: int) -> str:
        if self._chance(_MISTAKE):
            wanted = self._some_type()
        if self._chance(_MISTAKE / 3):
            return self._pick("nope", "nope()", "this" if scope.in_function else "y", "()", "1 / 0", "#{}.a.b")
        if self._chance(0.45) and (name := self._variable(wanted, scope)):
            return name
        if depth <= 0 or self._chance(0.2):
            return self._literal(wanted)
        if self._chance(0.12):
            return self._general(wanted, scope, depth)
        return getattr(self, f"_{wanted}")(scope, depth - 1)

    def _literal(self, wanted: str) -> str:
        return {
            "int": lambda: self._pick(*_INTS),
            "float": lambda: self._pick(*_FLOATS),
            "bool": lambda: self._pick("true", "false"),
            "string": lambda: self._pick(*_TEXTS),
            "char": lambda: self._pick(*_CHARS),
            "array": lambda: self._pick("[]", "[1, 2, 3]", "[3, 1, 2]", '[1, "a", [2]]', "[[1], [2]]"),
            "map": lambda: self._pick("#{}", "#{a: 1}", '#{"k": [1], b: #{a: 2}}'),
            "unit": lambda: "()",
            "range": lambda: self._pick("0..3", "1..=4", "(2..)", "..3"),
        }[wanted]()

    def _general(self, wanted: str, scope: _Scope, depth: int) -> str:
        """Forms that can give any type."""
        inner = self._expression(wanted, scope, depth - 1)
        other = self._expression(wanted, scope, depth - 1)
        condition = self._condition(scope, 1)
        call = self._call(scope, depth) if self._functions else inner
        return self._pick(
            f"({inner})", f"(if {condition} {{ {inner} }} else {{ {other} }})", f"{{ let w = {inner}; w }}", call,
            f"({self._switch_expression(scope, 1)})", f"(() ?? {inner})", f"[{inner}][0]", f"#{{m: {inner}}}.m",
            f"(|| {inner}).call()", f"(|w| w).call({inner})", f"loop {{ break {inner}; }}", f"take({inner})",
            f'eval("{self._pick("1 + 1", "let ev = 2; ev", "[1, 2]")}")',
        )  # fmt: skip

    def _call(self, scope: _Scope, depth: int) -> str:
        name = self._pick(*self._functions)
        count = self._functions[name] if self._chance(0.95) else self._random.randrange(3)
        arguments = [self._expression(self._some_type(), scope, depth - 1) for _ in range(count)]
        if arguments and self._chance(0.1):
            return f"{arguments[0]}.{name}({', '.join(arguments[1:])})"
        return f"{name}{self._pick('', '', '', '!')}({', '.join(arguments)})"

    def _int(self, scope: _Scope, depth: int) -> str:
        left, right = self._expression("int", scope, depth), self._expression("int", scope, depth)
        operator = self._pick("+", "-", "*", "+", "-", "/", "%", "**", "<<", ">>", "&", "|", "^")
        array, text = self._expression("array", scope, depth), self._expression("string", scope, depth)
        return self._pick(
            f"{left} {operator} {right}", f"{left} {operator} {right}", f"({left} {operator} {right})", f"-({left})",
            f"{array}.len()", f"{text}.len", f"abs({left})", f"max({left}, {right})", f"min({left}, {right})",
            f"{array}.index_of({left})", f"{text}.index_of('a')", f"{self._expression('float', scope, depth)}.to_int()",
            f"{self._expression('char', scope, depth)}.to_int()", f"[{left}, {right}][{self._pick('0', '1', '-1')}]",
            f"{array}.filter(|v| v == {left}).len()", f"parse_int({text})", f"({left})[0..4]",
        )  # fmt: skip

    def _float(self, scope: _Scope, depth: int) -> str:
        left, right = self._expression("float", scope, depth), self._expression("float", scope, depth)
        number = self._expression("int", scope, depth)
        operator = self._pick("+", "-", "*", "/", "%")
        return self._pick(
            f"{left} {operator} {right}", f"{left} {operator} {number}", f"{number} {operator} {right}", f"-({left})",
            f"({left}).floor()", f"({left}).round()", f"{number}.to_float()", f"max({left}, {right})",
        )  # fmt: skip

    def _bool(self, scope: _Scope, depth: int) -> str:
        held = self._some_type()
        left, right = self._expression(held, scope, depth), self._expression(held, scope, depth)
        first, second = self._expression("bool", scope, depth), self._expression("bool", scope, depth)
        array = self._expression("array", scope, depth)
        return self._pick(
            f"{left} {self._pick('==', '!=')} {right}", f"{left} {self._pick('<', '<=', '>', '>=')} {right}",
            f"{first} {self._pick('&&', '||', '&', '|', '^')} {second}", f"!{first}", f"({left} == {right})",
            f"{left} {self._pick('in', '!in')} {array}", f"{array}.is_empty()", f"{array}.some(|v| v == {left})",
            f"{array}.all(|v| v == {left})", f'is_def_var("{self._pick(*_NAMES)}")', 'is_def_fn("f", 1)',
        )  # fmt: skip

    def _string(self, scope: _Scope, depth: int) -> str:
        text, other = self._expression("string", scope, depth), self._expression(self._some_type(), scope, depth)
        number = self._expression("int", scope, depth)
        return self._pick(
            f"{text} + {other}", f"{other} + {text}", f"`<${{{other}}}>`", f"`${{{text}}}${{{other}}}`", f"{text}.to_upper()",
            f"{text}.sub_string({number})", f"{text}.sub_string({number}, 2)", f"{text}[0..2]", f"to_string({other})",
            f"type_of({other})", f"{text} - {self._expression('char', scope, depth)}", f"to_debug({other})",
        )  # fmt: skip

    def _char(self, scope: _Scope, depth: int) -> str:
        text = self._expression("string", scope, depth)
        return self._pick(
            f"{text}[{self._pick('0', '-1', '1')}]", f"{self._expression('char', scope, depth)}.to_upper()"
        )

    def _array(self, scope: _Scope, depth: int) -> str:
        array, item = self._expression("array", scope, depth), self._expression(self._some_type(), scope, depth)
        number = self._expression("int", scope, depth)
        text = self._expression("string", scope, depth)
        return self._pick(
            f"[{item}, {number}]", f"[{item}]", f"{array} + {self._expression('array', scope, depth)}", f"{array}.map(|v| {item})",
            f"{array}.map(|v, i| [i, v])", f"{array}.filter(|v| {self._expression('bool', scope, 1)})", f"{array}.extract({number})",
            f'{text}.split("a")', f"{self._expression('map', scope, depth)}.keys()", f"{self._expression('map', scope, depth)}.values()",
            f"{text}.to_chars()", f"{array}.extract(0..2)", f"{array}.order()",
        )  # fmt: skip

    def _map(self, scope: _Scope, depth: int) -> str:
        value = self._expression(self._some_type(), scope, depth)
        return self._pick(
            f"#{{a: {value}}}", f"#{{b: {value}, k: {self._expression('int', scope, depth)}}}",
            f"{self._expression('map', scope, depth)} + #{{a: {value}}}", f"#{{a: {value}}}.filter(|k, v| v == {value})",
        )  # fmt: skip

    def _unit(self, scope: _Scope, depth: int) -> str:
        return self._pick(
            "()",
            f"{self._expression('map', scope, depth)}.nope",
            "()?.a.b",
            f"print({self._expression('int', scope, depth)})",
        )

    def _range(self, scope: _Scope, depth: int) -> str:
        return (
            f"({self._expression('int', scope, depth)}{self._pick('..', '..=')}{self._expression('int', scope, depth)})"
        )


def _operand(text: str) -> str:
    """In parentheses where it would be read as a statement of its own, or not at all."""
    return f"({text})" if re.match(r"\{|(if|switch|loop)\b", text) else text


TOKENS = re.compile(
    r"""\s+|//[^\n]*|[A-Za-z_]\w*|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\#\{|\$\{|"""
    r"""\.\.=|<<=|>>=|\*\*=|!in|=>|::|\.\.|\?\?|\?\.|\?\[|\|\||&&|[-+*/%&|^<>=!]=|\*\*|<<|>>|.""",
    re.VERBOSE | re.DOTALL,
)
_STRANGE = (
    "let", "const", "fn", "if", "else", "while", "for", "in", "switch", "loop", "break", "return", "throw", "try", "catch",
    "(", ")", "[", "]", "{", "}", "#{", ",", ";", ":", "::", ".", "..", "..=", "=", "==", "=>", "+=", "+", "-", "*", "/", "**",
    "<", ">", "&&", "||", "|", "&", "!", "?", "??", "?.", "?[", "'", '"', "`", "$", "@", "#", "_", "this", "var", "1", "1.5", "'c'",
    '"s"', "x", "()", "->", "<-", "===", "!in", "import", "export", "as", "global", "private", "0x", "1e", "\\", "\n", "é",
)  # fmt: skip


def mutate(program: str, seed: int) -> str:
    """The program with one to three tokens dropped, doubled, swapped, replaced or cut off."""
    chance = random.Random(seed)
    tokens = TOKENS.findall(program)
    for _ in range(chance.randint(1, 3)):
        if len(tokens) < 2:
            break
        place = chance.randrange(len(tokens) - 1)
        kind = chance.randrange(6)
        if kind == 0:
            del tokens[place]
        elif kind == 1:
            tokens.insert(place, tokens[place])
        elif kind == 2:
            tokens[place], tokens[place + 1] = tokens[place + 1], tokens[place]
        elif kind == 3:
            tokens[place] = chance.choice(_STRANGE)
        elif kind == 4:
            tokens.insert(place, f" {chance.choice(_STRANGE)} ")
        elif chance.random() < 0.3:
            tokens = tokens[: place + 1]
    return "".join(tokens)


KINDS = ("grammar", "aliasing", "numbers", "snippets", "effects", "scoping", "contexts", "lines")


def _generator(seed: int, kind: str) -> Any:
    from tests.differential.generate_aliasing import AliasingGenerator
    from tests.differential.generate_contexts import ContextsGenerator
    from tests.differential.generate_effects import EffectsGenerator
    from tests.differential.generate_numbers import NumberGenerator
    from tests.differential.generate_scoping import ScopingGenerator
    from tests.differential.generate_snippets import SnippetGenerator

    if kind == "lines":
        return SnippetGenerator(seed, small=True)
    kinds = (
        ProgramGenerator, AliasingGenerator, NumberGenerator, SnippetGenerator, EffectsGenerator, ScopingGenerator,
        ContextsGenerator,
    )  # fmt: skip
    return dict(zip(KINDS, kinds, strict=False))[kind](seed)


def generate(seed: int, kind: str = "grammar", *, mutants: bool = False) -> str:
    """The program of this seed; a disturbed one if mutants are wanted."""
    program: str = _generator(seed, kind).program()
    return mutate(program, seed) if mutants else program


def options_of(seed: int, kind: str) -> dict[str, Any]:
    """The engine options the program of this seed needs: modules, for those that import."""
    if kind not in ("snippets", "scoping", "contexts"):
        return {}
    generator = _generator(seed, kind)
    generator.program()
    options: dict[str, Any] = generator.options()
    return options
