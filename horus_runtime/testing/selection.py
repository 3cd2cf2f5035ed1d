"""`-k`: which cases an expression selects, such as `report and not (slow or network)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

Selector = Callable[[str], bool]
Part = Callable[[list[str]], tuple[Selector, list[str]]]

_TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+)")


class SelectionError(ValueError):
    """The expression is wrong; the text says where."""


def selector(expression: str) -> Selector:
    """What the expression selects: words are looked for in a case's id, whatever their letters' size.

    Raises:
        SelectionError: the expression is wrong.
    """
    tokens = _TOKEN.findall(expression)
    chosen, rest = _either(tokens)
    if rest:
        raise SelectionError(f"-k {expression!r}: unexpected '{rest[0]}'")
    return chosen


def _either(tokens: list[str]) -> tuple[Selector, list[str]]:
    return _joined(tokens, "or", any, lambda tokens: _joined(tokens, "and", all, _one))


def _joined(
    tokens: list[str], word: str, decide: Callable[[Iterable[bool]], bool], part: Part
) -> tuple[Selector, list[str]]:
    """Parts with a word between them; `decide` says what their answers come to."""
    first, tokens = part(tokens)
    parts = [first]
    while tokens and tokens[0] == word:
        following, tokens = part(tokens[1:])
        parts.append(following)
    return (lambda name: decide(chosen(name) for chosen in parts)), tokens


def _one(tokens: list[str]) -> tuple[Selector, list[str]]:
    if not tokens:
        raise SelectionError("-k: the expression ends too early")
    first, rest = tokens[0], tokens[1:]
    if first == "not":
        inner, rest = _one(rest)
        return (lambda name: not inner(name)), rest
    if first == "(":
        inner, rest = _either(rest)
        if not rest or rest[0] != ")":
            raise SelectionError("-k: a ')' is missing")
        return inner, rest[1:]
    if first in {")", "and", "or"}:
        raise SelectionError(f"-k: unexpected '{first}'")
    word = first.lower()
    return (lambda name: word in name.lower()), rest
