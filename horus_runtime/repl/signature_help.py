"""Which function is being called at the cursor, and which of its parameters is next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from horus_runtime.runtime.scope import MISSING

if TYPE_CHECKING:
    from horus_runtime.repl.catalog import Catalog, Entry
    from horus_runtime.repl.completion import Completer

_CALLEE = re.compile(r"((?:[A-Za-z_][\w]*(?:::|\.))*)([A-Za-z_]\w*)\s*\Z")
_OPENING = {"(": ")", "[": "]", "{": "}"}


class Help(NamedTuple):
    """The signatures of a call, which argument the cursor is in (from 0), and the first line of documentation."""

    signatures: tuple[str, ...]
    argument: int
    doc: str


def signature_help(before: str, completer: Completer) -> Help | None:
    """Help for the innermost call around the cursor; `None` outside of calls and for unknown functions."""
    call = _innermost_call(before)
    if call is None:
        return None
    callee, argument = call
    found = _CALLEE.search(callee)
    if found is None:
        return None
    owner, name = found[1].rstrip(".:"), found[2]
    is_method = callee[: found.start(2)].rstrip().endswith(".") and _is_value(owner, completer)
    entries = _entries(owner, name, completer, is_method=is_method)
    signatures = tuple(signature for entry in entries for signature in entry.signatures)
    if not signatures:
        return None
    docs = [entry.doc.split("\n")[0] for entry in entries if entry.doc]
    return Help(signatures, argument + is_method, docs[0] if docs else "")


def _is_value(owner: str, completer: Completer) -> bool:
    """Is the name before a dot a value? A variable hides the module of its name."""
    is_variable = owner != "" and completer.value_of(owner) is not MISSING
    return is_variable or completer.catalog.module(owner) is None


def _entries(owner: str, name: str, completer: Completer, *, is_method: bool) -> list[Entry]:
    catalog: Catalog = completer.catalog
    if not is_method:
        return catalog.find(f"{owner}.{name}" if owner else name)
    value = completer.value_of(owner) if owner else MISSING
    receiver = None if value is MISSING else completer.session.engine.type_name(value)
    return [entry for entry in catalog.methods(receiver) if entry.name == name]


def _innermost_call(before: str) -> tuple[str, int] | None:
    """The text up to the open parenthesis of the innermost call, and how many commas stand behind it."""
    open_at: list[tuple[str, int]] = []
    commas: list[int] = []
    quote = ""
    at = 0
    while at < len(before):
        char = before[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in '"`':
            quote = char
        elif char in _OPENING:
            open_at.append((char, at))
            commas.append(0)
        elif open_at and char == _OPENING[open_at[-1][0]]:
            open_at.pop()
            commas.pop()
        elif char == "," and commas:
            commas[-1] += 1
        at += 1
    while open_at:
        char, place = open_at.pop()
        count = commas.pop()
        if char == "(" and _CALLEE.search(before[:place]):
            return before[:place], count
        if char == "{":
            return None
    return None
