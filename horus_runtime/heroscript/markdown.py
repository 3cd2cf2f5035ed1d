"""The Heroscript in a Markdown file: what stands in fenced `heroscript` (or `hero`) blocks, at its own lines."""

from __future__ import annotations

import re
from typing import Final

LANGUAGES: Final = frozenset({"heroscript", "hero"})
_FENCE: Final = re.compile(r"( *)(`{3,}|~{3,})[ \t]*([^\s`]*)")


def hero_blocks(text: str) -> str:
    """A text of as many lines in which everything outside of the blocks is blank (or a lone `;`).

    A block loses the indentation of its fence, so that blocks in lists begin at the same column as all others.
    """
    kept: list[str] = []
    fence, margin, wanted = "", 0, False
    for line in text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"):
        match = _FENCE.match(line)
        if fence:
            closes = match is not None and match[2].startswith(fence) and line.strip() == match[2]
            kept.append(_dedented(line, margin) if wanted and not closes else "")
            fence = "" if closes else fence
            continue
        if match is not None:
            fence, margin, wanted = match[2], len(match[1]), match[3].lower() in LANGUAGES
            # A statement ends with its block, also without a semicolon.
            kept.append(";" if wanted and any(kept) else "")
            continue
        kept.append("")
    return "\n".join(kept)


def _dedented(line: str, margin: int) -> str:
    return line[min(margin, len(line) - len(line.lstrip(" "))) :]
