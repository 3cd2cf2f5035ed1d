"""Is an input complete, or does the person go on on the next line?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from horus_runtime.errors import HorusError, ParseError
from horus_runtime.repl.actions import holds_action

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine

_OPEN_TEXT = "Open string is not terminated"
_MULTILINE_OPENING = re.compile(r"`|#+\"|\".*\\\Z", re.DOTALL)
"""Texts that may go on on the next line: templates, raw strings, and a string whose line ends in a backslash."""


def is_complete(text: str, engine: Engine) -> bool:
    """Would more text not help? An empty last line ends every input: who is stuck presses Enter twice."""
    if not text.strip() or _ends_empty(text):
        return True
    if holds_action(text):
        return _action_is_complete(text)
    if _open_comment(text) or text.rstrip().rsplit("\n", 1)[-1].lstrip().startswith("///"):
        return False  # a doc comment waits for its function
    try:
        engine.compile(text)
    except ParseError as error:
        return not _wants_more(text, error)
    except HorusError:
        return True
    return True


def _ends_empty(text: str) -> bool:
    lines = text.split("\n")
    return len(lines) > 1 and not lines[-1].strip()


def _wants_more(text: str, error: ParseError) -> bool:
    """Did the parser stop at the end, or inside a text that may go on?"""
    position = error.position
    if position is None:
        return False
    lines = text.rstrip().split("\n")
    if error.message == _OPEN_TEXT:
        return _MULTILINE_OPENING.match(lines[position.line - 1][position.column - 1 :]) is not None
    return position.line >= len(lines) and position.column > len(lines[-1])


def _open_comment(text: str) -> bool:
    """Does the text end inside a block comment? Quotes are not looked at: this only decides about one more line."""
    at, depth = 0, 0
    while True:
        opening, closing = text.find("/*", at), text.find("*/", at)
        if opening < 0 and closing < 0:
            return depth > 0
        if opening >= 0 and (closing < 0 or opening < closing):
            depth, at = depth + 1, opening + 2
        else:
            depth, at = max(0, depth - 1), closing + 2


def _action_is_complete(text: str) -> bool:
    """An action may have parameters on indented lines below it: it ends with a line that has none."""
    lines = text.rstrip("\n").split("\n")
    if len(lines) == 1:
        return not lines[0].rstrip().endswith(":")
    return not lines[-1].startswith((" ", "\t"))
