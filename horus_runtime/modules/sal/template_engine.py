"""Parses and fills text templates: nodes by recursive descent, expressions as functions of a lookup."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from horus_runtime.modules.sal.templates import TemplateError

MAX_OUTPUT: Final = 16 * 1024 * 1024
MAX_NESTING: Final = 32

_TAG: Final = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}|\{#.*?#\}", re.DOTALL)
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<sign>==|!=|<=|>=|<|>|\||\(|\)|,)|(?P<name>[A-Za-z_][\w]*(?:\.\w+)*))"""
)
_WORDS: Final[Mapping[str, Any]] = {"true": True, "false": False, "none": None}

Lookup = Callable[[str], Any]
Expression = Callable[[Lookup], Any]


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


@dataclass(frozen=True, slots=True)
class _Output:
    expression: Expression
    line: int


@dataclass(frozen=True, slots=True)
class _If:
    branches: list[tuple[Expression | None, list[Any]]]
    line: int


@dataclass(frozen=True, slots=True)
class _For:
    name: str
    items: Expression
    body: list[Any]
    otherwise: list[Any]
    line: int


class Renderer:
    """One filling: the variables in scope, and the text so far."""

    def __init__(self, variables: dict[str, Any], tick: Callable[[], None]) -> None:
        self.scopes = [variables]
        self.tick = tick
        self.pieces: list[str] = []
        self.size = 0
        self.line = 1

    def lookup(self, name: str) -> Any:
        head, *rest = name.split(".")
        for scope in reversed(self.scopes):
            if head in scope:
                return self.inside(scope[head], rest, name)
        raise TemplateError(f"unknown variable '{head}'", self.line)

    def inside(self, value: Any, path: list[str], name: str) -> Any:
        for part in path:
            if type(value) is dict and part in value:
                value = value[part]
            elif type(value) is list and part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            else:
                raise TemplateError(f"'{name}' has no '{part}'", self.line)
        return value

    def nodes(self, nodes: list[Any]) -> None:
        for node in nodes:
            self.tick()
            if type(node) is _Text:
                self.put(node.text)
                continue
            self.line = node.line
            if type(node) is _Output:
                self.put(shown(node.expression(self.lookup)))
            elif type(node) is _If:
                self.branch(node)
            else:
                self.loop(node)

    def put(self, text: str) -> None:
        self.size += len(text)
        if self.size > MAX_OUTPUT:
            raise TemplateError(f"the text has more than {MAX_OUTPUT} characters", self.line)
        self.pieces.append(text)

    def branch(self, node: _If) -> None:
        for condition, body in node.branches:
            if condition is None or truthy(condition(self.lookup)):
                self.nodes(body)
                return

    def loop(self, node: _For) -> None:
        items = node.items(self.lookup)
        if type(items) is dict:
            items = [{"key": key, "value": value} for key, value in items.items()]
        if type(items) is not list:
            raise TemplateError("'for' needs an array or a map", node.line)
        for at, item in enumerate(items):
            loop = {"index": at + 1, "first": at == 0, "last": at == len(items) - 1}
            self.scopes.append({node.name: item, "loop": loop})
            self.nodes(node.body)
            self.scopes.pop()
        if not items:
            self.nodes(node.otherwise)


