"""The exact depth checks of the careful parse: what must be known before a token is read.

Constructs check their own levels when they open (see `levels`). What remains is the level of the statement or
expression that starts with a token, which Rhai reports at that token.
"""

from __future__ import annotations

from typing import Final

from horus_runtime.syntax.builder import Builder
from horus_runtime.syntax.levels import Opener
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
            builder.fail("MissingToken", "Expecting ';' to terminate this statement", token)
    elif role == "export":
        if kind in {"LET", "CONST"}:
            builder.deep((level - 1, builder.values[-1].token))
    elif role == "expression" or (role == "condition" and kind != "LBRACE"):
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
