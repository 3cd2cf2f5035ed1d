"""The compiling half of `Engine`: texts to trees and programs, as late as possible and at most once."""

from __future__ import annotations

from collections.abc import Iterable

from horus_runtime import collector
from horus_runtime.engine.handle import AST, parse_text
from horus_runtime.engine.programs import STORE, program_key, scope_key
from horus_runtime.engine.settings import EngineSettings, check_level
from horus_runtime.errors import HorusError, ParseError, script_too_large
from horus_runtime.source import SourceFile, strip_shebang
from horus_runtime.typing_names import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pathlib import Path

    from horus_runtime.ast import nodes
    from horus_runtime.engine.engine import Engine
    from horus_runtime.runtime.program import Program
    from horus_runtime.runtime.scope import Scope

CACHED_TEXTS = 256
CHECKED = b"names checked"


class Compiling(EngineSettings):
    """Compiling part of `Engine`. Code comes from memory, from the cache on disk, or from the compiler."""

    _texts: dict[Any, AST]

    # ---- for hosts --------------------------------------------------------------------------------------------------

    def compile(
        self,
        text: str | Iterable[str],
        *,
        name: str | None = None,
        scope: Scope | None = None,
        self_contained: bool = False,
    ) -> AST:
        """Parse a script.

        Args:
            text: the script; several texts are one script, one after the other.
            name: shown in errors as its source.
            scope: in strict variables mode, the names it holds are known.
            self_contained: resolve every `import` of a literal path now and keep the modules in the tree.

        Raises:
            ParseError: the text is wrong.
            LimitError: it has more than `max_script_size` bytes.
            EvalError: `ErrorModuleNotFound`, of a self-contained script.
        """
        tree = self._tree(text if isinstance(text, str) else "\n".join(text), name)
        self.prepare(tree, scope)
        if self_contained:
            from horus_runtime.engine.resolvers import embed_modules

            embed_modules(cast("Engine", self), tree)
        return tree

    @property
    def empty_tree(self) -> AST:
        """A script without anything, where calls need one."""
        return self.cached("", None)

    def compile_expression(self, text: str, *, name: str | None = None, scope: Scope | None = None) -> AST:
        """Parse a single expression: no statements, blocks or loops."""
        tree = self._tree(text, name, expression=True)
        self.prepare(tree, scope)
        return tree

    def compile_file(self, path: str | Path) -> AST:
        """Parse a file; a first line beginning with `#!` is skipped.

        Raises:
            HorusError: the file cannot be read (`ErrorSystem`), or is not UTF-8.
            LimitError: it has more than `max_script_size` bytes.
        """
        return self.compile(read_script(path, self.max_script_size), name=str(path))

    def optimize(self, tree: AST, *, scope: Scope | None = None, level: str = "simple") -> AST:
        """A tree as the optimizer has it at a level: operators on literals computed, dead code dropped.

        Engines do this by themselves when they compile; the result is for tools that look at trees.

        Args:
            scope: its constants are inserted where the script reads them.
            level: `"none"`, `"simple"` or `"full"`, which also calls functions that are not volatile.

        Raises:
            ValueError: there is no such level.
        """
        from horus_runtime.optimize.passes import optimize

        check_level(level)
        script = optimize(with_constants(tree.script, scope), level, self._call_early, folds=self.fast_operators)
        return AST(
            script, tree.source_file, expression_only=tree.expression_only, options=tree.options, parts=tree.parts
        )

    def compact(self, text: str) -> str:
        """A script with the same meaning as short text: without comments, but for doc comments, and without blanks.

        Raises:
            ParseError: the text is wrong.
        """
        from horus_runtime.engine.compact import compact

        return compact(text, self.parse_options())

    # ---- trees ------------------------------------------------------------------------------------------------------

    def _tree(self, text: str, name: str | None, *, expression: bool = False) -> AST:
        """A script whose text has not been looked at yet."""
        return AST(
            lambda: parse_text(text, name, self.parse_options(), expression=expression),
            SourceFile(text, name),
            expression_only=expression,
            options=self.parse_options,
        )

    def prepare(self, tree: AST, scope: Scope | None) -> None:
        """Raise what is wrong with a text: look at it, unless the cache knows that nothing is.

        Raises:
            ParseError: the text is wrong, or uses names it must not use.
        """
        names = scope_key(scope)
        known = self._find(tree, scope) is not None
        if known and (not self.checks_names or self._was_checked(tree, names)):
            return
        self.check_names(tree, names)

    def _was_checked(self, tree: AST, names: tuple[str, ...]) -> bool:
        """Did the names of this text pass under the same settings?"""
        if self._def_var is not None:
            return False  # the host wants to be asked each time
        disk = self.disk_cache()
        key = self._text_key(tree, ("checked", names, self.strict_variables))
        return disk is not None and disk.get(key) == CHECKED

    def check_names(self, tree: AST, names: tuple[str, ...] = ()) -> None:
        """Refuse undeclared, repeated and forbidden names, as far as the settings ask for that.

        Args:
            names: variables that the script will find in its scope.
        """
        script = tree.script
        if not self.checks_names:
            return
        self.check_tree(script, names)
        disk = self.disk_cache()
        if disk is not None and tree.is_text and self._def_var is None:
            disk.put(self._text_key(tree, ("checked", names, self.strict_variables)), CHECKED)

    def cached(self, text: str, name: str | None, *, expression: bool = False) -> AST:
        """The script of a text that may have been seen before."""
        key = (text, name, self.parse_key(), expression)
        tree = self._texts.get(key)
        if tree is None:
            tree = self._tree(text, name, expression=expression)
            self._keep(key, tree)
        return tree

    def _keep(self, key: Any, tree: AST) -> None:
        """Cache a compiled text in place of the oldest one."""
        while len(self._texts) >= CACHED_TEXTS:
            try:
                del self._texts[next(iter(self._texts))]
            except (KeyError, RuntimeError, StopIteration):
                continue  # another thread was quicker
        self._texts[key] = tree

    # ---- programs ---------------------------------------------------------------------------------------------------

    def program(self, tree: AST, scope: Scope) -> Program:
        """The code of a script for this engine's present settings and this scope's names."""
        found = self._find(tree, scope)
        if found is not None:
            return found
        key = _, shared, modules = self._key(scope)
        program = self._build(tree, shared, modules)
        tree.keep(key, program)
        stored = self._stored_key(tree, shared, modules)
        if stored is not None:
            STORE.put(stored, program, self.disk_cache())
        return program

    def _find(self, tree: AST, scope: Scope | None) -> Program | None:
        """The code of a script, if it was compiled before."""
        key = _, shared, modules = self._key(scope)
        program = tree.known_program(key)
        if program is None:
            stored = self._stored_key(tree, shared, modules)
            program = STORE.get(stored, tree.source_file, self.disk_cache()) if stored is not None else None
            if program is not None:
                tree.keep(key, program)
        return program

    def _key(self, scope: Scope | None) -> tuple[Any, frozenset[str], frozenset[str]]:
        """What the code depends on in this process: settings, shared names, names that hide modules."""
        if scope is None or not len(scope):
            return self.fingerprint(), frozenset(), frozenset()
        externals = frozenset(name for name, _, _ in scope)
        return self.fingerprint(), scope.shared_names(), externals & self.free_names()

    def _stored_key(self, tree: AST, shared: frozenset[str], modules: frozenset[str]) -> bytes | None:
        """The key that holds for other engines and processes, too; `None` where there is none.

        Shared variables make names of this process part of the code, and natives that are called early make their
        results part of it.
        """
        if (
            shared
            or not tree.is_text
            or self.debugger is not None
            or self._parse_functions
            or self._on_token is not None
            or (self.optimization_level == "full" and not self.table.is_plain())
        ):
            return None
        return self._text_key(tree, ("program", tuple(sorted(modules))))

    def _text_key(self, tree: AST, what: tuple[Any, ...]) -> bytes:
        return program_key(what, tree.text, tree.source, tree.expression_only, self.compile_key())

    def _build(self, tree: AST, shared: frozenset[str], scope_names: frozenset[str]) -> Program:
        from horus_runtime.codegen.program import compile_script

        config = self.compile_config(shared=shared, scope_names=scope_names)
        with collector.paused():
            program = compile_script(self.optimized(tree.script), tree.source_file, config)
        if tree.is_text:
            program.script = None  # it can be made again
        else:
            program.origins = tree.origins()
        return program

    def optimized(self, script: nodes.Script) -> nodes.Script:
        """The script as the engine's optimization level has it."""
        from horus_runtime.optimize.passes import optimize

        return optimize(
            script,
            self.optimization_level,
            self._call_early,
            folds=self.fast_operators,
            max_text=self.max_string_size,
        )

    def _call_early(self, name: str, args: tuple[Any, ...]) -> Any:
        """A native called while a script is compiled: one that depends on nothing but its arguments."""
        fn = self.table.find(name, args)
        if fn is None or fn.volatile or fn.ref or fn.callbacks or fn.capability is not None:
            raise LookupError(name)
        if fn.context and not fn.host:
            raise LookupError(name)
        try:
            return fn.call(None, *args) if fn.host else fn.call(*args)
        except Exception as error:
            raise LookupError(name) from error

    # ---- for the runtime --------------------------------------------------------------------------------------------

    def compile_eval(self, text: str, shared: frozenset[str], names: frozenset[str]) -> Program:
        """Compile the text of a script's `eval` (called by the runtime)."""
        from horus_runtime.ast import nodes
        from horus_runtime.ast.visitor import walk
        from horus_runtime.codegen.program import compile_script
        from horus_runtime.syntax.rhai import parse_script

        key = ("eval", text, shared, frozenset(names & self.free_names()), self.fingerprint())
        cached = self._texts.get(key)
        if cached is not None:
            return cached.program(None, _unreachable)
        script = parse_script(text, self.parse_options())
        tree = AST(script, SourceFile(text))
        self.check_names(tree)
        if script.functions or any(isinstance(node, nodes.Closure) for node in walk(script)):
            raise ParseError(
                "WrongFnDefinition",
                "Function definitions must be at global level and cannot be inside a block or another function",
            )
        config = self.compile_config(shared=shared, scope_names=frozenset(names & self.free_names()), has_parent=True)
        program = tree.program(None, lambda: compile_script(script, tree.source_file, config))
        self._keep(key, tree)
        return program

    def compile_in_scope(
        self, program: Program, key: tuple[str, int], shared: frozenset[str], names: frozenset[str]
    ) -> Program:
        """Compile a function's body to run in its caller's scope (called by the runtime)."""
        from horus_runtime.ast import nodes
        from horus_runtime.codegen.program import compile_script

        cache_key = ("in scope", program.filename, key, shared, names, self.fingerprint())
        cached = self._texts.get(cache_key)
        if cached is None:
            functions = self._script_of(program).functions
            found = next(f for f in functions if (f.name, len(f.params)) == key and not f.this_type)
            cached = AST(nodes.Script(found.span, found.body.body, ()), program.source)
            self._keep(cache_key, cached)
        config = self.compile_config(
            shared=shared, scope_names=frozenset(names & self.free_names()), has_parent=True, rewind=True
        )
        return cached.program(None, lambda: compile_script(cached.script, program.source, config))

    def _script_of(self, program: Program) -> nodes.Script:
        script: nodes.Script | None = program.script
        if script is None:
            script = program.script = self.optimized(self._tree(program.source.text, program.source.name).script)
        return script