class Parser:
    """Text to nodes; blocks nest by recursion up to a fixed depth."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tags = list(_TAG.finditer(text))
        self.tag = 0
        self.at = 0

    def parse(self) -> list[Any]:
        nodes, word, _ = self.block(frozenset(), 0)
        assert not word
        return nodes

    def line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1

    def block(self, ends: frozenset[str], depth: int) -> tuple[list[Any], str, str]:
        """Nodes up to a closing tag; its word and the rest of it."""
        if depth > MAX_NESTING:
            raise TemplateError(f"blocks are nested deeper than {MAX_NESTING}", self.line())
        nodes: list[Any] = []
        while self.tag < len(self.tags):
            match = self.tags[self.tag]
            self.tag += 1
            nodes.append(_Text(self.text[self.at : match.start()]))
            self.at = match.start()
            line = self.line()
            self.at = match.end()
            if match[1] is not None:
                nodes.append(_Output(expression(match[1], line), line))
            elif match[2] is not None:
                word, _, rest = match[2].strip().partition(" ")
                if word in ends:
                    return nodes, word, rest
                nodes.append(self.statement(word, rest, line, depth))
        nodes.append(_Text(self.text[self.at :]))
        if ends:
            raise TemplateError(f"a block does not end: {' or '.join(sorted(ends))} is missing", self.line())
        return nodes, "", ""

    def statement(self, word: str, rest: str, line: int, depth: int) -> _If | _For:
        if word == "if":
            return self.conditional(rest, line, depth)
        if word == "for":
            match = re.fullmatch(r"\s*([A-Za-z_]\w*)\s+in\s+(.+)", rest, re.DOTALL)
            if match is None:
                raise TemplateError("'for' is written: for NAME in VALUE", line)
            body, end, _ = self.block(frozenset({"endfor", "else"}), depth + 1)
            otherwise = self.block(frozenset({"endfor"}), depth + 1)[0] if end == "else" else []
            return _For(match[1], expression(match[2], line), body, otherwise, line)
        raise TemplateError(f"unknown tag '{word}'; known: if, for", line)

    def conditional(self, rest: str, line: int, depth: int) -> _If:
        branches: list[tuple[Expression | None, list[Any]]] = []
        condition: Expression | None = expression(rest, line)
        while True:
            ends = frozenset({"elif", "else", "endif"}) if condition is not None else frozenset({"endif"})
            body, end, rest = self.block(ends, depth + 1)
            branches.append((condition, body))
            if end == "endif":
                return _If(branches, line)
            condition = expression(rest, self.line()) if end == "elif" else None


# --- expressions -----------------------------------------------------------------------------------------------------


def expression(text: str, line: int) -> Expression:
    """`or`, `and`, `not`, comparisons, values with filters; as functions of a lookup."""
    reader = _Reader(text, line)
    found = reader.any_of()
    if reader.tokens:
        raise TemplateError(f"'{reader.tokens[0][1]}' cannot stand there", line)
    return found


class _Reader:
    """Reads an expression by descent, one method per level."""

    def __init__(self, text: str, line: int) -> None:
        self.line = line
        self.depth = 0
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise TemplateError(f"'{text[at:].strip()[0]}' cannot stand there", line)
            kind = match.lastgroup or ""
            self.tokens.append((kind, match[kind]))
            at = match.end()

    def take(self, *words: str) -> str:
        if self.tokens and self.tokens[0][1] in words and self.tokens[0][0] in {"sign", "name"}:
            return self.tokens.pop(0)[1]
        return ""

    def any_of(self) -> Expression:
        parts = [self.all_of()]
        while self.take("or"):
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else lambda look: any(truthy(part(look)) for part in parts)

    def all_of(self) -> Expression:
        parts = [self.negation()]
        while self.take("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else lambda look: all(truthy(part(look)) for part in parts)

    def negation(self) -> Expression:
        if self.take("not"):
            inner = self.comparison()
            return lambda look: not truthy(inner(look))
        return self.comparison()

    def comparison(self) -> Expression:
        left = self.filtered()
        sign = self.take("==", "!=", "<", "<=", ">", ">=", "in")
        if not sign:
            return left
        right, line = self.filtered(), self.line
        return lambda look: compare(sign, left(look), right(look), line)

    def filtered(self) -> Expression:
        value = self.value()
        while self.take("|"):
            value = self.filter(value)
        return value

    def filter(self, value: Expression) -> Expression:
        kind, name = self.tokens.pop(0) if self.tokens else ("", "")
        function = FILTERS.get(name) if kind == "name" else None
        if function is None:
            raise TemplateError(f"unknown filter '{name}'; known: {', '.join(sorted(FILTERS))}", self.line)
        arguments: list[Expression] = []
        if self.take("("):
            while not self.take(")"):
                arguments.append(self.any_of())
                if not self.take(",") and (not self.tokens or self.tokens[0][1] != ")"):
                    raise TemplateError("')' is missing", self.line)
        line = self.line

        def apply(look: Lookup) -> Any:
            try:
                given = value(look)
            except TemplateError:
                if name != "default":
                    raise
                given = None
            try:
                return function(given, *[argument(look) for argument in arguments])
            except (TypeError, ValueError, AttributeError):
                raise TemplateError(f"the filter '{name}' cannot be used on this value", line) from None

        return apply

    def value(self) -> Expression:
        self.depth += 1
        if self.depth > MAX_NESTING * 4:
            raise TemplateError("the expression is too long", self.line)
        kind, text = self.tokens.pop(0) if self.tokens else ("", "")
        if kind == "number":
            number = float(text) if "." in text else int(text)
            return lambda _: number
        if kind == "text":
            plain = re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), text[1:-1])
            return lambda _: plain
        if kind == "name":
            return (lambda _: _WORDS[text]) if text in _WORDS else (lambda look: look(text))
        if text == "(":
            inner = self.any_of()
            if not self.take(")"):
                raise TemplateError("')' is missing", self.line)
            return inner
        raise TemplateError(f"a value is missing{f' before {text!r}' if text else ''}", self.line)


def compare(sign: str, left: Any, right: Any, line: int) -> bool:
    """A comparison; values of different kinds are only equal or not."""
    if sign in {"==", "!="}:
        return (left == right and isinstance(left, bool) == isinstance(right, bool)) is (sign == "==")
    try:
        if sign == "in":
            return left in right
        return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign])
    except TypeError:
        raise TemplateError(f"these values cannot be compared by '{sign}'", line) from None


def truthy(value: Any) -> bool:
    """False, nothing, zero and everything empty do not hold."""
    return bool(value)


def shown(value: Any) -> str:
    """A value as text: lists and maps as JSON, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        from horus_runtime.modules.jsonable import NotJsonError, format_json

        try:
            return format_json(value)
        except NotJsonError as error:
            raise ValueError(str(error)) from None
    return str(value)


def _text(value: Any) -> str:
    if isinstance(value, (list, dict)):
        raise TypeError
    return shown(value)


def _escaped(value: Any) -> str:
    import html

    return html.escape(_text(value))


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "upper": lambda value: _text(value).upper(),
    "lower": lambda value: _text(value).lower(),
    "title": lambda value: _text(value).title(),
    "trim": lambda value: _text(value).strip(),
    "length": len,
    "first": lambda value: value[0] if value else None,
    "last": lambda value: value[-1] if value else None,
    "join": lambda value, sign="": sign.join(shown(item) for item in list(value)),
    "sort": lambda value: sorted(value),  # noqa: PLW0108 - the filter takes no options
    "reverse": lambda value: value[::-1],
    "default": lambda value, other="": other if value is None or value == "" else value,
    "replace": lambda value, old, new: _text(value).replace(old, new),
    "round": lambda value, digits=0: round(value, digits) if digits else round(value),
    "json": shown,
    "lines": lambda value: _text(value).splitlines(),
    "indent": lambda value, count=4: _text(value).replace("\n", "\n" + " " * min(count, 100)),
    "escape": _escaped,
}
