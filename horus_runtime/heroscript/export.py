"""Actions and parameters back to text, in one layout, so that parsing the text gives the same again.

The layout is that of Heroscript's other implementations: arguments first, well-known keys next, short values on the
head line, long and commented ones on lines of their own. Line breaks are always written as blocks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from horus_runtime.heroscript.texts import BARE_FORBIDDEN, block_text, bracket_items, bracket_text, quoted_text
from horus_runtime.heroscript.tokens import BLANKS, WORD, closing_quote

if TYPE_CHECKING:
    from horus_runtime.heroscript.actions import Action
    from horus_runtime.heroscript.params import Argument, Params, Value

BANGS: Final = {"dal": "!", "sal": "!!", "macro": "!!!", "wal": "!!!!"}
_ZERO_DATE: Final = "0000-00-00 00:00:00"
_DELIMITERS: Final = ("'", '"', "'''", '"""')
_PLAIN_ARGUMENT: Final = re.compile(WORD)


class Layout(NamedTuple):
    """Which keys come first and last, what fits on the head line, and how far the other lines are indented."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    budget: int
    """Characters of keys and values after which nothing more goes on the head line."""
    longest: int
    """Bytes of a value on the head line."""
    indent: int


ACTION: Final = Layout(("id", "cid", "oid", "name"), ("mtime", "ctime", "time"), 30, 25, 8)
GENERAL: Final = Layout(("id", "cid", "gid", "oid", "name", "alias"), ("mtime", "ctime", "time"), 120, 120, 4)


class ExportError(ValueError):
    """A value that has no written form."""


def export_action(action: Action) -> str:
    """One action with its comments, without a line end."""
    comments = "".join(_comment(text, 0) for text in action.comments)
    return comments + layout(action.params, head_of(action), ACTION)


def head_of(action: Action) -> str:
    """`!!actor.name`."""
    return f"{BANGS[action.kind]}{action.full_name}"


def layout(params: Params, prefix: str, rules: Layout, *, skip_empty: bool = False) -> str:
    """Parameters behind a head (or nothing), in their canonical order."""
    head = [prefix] if prefix else []
    below: list[str] = []
    spent = sum(len(argument.text) + 1 for argument in params.args)
    arguments_below = broken = False
    for argument in params.args:
        # A comment needs a line of its own, and so does what follows a block; all others must stay behind it.
        arguments_below = arguments_below or bool(argument.comments)
        text = argument_text(argument.text)
        if arguments_below:
            below.append(_lines(argument, quoted(argument.text, rules.indent), rules))
        else:
            head.append(text)
            broken = "\n" in text
        arguments_below = arguments_below or broken
    for key in _ordered(params, rules):
        value = params.values[key]
        if skip_empty and value.text in {"", "[]", _ZERO_DATE}:
            continue
        item = f"{key}:{value_text(value, rules.indent)}"
        long = len(value.text.encode()) > rules.longest or "\n" in item or value.comments
        if long or broken or spent > rules.budget:
            below.append(_lines(value, item, rules))
        else:
            head.append(item)
            spent += len(key) + len(value.text) + 2
    first = " ".join(head)
    return "\n".join([first, *below] if first or not below else below)


def one_line(params: Params) -> str:
    """A text of the parameters in which order, layout and comments play no part; it is for comparing, not parsing."""
    values = [f"{key}:{value_text(params.values[key], 0)}" for key in _ordered(params, GENERAL)]
    return " ".join([*(argument_text(argument.text) for argument in params.args), *values])


def _ordered(params: Params, rules: Layout) -> list[str]:
    first = [key for key in rules.first if key in params.values]
    last = [key for key in rules.last if key in params.values]
    return [*first, *sorted(key for key in params.values if key not in {*first, *last}), *last]


def _lines(item: Value | Argument, text: str, rules: Layout) -> str:
    comments = "".join(_comment(comment, rules.indent) for comment in item.comments)
    return f"{comments}{' ' * rules.indent}{text}"


def _comment(text: str, indent: int) -> str:
    return f"{' ' * indent}// {text}".rstrip() + "\n"


# --- texts of values -------------------------------------------------------------------------------------------------


def value_text(value: Value, indent: int) -> str:
    """A value as it is written behind its key."""
    if value.items is None or len(value.items) == 0:
        return single_text(value.text, indent)
    if value.text[:1] == "[" and bracket_text(value.text) == value.text and bracket_items(value.text) == value.items:
        return value.text
    if len(value.items) == 1:
        return single_text(value.items[0], indent)
    return ",".join(_item_text(item) for item in value.items)


def _item_text(text: str) -> str:
    """An item of a list, which cannot be a block."""
    if text and not BARE_FORBIDDEN.search(text):
        return text
    written = _in_quotes(text)
    if written is None:
        raise ExportError(f"the item '{text[:40]}' of a list has no written form")
    return written


def single_text(text: str, indent: int) -> str:
    """A text bare where that is safe, else quoted."""
    return text if text and not BARE_FORBIDDEN.search(text) else quoted(text, indent)


def argument_text(text: str) -> str:
    """A positional argument: bare when it is made of the signs of words."""
    if _PLAIN_ARGUMENT.fullmatch(text) and not text.startswith("//"):
        return text
    return quoted(text, 4)


def quoted(text: str, indent: int) -> str:
    """A text in quotes, or as a block when it has line ends or a form that quotes would change."""
    written = _in_quotes(text) if "\n" not in text else None
    return _block(text, indent) if written is None else written


def _in_quotes(text: str) -> str | None:
    """A text in one pair of quotes; nothing when that would read back as another one."""
    for quote in "'\"":
        written = _escaped(text, quote).replace("\n", "\\\\n")
        if closing_quote(f"{quote}{written}{quote}", 0) == len(written) + 1 and quoted_text(written) == text:
            return f"{quote}{written}{quote}"
    return None


def _escaped(text: str, quote: str) -> str:
    """The active quote escaped, and the other one only where a backslash in front of it would swallow it."""
    other = "'" if quote == '"' else '"'
    return text.replace(quote, f"\\{quote}").replace(f"\\{other}", f"\\\\{other}")


def _block(text: str, indent: int) -> str:
    margin = " " * indent
    lines = text.split("\n")
    delimiter = next((sign for sign in _DELIMITERS if all(line.strip(BLANKS) != sign for line in lines)), None)
    body = "\n".join(margin + line if line else "" for line in lines)
    if delimiter is None or block_text(f"{body}\n") != text:
        raise ExportError(f"the value '{text[:40]}' has no written form")
    return f"{delimiter}\n{body}\n{margin}{delimiter}"
