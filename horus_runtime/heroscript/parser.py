"""Parameter text to `Params`: Lark's LALR parser over our tokens, with a callback per alternative."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from horus_runtime import resources
from horus_runtime.heroscript.params import Argument, Params, Value
from horus_runtime.heroscript.texts import block_text, bracket_items, bracket_text, joined_items, quoted_text
from horus_runtime.heroscript.tokens import Token, lex_parameters, syntax_error
from horus_runtime.source import SourceFile

Callback = Callable[[list[Any]], Any]
Step = int | tuple[int, str, Callback | None]
"""What a token leads to: a state to shift to; or how many symbols a rule takes, its name, and its callback, without one
where the rule passes on the value of its only symbol.
"""


@cache
def _automaton() -> tuple[list[dict[str, Step]], int, int]:
    """The LALR table of `grammars/heroscript.lark` with a callback per rule, and the first and last state."""
    from lark import Lark
    from lark.lexer import Lexer

    class Fed(Lexer):
        """Stands where Lark wants a lexer."""

        __future_interface__ = 1

        def __init__(self, _conf: Any) -> None: ...

        def lex(self, *_: Any) -> Any:
            return iter(())

    lark = Lark(resources.grammar_text("heroscript"), parser="lalr", lexer=Fed, maybe_placeholders=False)
    table: Any = lark.parser.parser._parse_table  # noqa: SLF001 - Lark has no public name for it
    builder = _Builder()
    states: list[dict[str, Step]] = [{} for _ in table.states]
    for state, row in table.states.items():
        for kind, (action, argument) in row.items():
            shifts = isinstance(argument, int)
            # Lark's names are tokens of its own, which compare slowly.
            states[state][str(kind)] = (
                argument
                if shifts
                else (len(argument.expansion), str(argument.origin.name), _callback(builder, argument))
            )
            assert shifts == (action.name == "Shift")
    return states, table.start_states["start"], table.end_states["start"]


def _callback(builder: _Builder, rule: Any) -> Callback | None:
    """What makes the value of a rule: the builder's method of its label or name."""
    name = str(rule.origin.name)
    if name.startswith("__"):
        return builder.repeated  # Lark's own rule for `item*`
    label = rule.alias or ("start" if name == "start" else None)
    assert label or len(rule.expansion) == 1
    return getattr(builder, label) if label else None


class _Item:
    """A parsed item on its way to `Params`: a pair, an argument or a comment."""

    __slots__ = ("kind", "start", "text", "value")

    def __init__(self, kind: str, text: str, start: int, value: Value | None = None) -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.value = value


class _Builder:
    """One method per label of the grammar."""

    def start(self, parts: list[list[_Item]]) -> list[_Item]:
        return parts[0] if parts else []

    def repeated(self, parts: list[Any]) -> list[_Item]:
        if len(parts) == 1:
            return parts
        items: list[_Item] = parts[0]
        items.append(parts[1])
        return items

    def pair(self, parts: list[Any]) -> _Item:
        key, atoms = parts
        return _Item("pair", key.text, key.start, _value(atoms))

    def plain_pair(self, parts: list[Any]) -> _Item:
        token: Token = parts[0]
        key, _, text = token.text.partition(":")
        return _Item("pair", key, token.start, Value(quoted_text(text[1:-1]) if text[0] in "'\"" else text))

    def argument(self, parts: list[Any]) -> _Item:
        token: Token = parts[0]
        return _Item("argument", token.text, token.start)

    def quoted_argument(self, parts: list[Any]) -> _Item:
        token: Token = parts[0]
        return _Item("argument", quoted_text(token.text), token.start)

    def block_argument(self, parts: list[Any]) -> _Item:
        token: Token = parts[0]
        return _Item("argument", block_text(token.text), token.start)

    def comment(self, parts: list[Any]) -> _Item:
        token: Token = parts[0]
        return _Item("comment", token.text, token.start)

    def single(self, parts: list[Any]) -> list[Any]:
        return parts

    def more(self, parts: list[Any]) -> list[Any]:
        return [*parts[0], parts[2]]


def _value(atoms: list[Token]) -> Value:
    """One atom is a value, several are a list; a trailing comma adds nothing."""
    while len(atoms) > 1 and atoms[-1].kind == "NOTHING":
        atoms = atoms[:-1]
    if len(atoms) == 1:
        atom = atoms[0]
        if atom.kind == "BARE":
            return Value(atom.text)
        items = bracket_items(atom.text) if atom.kind == "BRACKET" else None
        return Value(_atom_text(atom), items)
    items = [_atom_text(atom) for atom in atoms]
    return Value(joined_items(items), items)


def _atom_text(atom: Token) -> str:
    if atom.kind == "QUOTED":
        return quoted_text(atom.text)
    if atom.kind == "BLOCK":
        return block_text(atom.text)
    return bracket_text(atom.text) if atom.kind == "BRACKET" else atom.text


def parse_params(text: str) -> Params:
    """Parameters that stand alone, without an action in front of them."""
    source = SourceFile(text)
    return parse_tokens(source, lex_parameters(source, 0, -1, mixed=False).tokens)[0]


def parse_tokens(source: SourceFile, tokens: list[Token]) -> tuple[Params, list[str]]:
    """The parameters of an action, and the comments that belong to the action itself."""
    states, first, last = _automaton()
    stack = [first]
    values: list[Any] = []
    end = Token("$END", "", len(source.text), len(source.text))
    for token in (*tokens, end):
        kind = token[0]
        while True:
            step = states[stack[-1]].get(kind)
            if type(step) is int:
                stack.append(step)
                values.append(token)
                break
            if step is None:
                at = token.start
                raise syntax_error(source, f"'{source.text[at : at + 1]}' cannot stand here", at)
            size, origin, callback = step  # type: ignore[misc] # the test above leaves this
            if callback is None:
                stack.pop()
            else:
                first_part = len(values) - size
                parts = values[first_part:]
                del values[first_part:], stack[len(stack) - size :]
                values.append(callback(parts))
            stack.append(states[stack[-1]][origin])  # type: ignore[arg-type] # after a rule there is a state
            if token is end and stack[-1] == last:
                return _arranged(source, values[-1])
    raise AssertionError("the end is a token, too")


def _arranged(source: SourceFile, items: list[_Item]) -> tuple[Params, list[str]]:
    """Give every comment to its item: in front of it, or behind the first item of its line."""
    params = Params()
    waiting: list[str] = []
    if all(item.kind == "pair" for item in items):
        for item in items:
            assert item.value is not None
            item.value.offset = item.start
            params.put(item.text, item.value)
        return params, waiting
    first_on_line: list[str] | None = None
    line = 0
    for item in items:
        at = source.line_at(item.start)
        if at != line:
            line, first_on_line = at, None
        if item.kind == "comment":
            (waiting if first_on_line is None else first_on_line).append(item.text)
            continue
        comments, waiting = waiting, []
        if item.value is not None:
            item.value.comments, item.value.offset = comments, item.start
            params.put(item.text, item.value)
        else:
            params.args.append(Argument(item.text, comments, item.start))
        if first_on_line is None:
            first_on_line = comments
    return params, waiting
