"""Pieces as a tree: what stands in brackets is a group, and what stands in a block is a list of statements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from horus_runtime.syntax.formatting.pieces import Piece

OPENING = {
    "LPAREN": "RPAREN",
    "LBRACKET": "RBRACKET",
    "SAFE_BRACKET": "RBRACKET",
    "LBRACE": "RBRACE",
    "MAP_START": "RBRACE",
}


@dataclass(slots=True)
class Group:
    """Brackets with what stands in them."""

    open: Piece
    items: list[Piece | Group] = field(default_factory=list)
    close: Piece = field(default_factory=lambda: Piece("", "", 0))
    is_switch: bool = False

    @property
    def is_block(self) -> bool:
        """Does it hold statements?"""
        return self.open.kind == "LBRACE" and not self.is_switch

    @property
    def spans_lines(self) -> bool:
        """Did the author put a line end directly inside it?"""
        return bool(self.items) and (first_piece(self.items[0]).line_ends > 0 or self.close.line_ends > 0)


Node = Piece | Group
_BLOCK_STATEMENTS = frozenset({"IF", "WHILE", "LOOP", "FOR", "SWITCH", "FN", "PRIVATE", "TRY", "LBRACE"})
_GO_ON = frozenset({"ELSE", "CATCH"})


def grouped(pieces: list[Piece]) -> list[Node]:
    """The tree of a script whose brackets match."""
    top: list[Node] = []
    levels = [top]
    groups: list[Group] = []
    switches = [False]
    for piece in pieces:
        if piece.kind in OPENING:
            group = Group(piece, is_switch=piece.kind == "LBRACE" and switches[-1])
            if piece.kind == "LBRACE":
                switches[-1] = False
            levels[-1].append(group)
            levels.append(group.items)
            groups.append(group)
            switches.append(False)
        elif groups and piece.kind == OPENING[groups[-1].open.kind]:
            groups.pop().close = piece
            levels.pop()
            switches.pop()
        else:
            switches[-1] = switches[-1] or piece.kind == "SWITCH"
            levels[-1].append(piece)
    return top


def first_piece(node: Node) -> Piece:
    """The piece a node begins with."""
    return node.open if isinstance(node, Group) else node


def statements(items: list[Node]) -> Iterator[list[Node]]:
    """The statements of a block. A comment on a line of its own is one; one at the end of a line belongs before it."""
    statement: list[Node] = []
    for at, item in enumerate(items):
        piece = first_piece(item)
        if piece.is_comment and (not statement or _ended(statement, items, at)):
            if statement and piece.line_ends == 0:
                statement.append(item)
                continue
            if statement:
                yield statement
            yield [item]
            statement = []
            continue
        if statement and _ended(statement, items, at):
            yield statement
            statement = []
        statement.append(item)
    if statement:
        yield statement


def _ended(statement: list[Node], items: list[Node], at: int) -> bool:
    """Is the statement over before the item at this place?"""
    last = next((node for node in reversed(statement) if not first_piece(node).is_comment), None)
    if last is None:
        return True
    if isinstance(last, Piece):
        return last.kind == "SEMICOLON"
    starts = first_piece(next(node for node in statement if not first_piece(node).is_comment)).kind
    if starts not in _BLOCK_STATEMENTS or last.open.kind != "LBRACE":
        return False
    following = next((first_piece(node).kind for node in items[at:] if not first_piece(node).is_comment), "")
    return following not in _GO_ON


def elements(items: list[Node]) -> Iterator[list[Node]]:
    """The parts between commas, each with its comma and with a comment behind it on the same line."""
    element: list[Node] = []
    for item in items:
        piece = first_piece(item)
        if element and _after_comma(element) and not (piece.is_comment and piece.line_ends == 0):
            yield element
            element = []
        element.append(item)
    if element:
        yield element


def _after_comma(element: list[Node]) -> bool:
    last = next((node for node in reversed(element) if not first_piece(node).is_comment), None)
    return isinstance(last, Piece) and last.kind == "COMMA"
