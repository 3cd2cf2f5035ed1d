"""Where a blank belongs between two pieces of a line."""

from __future__ import annotations

BINARY = frozenset(
    "ASSIGN ASSIGN_OPERATOR STAR SLASH PERCENT POWER SHIFT_LEFT SHIFT_RIGHT COALESCE LESS LESS_EQUAL GREATER "
    "GREATER_EQUAL EQUAL NOT_EQUAL AND AMPERSAND CARET ARROW IN NOT_IN CUSTOM_OPERATOR AS".split()
)
"""Always between two operands."""
EITHER = frozenset({"PLUS", "MINUS", "PIPE", "OR", "BANG"})
"""Between two operands, or before one."""
RANGES = frozenset({"RANGE", "RANGE_INCLUSIVE", "OPEN_RANGE", "OPEN_RANGE_INCLUSIVE"})
_OPERANDS = frozenset(
    "NAME INT FLOAT STRING CHAR TEMPLATE TRUE FALSE THIS UNIT WILDCARD METHOD_WORD FUNCTION_WORD RESERVED_WORD "
    "RPAREN RBRACKET RBRACE".split()
)
_NEVER_BEFORE = frozenset("COMMA SEMICOLON DOT SAFE_DOT PATH COLON RPAREN RBRACKET SAFE_BRACKET".split())
_NEVER_AFTER = frozenset("DOT SAFE_DOT PATH LPAREN LBRACKET SAFE_BRACKET".split())
_CALLED = frozenset("NAME METHOD_WORD FUNCTION_WORD RPAREN RBRACKET THIS".split())


class Line:
    """What was put on a line so far, as far as blanks depend on it."""

    __slots__ = ("_closing_pipe", "_in_parameters", "last", "role")

    def __init__(self) -> None:
        self.last = ""
        """Kind of the piece before."""
        self.role = ""
        """`unary`, `binary` or `pipe` for the last piece."""
        self._in_parameters = False
        self._closing_pipe = False

    def blank_before(self, kind: str) -> bool:
        """Does a blank belong between the last piece and one of this kind?"""
        last = self.last
        if self.role == "unary":
            # `-5` and `--` would be one token.
            return kind == last or (last == "MINUS" and kind in {"INT", "FLOAT"})
        if not last or last in _NEVER_AFTER or kind in RANGES:
            return False
        if last in RANGES:
            return kind == "ARROW"
        if self._in_parameters and last == "PIPE":
            return False
        if kind == "PIPE" and self._in_parameters:
            return False
        if kind in _NEVER_BEFORE:
            return False
        if kind == "UNIT":
            return last not in _CALLED and not (last == "BANG" and self.role == "call")
        if kind == "LPAREN":
            return not (last in _CALLED or (last == "BANG" and self.role == "call"))
        if kind == "LBRACKET":
            return last not in _OPERANDS
        if kind == "BANG":
            return last != "NAME"
        return True

    def put(self, kind: str, following: str = "") -> None:
        """Note that a piece was put on the line; `following` is the kind of the next one."""
        after_operand = self.last in _OPERANDS
        self.role = ""
        if kind == "PIPE":
            self.role = "pipe" if self._in_parameters or not after_operand else "binary"
            self._in_parameters = self.role == "pipe" and not self._in_parameters
        elif kind == "BANG":
            self.role = "call" if after_operand and following in {"LPAREN", "UNIT"} else "unary"
        elif kind in EITHER:
            self.role = "binary" if after_operand or kind == "OR" else "unary"
        self.last = kind

    def starts_operand(self) -> bool:
        """Would an operator here stand before an operand, not between two?"""
        return self.last not in _OPERANDS
