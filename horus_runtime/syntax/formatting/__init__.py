"""Lays scripts out anew: blanks and line ends change, tokens and comments never do.

Input: the text of a script. Output: the same tokens and comments in the one layout that `horus fmt` knows. `pieces`
takes the text apart, `groups` finds brackets and statements, `spacing` says where a blank belongs, `printer` lays out.
"""

from __future__ import annotations

from horus_runtime.errors import InternalError
from horus_runtime.syntax.formatting.groups import grouped
from horus_runtime.syntax.formatting.pieces import Piece, pieces_of
from horus_runtime.syntax.formatting.printer import Printer
from horus_runtime.syntax.options import DEFAULT, ParseOptions
from horus_runtime.syntax.rhai import parse_script

__all__ = ["format_script"]

_UNIT = [("LPAREN", "("), ("RPAREN", ")")]


def format_script(text: str, options: ParseOptions = DEFAULT, *, name: str | None = None) -> str:
    """The script in the standard layout. Formatting twice changes nothing more.

    Raises:
        ParseError: the script is wrong; nothing is known about its layout then.
        InternalError: the layout would change what the script says. The text is best left as it is.
    """
    first, script = _without_shebang(text)
    parse_script(script, options, name=name)
    pieces = pieces_of(script, options)
    formatted = Printer().script(grouped(pieces))
    if _said(pieces_of(formatted, options)) != _said(pieces):
        raise InternalError("ErrorFormat", "the layout would change the script; please report this as a defect")
    return first + formatted


def _without_shebang(text: str) -> tuple[str, str]:
    if not text.startswith("#!"):
        return "", text
    first, line_end, rest = text.partition("\n")
    return first + line_end, rest


def _said(pieces: list[Piece]) -> list[tuple[str, str]]:
    """What a script says, its layout aside."""
    # `(` and `)` become one token when nothing is left between them.
    return [said for piece in pieces for said in (_UNIT if piece.kind == "UNIT" else [(piece.kind, piece.said)])]
