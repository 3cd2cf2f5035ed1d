"""Parameter text to `Params`: Lark's LALR parser over our tokens, with a callback per alternative."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from horus_runtime import resources
from horus_runtime.heroscript.params import Argument, Params, Value
from horus_runtime.heroscript.texts import block_text, bracket_items, bracket_text, joined_items, quoted_text
from horus_runtime.heroscript.tokens import Token, lex_parameters, syntax_error
from horus_runtime.source import SourceFile

if TYPE_CHECKING:
    from lark import Lark


@cache
def _parser() -> Lark:
    """The parser of `grammars/heroscript.lark`; tokens are fed to it, so it has no lexer of its own."""
    from lark import Lark
    from lark.lexer import Lexer

    class Fed(Lexer):
        """Stands where Lark wants a lexer."""

        __future_interface__ = 1

        def __init__(self, _conf: Any) -> None: ...

        def lex(self, *_: Any) -> Any:
            return iter(())

    return Lark(
        resources.grammar_text("heroscript"),
        parser="lalr",
        lexer=Fed,
        transformer=_Builder(),
        maybe_placeholders=False,
    )


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

    def start(self, items: list[_Item]) -> list[_Item]:
        return items

    def pair(self, parts: list[Any]) -> _Item:
        key, atoms = _token(parts[0]), parts[1]
        return _Item("pair", key.text, key.start, _value([_token(atom) for atom in atoms]))

    def argument(self, parts: list[Any]) -> _Item:
        token = _token(parts[0])
        return _Item("argument", token.text, token.start)

    def quoted_argument(self, parts: list[Any]) -> _Item:
        token = _token(parts[0])
        return _Item("argument", quoted_text(token.text), token.start)

    def block_argument(self, parts: list[Any]) -> _Item:
        token = _token(parts[0])
        return _Item("argument", block_text(token.text), token.start)

    def comment(self, parts: list[Any]) -> _Item:
        token = _token(parts[0])
        return _Item("comment", token.text, token.start)

    def single(self, parts: list[Any]) -> list[Any]:
        return parts

    def more(self, parts: list[Any]) -> list[Any]:
        return [*parts[0], parts[2]]


def _token(fed: Any) -> Token:
    token: Token = fed.value
    return token


def _value(atoms: list[Token]) -> Value:
    """One atom is a value, several are a list; a trailing comma adds nothing."""
    while len(atoms) > 1 and atoms[-1].kind == "NOTHING":
        atoms = atoms[:-1]
    if len(atoms) == 1:
        atom = atoms[0]
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
    from lark import Token as Fed
    from lark.exceptions import UnexpectedToken

    parser = _parser().parse_interactive("")
    try:
        for token in tokens:
            fed = Fed(token.kind, "")
            fed.value = token
            parser.feed_token(fed)
        items: list[_Item] = parser.feed_eof(Fed("$END", ""))  # type: ignore[no-untyped-call]  # Lark has no types here
    except UnexpectedToken as error:
        token = error.token.value
        at = token.start if isinstance(token, Token) else len(source.text)
        raise syntax_error(source, f"'{source.text[at : at + 1]}' cannot stand here", at) from None
    return _arranged(source, items)


def _arranged(source: SourceFile, items: list[_Item]) -> tuple[Params, list[str]]:
    """Give every comment to its item: in front of it, or behind the first item of its line."""
    params = Params()
    waiting: list[str] = []
    first_on_line: list[str] | None = None
    line = 0
    for item in items:
        at = source.position_at(item.start).line
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
