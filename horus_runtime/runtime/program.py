"""What the compiler hands to the runtime: a code object with the tables needed to run and to explain it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from horus_runtime.source import Position, SourceFile

THIS_NONE = 0
THIS_VALUE = 1
"""`this` is handed over as the value: the function only reads it or changes it in place."""
THIS_CELL = 2
"""`this` is handed over in a `Cell`: the function may assign it."""


@dataclass(frozen=True, slots=True)
class FunctionMeta:
    """A script function as callers see it."""

    name: str
    params: tuple[str, ...]
    """Captured variables of a closure are not among them."""
    py: str
    """Name of the Python function."""
    this: int = THIS_NONE
    private: bool = False
    this_type: str | None = None
    doc: tuple[str, ...] = ()
    captures: int = 0
    line: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """How to redo an inlined operation the slow way, to learn which error it meant.

    `operands` are local names of the frame (`str`) or constants wrapped in a one-element tuple.
    """

    helper: str
    operands: tuple[Any, ...]


@dataclass(slots=True, eq=False)
class Program:
    """A compiled script. Immutable once built; holds no values of any run, so threads may share it."""

    code: CodeType
    filename: str
    source: SourceFile
    functions: tuple[FunctionMeta, ...]
    frames: dict[str, tuple[str, str]]
    """Python function name to (kind, script name); kinds: main, function, closure, part."""
    faults: dict[tuple[str, int, int], Fault]
    """By Python function and place: variants of one function name their temporaries differently."""
    places: dict[tuple[int, int], Position]
    """Place of a call to the place of the function pointer it calls, for errors about the pointer."""
    script: Any
    """The syntax tree, for calls that run a function in its caller's scope; `None` if the text tells it all."""
    externals: frozenset[str]
    """Names that main expects from the host's scope."""
    shared: frozenset[str]
    """Externals compiled as shared cells."""
    has_statements: bool = True
    """Does main do anything?"""
    factory: Any = field(default=None, repr=False)
    tree: Any = field(default=None, repr=False)
    """The emitted Python tree, kept only on request."""

    def public_functions(self) -> list[FunctionMeta]:
        """Functions that importers and hosts may see."""
        return [f for f in self.functions if not f.private and not f.captures and not f.name.startswith("anon$")]
