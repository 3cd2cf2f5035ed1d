"""Lays a tree of pieces out: four blanks for each level, 100 columns where that can be had."""

from __future__ import annotations

from typing import Final

from horus_runtime.syntax.formatting.groups import Group, Node, elements, first_piece, statements
from horus_runtime.syntax.formatting.pieces import LINE_COMMENT, Piece
from horus_runtime.syntax.formatting.spacing import BINARY, EITHER, Line

WIDTH: Final = 100
INDENT: Final = "    "
FILLED: Final = 8
"""An array of more short elements than this fills its lines."""
SHORT: Final = 16
_CHAIN = frozenset({"DOT", "SAFE_DOT"})
_PADDED = frozenset({"MAP_START", "LBRACE"})
_ATOMS = frozenset({"INT", "FLOAT", "STRING", "CHAR", "TRUE", "FALSE", "NAME", "COMMA", "MINUS"})


class Printer:
    """Collects the lines of one script."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._text = ""
        """The line that is being written, without its indentation."""
        self._level = 0
        self._line = Line()

    def script(self, items: list[Node]) -> str:
        """The whole script."""
        self._statements(items)
        return "".join(f"{line}\n" for line in self._done)

    # ---- lines ------------------------------------------------------------------------------------------------------

    def _end_line(self) -> None:
        if self._text:
            self._done.append(f"{INDENT * self._level}{self._text}".rstrip())
            self._text = ""

    def _column(self) -> int:
        last = self._text.rsplit("\n", 1)[-1]
        return len(last) + (len(INDENT) * self._level if last is self._text or "\n" not in self._text else 0)

    def _put(self, piece: Piece, following: str = "") -> None:
        """A piece on the line, with a blank before it where one belongs."""
        if piece.is_comment:
            self._text += f"{' ' if self._text else ''}{_comment(piece, self._level)}"
            return
        blank = bool(self._text) and self._line.blank_before(piece.kind)
        self._text += f"{' ' if blank or self._text.endswith('*/') else ''}{piece.text}"
        self._line.put(piece.kind, following)

    # ---- statements -------------------------------------------------------------------------------------------------

    def _statements(self, items: list[Node]) -> None:
        first = True
        for statement in statements(items):
            start = first_piece(statement[0])
            if len(statement) == 1 and start.kind == "SEMICOLON" and not first and self._done:
                self._done[-1] += ";"  # an empty statement has no line of its own
                continue
            if start.is_comment and start.line_ends == 0 and not first and len(statement) == 1:
                self._done[-1] += f" {_comment(start, self._level)}"
                continue
            if start.line_ends > 1 and not first:
                self._done.append("")
            self._line = Line()
            self._nodes(statement)
            self._end_line()
            first = False

    def _nodes(self, nodes: list[Node]) -> None:
        """A statement or an element, over as many lines as it needs."""
        outer = self._level
        continued = False
        breaks_blocks = self._breaks_blocks(nodes)
        for at, node in enumerate(nodes):
            piece = first_piece(node)
            if self._text and self._breaks_before(piece, nodes, at):
                state = self._line
                self._end_line()
                self._line = state
                if not continued and not _goes_on(piece) and not all(first_piece(n).is_comment for n in nodes[:at]):
                    self._level += 1
                    continued = True
            following = first_piece(nodes[at + 1]).kind if at + 1 < len(nodes) else ""
            if isinstance(node, Group):
                self._group(node, breaks=breaks_blocks and node.is_block)
            else:
                self._put(node, following)
        if continued:
            self._end_line()
        self._level = outer

    def _breaks_blocks(self, nodes: list[Node]) -> bool:
        """The blocks of one `if ... else ...` are all on lines of their own, or none is."""
        if not any(isinstance(node, Piece) and node.kind == "ELSE" for node in nodes):
            return False
        flat = self._flat(nodes, Line())
        return flat is None or self._column() + len(flat) > WIDTH

    def _breaks_before(self, piece: Piece, nodes: list[Node], at: int) -> bool:
        """A line ends after a line comment, and where the author ended it between two parts of an expression."""
        before = nodes[at - 1] if at else None
        if isinstance(before, Piece) and before.kind == LINE_COMMENT:
            return True
        if piece.line_ends == 0 or before is None or _goes_on(piece):
            return False
        if piece.is_comment or piece.kind in _CHAIN:
            return True
        if isinstance(before, Piece) and (before.kind in BINARY or self._line.role == "binary"):
            return True
        return (piece.kind in BINARY or piece.kind in EITHER) and not self._line.starts_operand()

    # ---- groups -----------------------------------------------------------------------------------------------------

    def _group(self, group: Group, *, breaks: bool = False) -> None:
        flat = self._flat_group(group) if not breaks or not group.items else None
        blank = bool(self._text) and self._line.blank_before(group.open.kind)
        if flat is not None and not self._must_break(group, len(flat) + blank):
            self._text += f"{' ' if blank else ''}{flat}"
            self._line.put(group.open.kind)
            self._line.put(group.close.kind)
            return
        self._put(group.open)
        if not group.is_block and not group.is_switch and self._can_hug(group):
            self._hug(group)
        else:
            self._over_lines(group)
        self._put_close(group)

    def _must_break(self, group: Group, width: int) -> bool:
        if group.is_block or group.is_switch:
            return self._column() + width > WIDTH
        if group.spans_lines and first_piece(group.items[0]).line_ends > 0:
            return True
        return bool(group.items) and self._column() + width > WIDTH

    def _over_lines(self, group: Group) -> None:
        """Every statement or element on a line of its own; comments beside the bracket stay there."""
        beside = next((at for at, item in enumerate(group.items) if not _is_beside(item)), len(group.items))
        for comment in group.items[:beside]:
            self._put(first_piece(comment))
        items = group.items[beside:]
        self._end_line()
        outer = self._line
        self._level += 1
        if group.is_block:
            self._statements(items)
        elif _is_filled(group):
            self._fill(items)
        else:
            self._elements(items)
        self._level -= 1
        self._line = outer

    def _elements(self, items: list[Node]) -> None:
        first = True
        for element in elements(items):
            start = first_piece(element[0])
            if start.line_ends > 1 and not first:
                self._done.append("")
            self._line = Line()
            self._nodes(element)
            self._end_line()
            first = False

    def _fill(self, items: list[Node]) -> None:
        for element in elements(items):
            line = Line()
            text = self._flat(element, line) or ""
            if self._text and self._column() + 1 + len(text) > WIDTH:
                self._end_line()
            self._text += f"{' ' if self._text else ''}{text}"
        self._end_line()

    def _can_hug(self, group: Group) -> bool:
        """May the last element go over lines while the others stand beside the bracket, as closures do?"""
        parts = list(elements(group.items))
        if not parts or first_piece(group.items[0]).line_ends > 0:
            return False
        last = parts[-1][-1]
        if not isinstance(last, Group) or last.open.kind not in {"LBRACE", "MAP_START", "LBRACKET"} or not last.items:
            return False
        if any(isinstance(node, Piece) and node.kind == LINE_COMMENT for node in parts[-1]):
            return False
        before = [self._flat(part, Line()) for part in parts[:-1]]
        if any(text is None for text in before):
            return False
        return self._column() + sum(len(text or "") + 1 for text in before) < WIDTH - 20

    def _hug(self, group: Group) -> None:
        outer = self._line
        self._line = Line()
        for at, node in enumerate(group.items):
            following = first_piece(group.items[at + 1]).kind if at + 1 < len(group.items) else ""
            if at == 0:
                self._line.last = group.open.kind
            if isinstance(node, Group):
                self._group(node)
            else:
                self._put(node, following)
        self._line = outer

    def _put_close(self, group: Group) -> None:
        self._text += group.close.text
        self._line.put(group.open.kind)
        self._line.put(group.close.kind)

    # ---- one line ---------------------------------------------------------------------------------------------------

    def _flat_group(self, group: Group) -> str | None:
        """The group on one line; `None` when it cannot or should not be there."""
        if not group.items:
            return group.open.text + group.close.text
        if group.is_block or group.is_switch:
            if group.spans_lines or any(first_piece(item).line_ends for item in group.items):
                return None
            if group.is_block and len(list(statements(group.items))) > 1:
                return None
        elif group.open.kind == "MAP_START" and group.spans_lines:
            return None
        inside = self._flat(group.items, Line())
        if inside is None:
            return None
        pad = " " if group.open.kind in _PADDED else ""
        return f"{group.open.text}{pad}{inside}{pad}{group.close.text}"

    def _flat(self, nodes: list[Node], line: Line) -> str | None:
        text = ""
        for at, node in enumerate(nodes):
            piece = first_piece(node)
            if piece.kind == LINE_COMMENT or "\n" in piece.text:
                return None
            if piece.is_comment:
                text += f"{' ' if text else ''}{piece.text}"
                continue
            part = self._flat_group(node) if isinstance(node, Group) else node.text
            if part is None:
                return None
            blank = bool(text) and (line.blank_before(piece.kind) or text.endswith("*/"))
            text += f"{' ' if blank else ''}{part}"
            line.put(piece.kind, first_piece(nodes[at + 1]).kind if at + 1 < len(nodes) else "")
            if isinstance(node, Group):
                line.put(node.close.kind)
        return text


def _goes_on(piece: Piece) -> bool:
    return piece.kind in {"ELSE", "CATCH"}


def _is_beside(item: Node) -> bool:
    return isinstance(item, Piece) and item.is_comment and item.line_ends == 0


def _is_filled(group: Group) -> bool:
    if group.open.kind != "LBRACKET" or sum(isinstance(item, Piece) for item in group.items) < FILLED * 2:
        return False
    return all(isinstance(item, Piece) and item.kind in _ATOMS and len(item.text) <= SHORT for item in group.items)


def _comment(piece: Piece, level: int) -> str:
    """A comment; the further lines of a block comment move with it."""
    if "\n" not in piece.text:
        return piece.text.rstrip()
    first, *rest = piece.text.split("\n")
    lines = [line.strip() for line in rest]
    indent = INDENT * level
    return "\n".join(
        [
            first.rstrip(),
            *((f"{indent} {line}" if line.startswith("*") else f"{indent}{line}").rstrip() for line in lines),
        ]
    )
