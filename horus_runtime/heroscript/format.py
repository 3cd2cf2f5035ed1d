"""`format_text`: Heroscript in one layout. Actions are written anew, script lines as the formatter of scripts does.

The order of parameters, comments and the author's choice of one line or several are kept; spelling of heads and keys,
quotes, blanks and indentation are made uniform. Formatting twice changes nothing more, and the actions stay the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from horus_runtime.errors import HorusError
from horus_runtime.heroscript.actions import Action
from horus_runtime.heroscript.export import argument_text, head_of, quoted, value_text
from horus_runtime.heroscript.params import Argument, Value
from horus_runtime.heroscript.segments import Payload, base_column, split_payload
from horus_runtime.heroscript.tokens import line_end

INDENT: Final = 4
WIDTH: Final = 100


def format_text(text: str, name: str | None = None, *, script: Callable[[str], str] | None = None) -> str:
    """The payload in its uniform layout; `script` formats the script lines between actions, which stay without it.

    Script lines stay, too, where they are no script on their own (an `else` behind an action) and where the whole
    payload is indented, since lines within a text cannot be moved.

    Raises:
        ParseError: an action is wrong.
    """
    payload = split_payload(text, name)
    source = payload.source.text
    pieces = [""]
    for segment in payload.segments:
        if segment.action is None:
            piece = source[segment.start : segment.end]
            pieces.append(piece if script is None or base_column(source) else _script_lines(piece, script))
            continue
        pieces.append(_formatted(payload, segment.action, segment.start, segment.end))
    return _first_line(text) + _tidy("".join(pieces))


def _script_lines(piece: str, script: Callable[[str], str]) -> str:
    """Script lines laid out anew, with at most one blank line before and behind them."""
    body = piece.strip("\n")
    if not body.strip():
        return piece
    try:
        lines = script(body).strip("\n")
    except HorusError:
        return piece
    above = piece[: len(piece) - len(piece.lstrip("\n"))]
    below = piece[len(piece.rstrip("\n")) :]
    return above[:1] + lines + below[:2]


def _first_line(text: str) -> str:
    """A `#!` line, which parsing blanks."""
    return text[: line_end(text, 0)] if text.startswith("#!") else ""


def _tidy(text: str) -> str:
    """One line end at the end, and none at the beginning unless a `#!` line stood there."""
    return text.rstrip("\n") + "\n" if text.strip() else ""


def _formatted(payload: Payload, action: Action, start: int, end: int) -> str:
    source = payload.source.text
    base = action.offset - start
    body = source[action.offset : end].rstrip("\n \t")
    broken = any(item.offset > line_end(source, action.offset) for item in _items(action))
    lines = format_action(action, broken=broken)
    after = source[action.offset + len(body) : end]
    return "".join(_indented(line, base) for line in lines).rstrip("\n") + "\n" * max(1, after.count("\n"))


def _indented(line: str, base: int) -> str:
    return "\n".join(" " * base + part if part else "" for part in line.split("\n")) + "\n"


def _items(action: Action) -> list[Value | Argument]:
    return [*action.params.args, *action.params.values.values()]


def format_action(action: Action, *, broken: bool = False) -> list[str]:
    """The lines of an action without the comments above it; `broken` puts every parameter on a line of its own."""
    pairs = [f"{key}:{value_text(value, INDENT)}" for key, value in action.params.values.items()]
    arguments = [argument_text(argument.text) for argument in action.params.args]
    own_comments = action.comments[action.comments_above :]
    whole = " ".join([head_of(action), *arguments, *pairs])
    commented = any(item.comments for item in _items(action))
    fits = not broken and "\n" not in whole and len(whole) <= WIDTH
    if fits and not (commented or own_comments):
        return [whole]
    comments = [comment for item in _items(action) for comment in item.comments]
    if fits and not own_comments and comments == _items(action)[0].comments and len(comments) == 1:
        # All stood on one line, so this comment stood at its end: it belongs to the first item then.
        return [f"{whole} // {comments[0]}".rstrip()]
    if len(own_comments) == 1 and not _items(action):
        return [f"{head_of(action)} // {own_comments[0]}".rstrip()]
    return _broken(action, own_comments)


def _broken(action: Action, own_comments: list[str]) -> list[str]:
    margin = " " * INDENT
    head, lines = [head_of(action)], list[str]()
    below = False
    for argument in action.params.args:
        below = below or bool(argument.comments)
        if not below:
            head.append(argument_text(argument.text))
            continue
        lines.extend(f"{margin}// {comment}".rstrip() for comment in argument.comments)
        lines.append(margin + quoted(argument.text, INDENT))
    for key, value in action.params.values.items():
        lines.extend(f"{margin}// {comment}".rstrip() for comment in value.comments)
        lines.append(f"{margin}{key}:{value_text(value, INDENT)}")
    lines.extend(f"{margin}// {comment}".rstrip() for comment in own_comments)
    return [" ".join(head), *lines]
