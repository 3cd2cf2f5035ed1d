"""The exact depth checks of the careful parse: what must be known before a token is read.

Constructs check their own levels when they open (see `levels`). What remains is the level of the statement or
expression that starts with a token, which Rhai reports at that token.
"""

from __future__ import annotations

from typing import Final

from horus_runtime.errors import Exceeded
from horus_runtime.syntax.builder import Builder
from horus_runtime.syntax.expressions import MapEntries
from horus_runtime.syntax.levels import NoOperand, Opener
from horus_runtime.syntax.tokens import RawToken

_NO_STATEMENT: Final = frozenset(
    (
        "SEMICOLON",
        "RBRACE",
        "$END",
        "NO_BODY",
        "TEMPLATE_MIDDLE",
        "TEMPLATE_END",
        "TEMPLATE_BROKEN",
        "FN",
        "PRIVATE",
        "CONTINUE",
    )
)
_STATEMENT_WORDS: Final = frozenset(
    "LET CONST IF SWITCH DO WHILE LOOP FOR TRY RETURN RETURN_BARE THROW THROW_BARE BREAK BREAK_BARE CONTINUE IMPORT "
    "EXPORT LBRACE".split()
)
_BREAKS: Final = frozenset(("BREAK", "BREAK_BARE"))
_CLOSERS: Final = {"array": "RBRACKET", "map": "RBRACE", "arguments": "RPAREN"}


def check_sizes(builder: Builder, token: RawToken) -> None:
    """Compares array and map literals with their limits, where Rhai does: before an item, or the closing bracket."""
    role = builder.table.roles[builder.states[-1]]
    limits = builder.options
    if role == "items" and limits.max_array_size:
        items = builder.values[-2] if type(builder.values[-1]) is tuple else builder.values[-1]
        read = token[0] == "RBRACKET" or type(builder.values[-1]) is tuple
        if read and len(items) >= limits.max_array_size:
            message = f"Size of array literal exceeds the maximum limit ({limits.max_array_size})"
            exceeded = Exceeded("max_array_size", limits.max_array_size, len(items) + 1)
            builder.fail("LiteralTooLarge", message, token, exceeded=exceeded)
    elif role == "entry" and limits.max_map_size:
        entries = builder.values[-4]
        if type(entries) is MapEntries and len(entries) >= limits.max_map_size:
            message = f"Number of properties in object map literal exceeds the maximum limit ({limits.max_map_size})"
            exceeded = Exceeded("max_map_size", limits.max_map_size, len(entries) + 1)
            builder.fail("LiteralTooLarge", message, token, exceeded=exceeded)


def check_depth(builder: Builder, token: RawToken) -> None:
    """Compares the level of what starts at the token with the limit."""
    role = builder.table.roles[builder.states[-1]]
    kind = token[0]
    level = builder.level
    if role == "statement":
        if kind not in _NO_STATEMENT and (kind not in _BREAKS or builder.scope.in_loop):
            builder.deep((level - 1, token))
            if kind not in _STATEMENT_WORDS:
                builder.deep((level, token))
    elif role in _CLOSERS:
        if kind != _CLOSERS[role]:
            _check_content(builder, role, token)
    elif role == "flow":
        if level > builder.maximum:
            # Rhai takes an operand that is too deep for no operand at all.
            raise NoOperand(token)
    elif role == "export":
        if kind in {"LET", "CONST"}:
            builder.deep((level - 1, builder.values[-1].token))
    elif role in {"expression", "entry"} or (role == "condition" and kind != "LBRACE"):
        builder.deep((level, token))


def _check_content(builder: Builder, role: str, token: RawToken) -> None:
    level = builder.level
    opener = builder.values[-1]
    assert type(opener) is Opener
    if role == "arguments":
        callee = builder.values[-2]
        if type(callee) is tuple and callee[0] == "BANG":
            callee = builder.values[-3]
        if type(callee) is list:
            callee = callee[-1]
        builder.deep((level - 1, callee), (level, token))
    elif role == "array":
        builder.deep((level - 1, opener.token), (level, token))
    else:
        builder.deep((level - 1, opener.token))
