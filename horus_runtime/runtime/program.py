"""What the compiler hands to the runtime: a code object with the tables needed to run and to explain it."""

from __future__ import annotations

from types import CodeType

from horus_runtime.source import Position, SourceFile
from horus_runtime.typing_names import Any, Final, NamedTuple

THIS_NONE = 0
THIS_VALUE = 1
"""`this` is handed over as the value: the function only reads it or changes it in place."""
THIS_CELL = 2
"""`this` is handed over in a `Cell`: the function may assign it."""


class FunctionMeta:
    """A script function as callers see it.

    Args:
        params: captured variables of a closure are not among them.
        py: name of the Python function.
        literals: place among what a closure captured, and type, of the constants it received as literals: in messages
            they count as arguments.
    """

    __slots__ = ("captures", "doc", "line", "literals", "name", "params", "private", "py", "this", "this_type")

    def __init__(  # noqa: PLR0913, PLR0917 - a record
        self,
        name: str,
        params: tuple[str, ...],
        py: str,
        this: int = THIS_NONE,
        private: bool = False,
        this_type: str | None = None,
        doc: tuple[str, ...] = (),
        captures: int = 0,
        line: int = 0,
        literals: tuple[tuple[int, str], ...] = (),
    ) -> None:
        self.literals = literals
        self.name = name
        self.params = params
        self.py = py
        self.this = this
        self.private = private
        self.this_type = this_type
        self.doc = doc
        self.captures = captures
        self.line = line

    def values(self) -> tuple[Any, ...]:
        """The arguments that make it."""
        flags = (self.this, self.private, self.this_type, self.doc, self.captures, self.line, self.literals)
        return (self.name, self.params, self.py, *flags)


INLINED: Final = 1 << 20
"""Lines beyond this stand for those of functions that are compiled into their callers: N times it, and the line, is a
line of what is called by the Nth of the program's `inlined` calls.
"""


class InlinedCall(NamedTuple):
    """A call that is compiled as the body of what it calls: its kind and name as in `frames`, and where it stands."""

    kind: str
    name: str
    line: int
    column: int


class Fault:
    """How to redo an inlined operation the slow way, to learn which error it meant.

    `operands` are local names of the frame (`str`), constants wrapped in a one-element tuple, or three-element tuples:
    the operands of a subscript and its place. `at` is where the error stands, if not where the operation failed.
    """

    __slots__ = ("at", "helper", "operands")

    def __init__(self, helper: str, operands: tuple[Any, ...], at: tuple[int, int] | None = None) -> None:
        self.helper = helper
        self.operands = operands
        self.at = at


class Program:
    """A compiled script. Holds no values of any run, so threads and engines may share it."""

    __slots__ = (
        "code",
        "externals",
        "factory",
        "faults",
        "filename",
        "frames",
        "functions",
        "has_statements",
        "inlined",
        "kernels",
        "origins",
        "places",
        "script",
        "shared",
        "source",
        "tree",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - a record
        self,
        code: CodeType,
        filename: str,
        source: SourceFile,
        functions: tuple[FunctionMeta, ...],
        frames: dict[str, tuple[str, str]],
        faults: dict[tuple[str, int, int], Fault],
        places: dict[tuple[int, int], Position],
        script: Any,
        externals: frozenset[str],
        shared: frozenset[str],
        has_statements: bool = True,
        kernels: Any = None,
    ) -> None:
        self.code = code
        self.filename = filename
        self.source = source
        self.functions = functions
        self.frames = frames
        """Python function name to (kind, script name); kinds: main, function, closure, part."""
        self.faults = faults
        """By Python function and place: variants of one function name their temporaries differently."""
        self.places = places
        """Place of a call to the place of the function pointer it calls, for errors about the pointer."""
        self.script = script
        """The syntax tree, for calls that run a function in its caller's scope; `None` if the text tells it all."""
        self.externals = externals
        """Names that main expects from the host's scope."""
        self.shared = shared
        """Externals compiled as shared cells."""
        self.has_statements = has_statements
        """Does main do anything?"""
        self.kernels = kernels
        """Loops and functions that can run as WebAssembly; `start` gives a run its way into them."""
        self.inlined: tuple[InlinedCall, ...] = ()
        self.origins: dict[str, SourceFile] = {}
        """Of a script put together from several texts: which one a function stands in, by name; `""` is main."""
        self.factory: Any = None
        self.tree: Any = None
        """The emitted Python tree, kept only on request."""

    def with_source(self, source: SourceFile) -> Program:
        """The same script under another name."""
        other = Program.__new__(Program)
        for name in Program.__slots__:
            setattr(other, name, getattr(self, name))
        other.source = source
        other.factory = None
        return other

    def source_of(self, name: str) -> SourceFile:
        """The text that a function stands in; `name` is the script's, and empty for main."""
        return self.origins.get(name, self.source) if self.origins else self.source

    def public_functions(self) -> list[FunctionMeta]:
        """Functions that importers and hosts may see."""
        return [f for f in self.functions if not f.private and not f.captures and not f.name.startswith("anon$")]