def with_constants(script: nodes.Script, scope: Scope | None) -> nodes.Script:
    """A script that begins with the constants of a scope, as far as they can be written down."""
    from horus_runtime.ast import nodes

    if scope is None:
        return script
    literals = {int: nodes.IntLit, float: nodes.FloatLit, bool: nodes.BoolLit, str: nodes.StringLit}
    declared = []
    for name, value in scope.constants().items():
        literal = literals.get(type(value))
        if literal is not None:
            span = script.span
            declared.append(nodes.Let(span, name, literal(span, value), True, span))
    return nodes.Script(script.span, (*declared, *script.body), script.functions)


def _unreachable() -> Program:  # pragma: no cover - the program was built when the text was cached
    raise AssertionError


def read_script(path: str | Path, limit: int = 0) -> str:
    """The text of a script file of at most `limit` bytes (0: any number), first `#!` line blanked.

    Raises:
        HorusError: `ErrorSystem`, with the path and the reason.
        LimitError: the file is larger.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib takes longer to import than the file to read
            data = file.read(limit + 1) if limit else file.read()
            size = file.seek(0, 2) if len(data) > limit > 0 else 0
    except OSError as error:
        reason = error.strerror or str(error)
        raise HorusError("ErrorSystem", f"Cannot open script file '{path}': {reason}") from None
    if size:
        excess = script_too_large(limit, size)
        excess.position, excess.source = None, SourceFile("", str(path))
        raise excess
    try:
        return strip_shebang(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        message = f"Cannot read script file '{path}': invalid UTF-8 at byte {error.start}"
        raise HorusError("ErrorSystem", message) from None
