"""What a lint says, and how its fix changes a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from horus_runtime.source import SourceFile, Span

WARNING, ERROR = "warning", "error"


class Edit(NamedTuple):
    """A stretch of text and what replaces it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One warning. An `error` is certain to fail when its line runs; of an `error` about types it is certain, too, that
    every run comes to that line.
    """

    code: str
    span: Span
    message: str
    severity: str = WARNING
    hint: str = ""
    edit: Edit | None = None
    """A change that is safe: it keeps what the script does."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a script will find when it runs, as far as lints ask for it."""

    variables: frozenset[str] = frozenset()
    """Names that the host provides."""
    has_function: Callable[[str, int], bool] = lambda name, count: True
    """Is there a native function of this name with so many parameters?"""
    parameters: Callable[[str, int], list[tuple[str, ...]]] = lambda name, count: []
    """The parameter types of the native functions of this name with so many parameters; `any` takes everything."""
    function_names: Callable[[], Iterable[str]] = lambda: ()
    has_operator: Callable[..., bool] = lambda op, *types: True
    """Is the operator defined for values of these types, named as in scripts?"""
    modules: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """Static modules: function names to the capabilities that their overloads need."""
    is_granted: Callable[[str], bool] = lambda capability: True
    """Does the policy grant anything of this capability?"""


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made; of two that overlap the later one is left for another time."""
    source = SourceFile(text)
    result, end = [], 0
    for edit in sorted(edits):
        start = source.line_starts[edit.span.line - 1] + edit.span.column - 1
        stop = source.line_starts[edit.span.end_line - 1] + edit.span.end_column - 1
        if start < end:
            continue
        result += [text[end:start], edit.text]
        end = stop
        if not edit.text and text[:start].rpartition("\n")[2].strip() == "" and text[stop : stop + 1] == "\n":
            end = stop + 1  # a line that is empty now goes with what stood in it
            result[-2] = result[-2][: len(result[-2]) - len(text[:start].rpartition("\n")[2])]
    return "".join((*result, text[end:]))
