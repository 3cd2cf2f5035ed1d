"""The vocabulary of Rhai scripts: which text is which kind of token.

Inside the parser a token is a plain tuple, because a script has hundreds of thousands of them:
`(kind, value, line, column, end_line, end_column)`. `Token` is the form for people and tools.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, TypeAlias

from horus_runtime.errors import Exceeded
from horus_runtime.source import Span

RawToken: TypeAlias = tuple[str, Any, int, int, int, int]

END: Final = "$END"
NO_BODY: Final = "NO_BODY"
"""Stands before the end of a script that ends with `|` or `||`: only there may a closure lack its body."""
ERROR: Final = "ERROR"
"""Kind of a token that no lexer rule fits; its value is a `LexFailure`. Nothing follows it."""
TEMPLATE_BROKEN: Final = "TEMPLATE_BROKEN"
"""The `}` after an interpolation whose template never ends; an `ERROR` follows."""
RESERVED_WORD: Final = "RESERVED_WORD"
RESERVED_SYMBOL: Final = "RESERVED_SYMBOL"


class Token(NamedTuple):
    """One token as `--emit=tokens` shows it."""

    kind: str
    value: Any
    span: Span


class LexFailure(NamedTuple):
    """Why the text at some place is no token: Rhai's lexical kind and the message."""

    lexical: str
    message: str
    detail: str = ""
    exceeded: Exceeded | None = None
    """The limit that it is about."""


KEYWORDS: Final[dict[str, str]] = {
    "true": "TRUE",
    "false": "FALSE",
    "let": "LET",
    "const": "CONST",
    "if": "IF",
    "else": "ELSE",
    "switch": "SWITCH",
    "do": "DO",
    "while": "WHILE",
    "until": "UNTIL",
    "loop": "LOOP",
    "for": "FOR",
    "in": "IN",
    "fn": "FN",
    "private": "PRIVATE",
    "continue": "CONTINUE",
    "break": "BREAK",
    "return": "RETURN",
    "throw": "THROW",
    "try": "TRY",
    "catch": "CATCH",
    "import": "IMPORT",
    "export": "EXPORT",
    "as": "AS",
    "this": "THIS",
}
"""Words of the language itself, `this` included."""

METHOD_WORDS: Final = frozenset({"call", "curry", "is_shared", "type_of"})
"""Reserved words that may be called as functions and as methods."""

FUNCTION_WORDS: Final = frozenset({"Fn", "debug", "eval", "is_def_fn", "is_def_var", "print"})
"""Reserved words that may be called as functions."""

FORBIDDEN_WORDS: Final = frozenset(
    "async await case default go goto is match module new nil null package protected public shared spawn static super "
    "sync thread use var void with yield".split()
)
"""Reserved words without any use."""

SYMBOLS: Final[dict[str, str]] = {
    "()": "UNIT",
    "(": "LPAREN",
    ")": "RPAREN",
    "[": "LBRACKET",
    "?[": "SAFE_BRACKET",
    "]": "RBRACKET",
    "{": "LBRACE",
    "#{": "MAP_START",
    "}": "RBRACE",
    ",": "COMMA",
    ";": "SEMICOLON",
    ":": "COLON",
    "::": "PATH",
    ".": "DOT",
    "?.": "SAFE_DOT",
    "=>": "ARROW",
    "=": "ASSIGN",
    "!": "BANG",
    "+": "PLUS",
    "-": "MINUS",
    "*": "STAR",
    "/": "SLASH",
    "%": "PERCENT",
    "**": "POWER",
    "<<": "SHIFT_LEFT",
    ">>": "SHIFT_RIGHT",
    "..": "RANGE",
    "..=": "RANGE_INCLUSIVE",
    "??": "COALESCE",
    "<": "LESS",
    "<=": "LESS_EQUAL",
    ">": "GREATER",
    ">=": "GREATER_EQUAL",
    "==": "EQUAL",
    "!=": "NOT_EQUAL",
    "&&": "AND",
    "&": "AMPERSAND",
    "||": "OR",
    "|": "PIPE",
    "^": "CARET",
}
"""Symbols with a meaning, without `!in`, `_` and the assignment operators."""

EXPRESSION_SYMBOLS: Final = {"{": "EXPRESSION_BRACE", "=>": "EXPRESSION_ARROW"}
"""Kinds of symbols in a text that may hold only one expression, where they introduce just another expression."""

ASSIGN_OPERATORS: Final = ("+=", "-=", "*=", "/=", "%=", "**=", "<<=", ">>=", "&=", "|=", "^=")

RESERVED_SYMBOLS: Final = ("?", "#", "#!", "...", "++", "--", "<|", "|>", "~", "!.", "@", "$")
"""Symbols kept for later; they end a token as if they were operators."""

IMPROPER_SYMBOLS: Final[dict[str, str]] = {
    "===": "'===' is not a valid operator. This is not JavaScript! Should it be '=='?",
    "!==": "'!==' is not a valid operator. This is not JavaScript! Should it be '!='?",
    "->": "'->' is not a valid symbol. This is not C or C++!",
    "<-": "'<-' is not a valid symbol. This is not Go! Should it be '<='?",
    ":=": "':=' is not a valid assignment operator. This is not Go or Pascal! Should it be simply '='?",
    ":;": "':;' is not a valid symbol. Should it be '::'?",
    "::<": "'::<>' is not a valid symbol. This is not Rust! Should it be '::'?",
    "(*": "'(* .. *)' is not a valid comment format. This is not Pascal! Should it be '/* .. */'?",
    "*)": "'(* .. *)' is not a valid comment format. This is not Pascal! Should it be '/* .. */'?",
    "# {": "'#' is not a valid symbol. Should it be '#{'?",
}
"""Symbols of other languages, with the advice that is the error message."""

PRECEDENCE: Final[dict[str, int]] = {
    "<<": 210,
    ">>": 210,
    "**": 190,
    "*": 180,
    "/": 180,
    "%": 180,
    "+": 150,
    "-": 150,
    "..": 140,
    "..=": 140,
    "??": 135,
    "<": 130,
    "<=": 130,
    ">": 130,
    ">=": 130,
    "in": 110,
    "!in": 110,
    "==": 90,
    "!=": 90,
    "&&": 60,
    "&": 60,
    "||": 30,
    "|": 30,
    "^": 30,
}
"""Binding power of the binary operators; `**` is the only one that associates to the right."""

BEFORE_NEGATIVE_LITERAL: Final = frozenset(
    "SEMICOLON COLON COMMA COALESCE RANGE RANGE_INCLUSIVE LBRACE LPAREN LBRACKET SAFE_BRACKET ASSIGN PLUS MINUS STAR "
    "SLASH PERCENT POWER SHIFT_LEFT SHIFT_RIGHT ASSIGN_OPERATOR EQUAL NOT_EQUAL LESS LESS_EQUAL GREATER GREATER_EQUAL "
    "BANG PIPE AMPERSAND CARET AND OR IF WHILE UNTIL IN NOT_IN RETURN THROW TEMPLATE_START TEMPLATE_MIDDLE "
    "EXPRESSION_BRACE EXPRESSION_TEMPLATE_START EXPRESSION_TEMPLATE_MIDDLE".split()
)
"""Kinds after which `-5` is one token; the start of the script is another such place."""
