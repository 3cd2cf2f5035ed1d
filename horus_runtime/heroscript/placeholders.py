"""`{name}` in texts: replaced in whole scripts before they are parsed, and in values when an action runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

SIMPLE: Final = re.compile(r"\$?\{(\w+)\}")
_LITERAL: Final = ("@", "$", "[", "{")


def replace_words(text: str, words: Mapping[str, str]) -> str:
    """Put words in a script's text: `@K`, `${K}` and `{K}` for each key, or the key itself when it begins with a sign.

    Longer keys come first, since `@a` is the beginning of `@ab`.
    """
    meanings: dict[str, str] = {}
    for key, word in words.items():
        for form in (key,) if key.startswith(_LITERAL) else (f"${{{key}}}", f"{{{key}}}", f"@{key}"):
            meanings[form] = word
    if not meanings:
        return text
    forms = sorted(meanings, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, forms)), lambda match: meanings[match[0]], text)


def fill(text: str, meaning: Callable[[str], str | None]) -> str:
    """The text with `{name}` and `${name}` replaced where the name has a meaning."""

    def word(match: re.Match[str]) -> str:
        found = meaning(match[1])
        return match[0] if found is None else found

    return SIMPLE.sub(word, text) if "{" in text else text


def names_in(texts: Iterable[str]) -> list[str]:
    """The names of all placeholders, in order, each once."""
    return list(dict.fromkeys(match[1] for text in texts if "{" in text for match in SIMPLE.finditer(text)))
