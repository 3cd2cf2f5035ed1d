"""`AST`: a compiled script as hosts hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from horus_runtime.source import SourceFile

if TYPE_CHECKING:
    from horus_runtime.ast import nodes
    from horus_runtime.runtime.program import Program

    FunctionFilter = Callable[[nodes.FnDef], bool]
    Parse = Callable[[], nodes.Script]


class AST:
    """A parsed script with its compiled forms.

    It may be evaluated any number of times, by several engines and threads: each engine compiles it once for its own
    settings. Pickling keeps the text and the tree, not the code. A script whose code comes from the cache is parsed
    only when somebody asks for its tree.

    Args:
        script: the tree, or what parses the text.
    """

    __slots__ = ("_programs", "_script", "expression_only", "is_text", "source_file")

    def __init__(self, script: nodes.Script | Parse, source_file: SourceFile, *, expression_only: bool = False) -> None:
        self._script = script
        self.source_file = source_file
        self.expression_only = expression_only
        self.is_text = callable(script)
        """Is the tree that of the text, and of nothing else?"""
        self._programs: dict[Any, Program] = {}

    @property
    def script(self) -> nodes.Script:
        """The syntax tree.

        Raises:
            ParseError: the text was not parsed before, and it is wrong.
        """
        script = self._script
        if callable(script):
            script = self._script = script()
        return script

    @property
    def source(self) -> str | None:
        """The source name, shown in errors of nested calls."""
        return self.source_file.name

    @property
    def text(self) -> str:
        """The script's text."""
        return self.source_file.text

    def program(self, key: Any, build: Callable[[], Program]) -> Program:
        """The program compiled under `key`, built when it is first asked for."""
        program = self._programs.get(key)
        if program is None:
            program = self._programs[key] = build()
        return program

    def known_program(self, key: Any) -> Program | None:
        """The program compiled under `key`, if there is one."""
        return self._programs.get(key)

    def keep(self, key: Any, program: Program) -> None:
        """Add a program that was compiled before."""
        self._programs[key] = program

    # ---- looking ----------------------------------------------------------------------------------------------------

    def functions(self) -> list[nodes.FnDef]:
        """The script's function definitions, in source order."""
        return list(self.script.functions)

    def has_functions(self) -> bool:
        """Does the script define functions?"""
        return bool(self.script.functions)

    def walk(self) -> Iterator[nodes.Node]:
        """Every node, parents first."""
        from horus_runtime.ast.visitor import walk

        return walk(self.script)

    # ---- deriving ---------------------------------------------------------------------------------------------------

    def clone_functions_only(self, keep: FunctionFilter = lambda _f: True) -> AST:
        """A copy with the functions that `keep` accepts and no statements."""
        from horus_runtime.ast import nodes

        functions = tuple(f for f in self.script.functions if keep(f))
        return AST(nodes.Script(self.script.span, (), functions), self.source_file)

    def merge(self, other: AST) -> AST:
        """Both scripts in sequence; functions of `other` replace those of the same name and parameter count."""
        from horus_runtime.ast import nodes

        replaced = {_key(f) for f in other.script.functions}
        functions = tuple(f for f in self.script.functions if _key(f) not in replaced) + other.script.functions
        script = nodes.Script(self.script.span, self.script.body + other.script.body, functions)
        return AST(script, self.source_file)

    __add__ = merge

    def without_statements(self) -> AST:
        """The functions alone."""
        return self.clone_functions_only()

    def __getstate__(self) -> dict[str, Any]:
        return {
            "script": self.script,
            "text": self.text,
            "name": self.source,
            "expression_only": self.expression_only,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        AST.__init__(
            self, state["script"], SourceFile(state["text"], state["name"]), expression_only=state["expression_only"]
        )

    def __repr__(self) -> str:
        if callable(self._script):
            return "AST(not yet parsed)"
        return f"AST({len(self.script.body)} statements, {len(self.script.functions)} functions)"


def _key(function: nodes.FnDef) -> tuple[str | None, str, int]:
    return function.this_type, function.name, len(function.params)
