"""What the written forms of values mean: escapes, folding of lines, dedented blocks, lists in brackets."""

from __future__ import annotations

import re
from typing import Final

from horus_runtime.heroscript.tokens import BLANKS, TAB, closing_quote

_NEWLINES: Final = re.compile(r"\\\\n|<<BR>>|<BR>")
_FOLD: Final = re.compile(r"[ \t\r\v\f]*\n[ \t\r\v\f\n]*")
TRIM: Final = BLANKS + "\n"
BARE_FORBIDDEN: Final = re.compile(r"[\s,'\"\[\]]|//", re.ASCII)
"""Signs that make an export quote a value. Parsing accepts some of them inside of a bare one."""


def quoted_text(raw: str) -> str:
    """The value of a quoted text: lines folded, escapes resolved, blanks at the ends dropped."""
    folded = _FOLD.sub(" ", raw)
    return _NEWLINES.sub("\n", folded.replace("\\'", "'").replace('\\"', '"')).strip(TRIM)


def block_text(raw: str) -> str:
    """The value of a block: common indentation and empty ends dropped, everything else as it is."""
    lines = raw.split("\n")
    margin = min((_indentation(line) for line in lines if line.strip(BLANKS)), default=0)
    return "\n".join(_without(line, margin) for line in lines).strip(TRIM)


def _indentation(line: str) -> int:
    column = 0
    for sign in line:
        if sign not in " \t":
            break
        column += TAB if sign == "\t" else 1
    return column


def _without(line: str, columns: int) -> str:
    """The line without its first columns; less when it has fewer blanks."""
    taken = at = 0
    while at < len(line) and taken < columns and line[at] in " \t":
        taken += TAB if line[at] == "\t" else 1
        at += 1
    return line[at:]


def bracket_items(raw: str) -> list[str]:
    """The items of `[a, 'b c']`; a list inside stays text."""
    items: list[str] = []
    start = at = 1
    depth = 0
    end = len(raw) - 1
    while at < end:
        sign = raw[at]
        if sign in "'\"" and raw[at - 1] in " \t\n,[":
            at = max(at, closing_quote(raw, at))  # a quote that nothing closes is a character like others
        elif sign == "," and depth == 0:
            items.append(_item(raw[start:at]))
            start = at + 1
        depth += (sign == "[") - (sign == "]")
        at += 1
    items.append(_item(raw[start:end]))
    return [item for item in items if item]


def _item(raw: str) -> str:
    text = raw.strip(TRIM)
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        return quoted_text(text[1:-1])
    return _FOLD.sub(" ", text)


def bracket_text(raw: str) -> str:
    """The text under which a bracket list is stored: no blanks around its commas and brackets."""
    pieces: list[str] = []
    at = start = 0
    while at < len(raw):
        if raw[at] in "'\"" and at and raw[at - 1] in " \t\n,[":
            close = closing_quote(raw, at)
            if close < at:
                at += 1
                continue
            pieces += [_tight(raw[start:at]), raw[at : close + 1]]
            at = start = close + 1
        else:
            at += 1
    return "".join([*pieces, _tight(raw[start:])])


def _tight(text: str) -> str:
    return re.sub(r"\s*([,\[\]])\s*", r"\1", text)


def joined_items(items: list[str]) -> str:
    """The text of a comma list: items that need it in double quotes."""
    return ",".join(f'"{item}"' if re.search(r"\s|,", item) else item for item in items)
