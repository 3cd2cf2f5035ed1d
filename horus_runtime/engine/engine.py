"""`Engine`: compile, evaluate, call, register. The facade that hosts use."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import walk
from horus_runtime.engine.handle import AST
from horus_runtime.engine.invoke import Invocation
from horus_runtime.engine.settings import EngineSettings
from horus_runtime.errors import HorusError, ParseError
from horus_runtime.runtime.definitions import NOTHING
from horus_runtime.runtime.dispatch import FunctionTable
from horus_runtime.runtime.module import Module, NativeFn
from horus_runtime.runtime.scope import Scope
from horus_runtime.source import SourceFile

if TYPE_CHECKING:
    from horus_runtime.limits import Limits
    from horus_runtime.runtime.program import Program
    from horus_runtime.runtime.run import Run

F = TypeVar("F", bound=Callable[..., Any])

CACHED_TEXTS = 256


class Engine(EngineSettings):
    """Compiles and runs scripts. Cheap to make; may be shared by threads once it is set up.

    Args:
        limits: how much one run may use; finite defaults.
        services: what host modules need (policy, store, ...), by name.
    """

    def __init__(
        self, limits: Limits | None = None, *, packages: tuple[Module, ...] | None = None, **services: Any
    ) -> None:
        if packages is None:
            from horus_runtime.engine.presets import standard_packages

            packages = standard_packages()
        self.host = Module("host")
        super().__init__(FunctionTable(packages), limits, services)
        self.table.add_layer(self.host)
        self._texts: dict[Any, AST] = {}

    # ---- presets ----------------------------------------------------------------------------------------------------

    @classmethod
    def raw(cls, limits: Limits | None = None) -> Engine:
        """An engine without any package: the bare language."""
        return cls(limits, packages=())

    @classmethod
    def sal(cls, policy: Any = None, *, limits: Limits | None = None, **services: Any) -> Engine:
        """An engine with the system modules `os`, `git`, `docker`, ... behind a policy (default: deny all)."""
        from horus_runtime.engine.presets import add_sal

        return add_sal(cls(limits, **services), policy)

    @classmethod
    def osiris(cls, path_or_store: Any, *, limits: Limits | None = None, **services: Any) -> Engine:
        """An engine with the model store `osiris` on a SQLite file."""
        from horus_runtime.engine.presets import add_osiris

        return add_osiris(cls(limits, **services), path_or_store)

    # ---- compiling --------------------------------------------------------------------------------------------------

    NOTHING = NOTHING
    """What a callback of the host returns to say that it has no answer."""

    def compile(self, text: str, *, name: str | None = None, scope: Scope | None = None) -> AST:
        """Parse a script.

        Args:
            text: the script.
            name: shown in errors as its source.
            scope: in strict variables mode, the names it holds are known.

        Raises:
            ParseError: the text is wrong.
        """
        tree = self._parse(text, name)
        self.check_names(tree, _names_in(scope))
        return tree

    def _parse(self, text: str, name: str | None) -> AST:
        from horus_runtime.syntax.rhai import parse_script

        script = parse_script(text, self.parse_options(), name=name)
        return AST(script, SourceFile(text, name))

    def compile_expression(self, text: str, *, name: str | None = None, scope: Scope | None = None) -> AST:
        """Parse a single expression: no statements, blocks or loops."""
        from horus_runtime.syntax.rhai import parse_expression

        node = parse_expression(text, self.parse_options(), name=name)
        body: tuple[nodes.Node, ...] = (nodes.ExprStmt(node.span, node),)
        tree = AST(nodes.Script(node.span, body, ()), SourceFile(text, name), expression_only=True)
        self.check_names(tree, _names_in(scope))
        return tree

    def compile_file(self, path: str | Path) -> AST:
        """Parse a file; a first line beginning with `#!` is skipped.

        Raises:
            HorusError: the file cannot be read (`ErrorSystem`), or is not UTF-8.
        """
        return self.compile(read_script(path), name=str(path))

    def program(self, tree: AST, scope: Scope) -> Program:
        """The code of a script for this engine's present settings and this scope's names."""
        externals = frozenset(name for name, _, _ in scope) if len(scope) else frozenset()
        shared = scope.shared_names()
        modules = frozenset(externals & self.free_names())
        key = (self.fingerprint(), shared, modules)
        return tree.program(key, lambda: self._build(tree, shared, modules))

    def _build(self, tree: AST, shared: frozenset[str], scope_names: frozenset[str]) -> Program:
        from horus_runtime.codegen.program import compile_script

        config = self.compile_config(shared=shared, scope_names=scope_names)
        return compile_script(self.optimized(tree.script), tree.source_file, config)

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
        if fn is None or fn.volatile or fn.context or fn.ref or fn.callbacks or fn.capability is not None:
            raise LookupError(name)
        try:
            return fn.call(*args)
        except Exception as error:
            raise LookupError(name) from error

    def _cached(self, text: str, name: str | None) -> AST:
        key = (text, name, self.parse_options())
        tree = self._texts.get(key)
        if tree is None:
            tree = self._parse(text, name)
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

    # ---- running ----------------------------------------------------------------------------------------------------

    def eval(self, text: str, *, scope: Scope | None = None, name: str | None = None) -> Any:
        """Run a script and return the value of its last statement.

        Raises:
            ParseError: the text is wrong.
            EvalError: the script failed.
            LimitError: a limit was hit.
        """
        tree = self._cached(text, name)
        self.check_names(tree, _names_in(scope))
        return Invocation(self).eval(tree, Scope() if scope is None else scope, propagate=True)

    def run(self, text: str, *, scope: Scope | None = None, name: str | None = None) -> None:
        """Run a script for its effects."""
        self.eval(text, scope=scope, name=name)

    def eval_expression(self, text: str, *, scope: Scope | None = None) -> Any:
        """Evaluate a single expression."""
        return self.eval_ast(self.compile_expression(text, scope=scope), scope=scope)

    def eval_file(self, path: str | Path, *, scope: Scope | None = None) -> Any:
        """Run a script file."""
        return self.eval_ast(self.compile_file(path), scope=scope)

    def eval_ast(self, tree: AST, *, scope: Scope | None = None) -> Any:
        """Run a compiled script."""
        return Invocation(self).eval(tree, Scope() if scope is None else scope)

    def call_fn(
        self,
        tree: AST,
        name: str,
        *args: Any,
        scope: Scope | None = None,
        this: Any = None,
        eval_ast: bool = True,
        rewind_scope: bool = True,
    ) -> Any:
        """Call a script function, private ones included.

        Args:
            scope: variables for the script's global statements.
            this: the value `this` is bound to; `None` leaves it unbound.
            eval_ast: run the global statements first.
            rewind_scope: drop what the global statements added to the scope.
        """
        return Invocation(self).call(
            tree,
            name,
            args,
            scope=Scope() if scope is None else scope,
            this=this,
            eval_ast=eval_ast,
            rewind=rewind_scope,
        )

    def eval_module(self, tree: AST, scope: Scope | None = None) -> Module:
        """Run a script and make a module of what it offers."""
        return Invocation(self).module(tree, Scope() if scope is None else scope)

    def compile_eval(self, text: str, shared: frozenset[str], names: frozenset[str]) -> Program:
        """Compile the text of a script's `eval` (called by the runtime)."""
        from horus_runtime.codegen.program import compile_script
        from horus_runtime.syntax.rhai import parse_script

        key = ("eval", text, shared, frozenset(names & self.free_names()), self.fingerprint())
        cached = self._texts.get(key)
        if cached is not None:
            return cached.program(None, _unreachable)
        script = parse_script(text, self.parse_options())
        if script.functions or any(isinstance(node, nodes.Closure) for node in walk(script)):
            raise ParseError(
                "WrongFnDefinition",
                "Function definitions must be at global level and cannot be inside a block or another function",
            )
        tree = AST(script, SourceFile(text))
        self.check_names(tree)
        config = self.compile_config(shared=shared, scope_names=frozenset(names & self.free_names()), has_parent=True)
        program = tree.program(None, lambda: compile_script(script, tree.source_file, config))
        self._keep(key, tree)
        return program

    def compile_in_scope(
        self, program: Program, key: tuple[str, int], shared: frozenset[str], names: frozenset[str]
    ) -> Program:
        """Compile a function's body to run in its caller's scope (called by the runtime)."""
        from horus_runtime.codegen.program import compile_script

        cache_key = ("in scope", program.filename, key, shared, names, self.fingerprint())
        cached = self._texts.get(cache_key)
        if cached is None:
            found = next(f for f in program.script.functions if (f.name, len(f.params)) == key and not f.this_type)
            script = nodes.Script(found.span, found.body.body, ())
            cached = AST(script, program.source)
            self._keep(cache_key, cached)
        config = self.compile_config(
            shared=shared, scope_names=frozenset(names & self.free_names()), has_parent=True, rewind=True
        )
        return cached.program(None, lambda: compile_script(cached.script, program.source, config))

    def import_module(self, run: Run, path: str, source: str | None, depth: int) -> Module:
        """Resolve an `import` (called by the runtime)."""
        from horus_runtime.engine.resolvers import resolve_import

        return resolve_import(self, run, path, source, depth)

    # ---- registering ------------------------------------------------------------------------------------------------

    def fn(self, function: F | None = None, *, name: str | None = None, **flags: Any) -> Any:
        """Decorator: make a Python function callable from scripts; annotated parameters choose the overload."""

        def register(function: F) -> F:
            self.host.fn(function, name=name, **flags)
            self.changed()
            return function

        return register if function is None else register(function)

    def register_fn(self, name: str, function: Callable[..., Any], **flags: Any) -> Engine:
        """Make a Python function callable from scripts under `name`."""
        self.fn(function, name=name, **flags)
        return self

    def register_native(self, function: NativeFn) -> Engine:
        """Register an overload with its exact script signature."""
        self.host.add(function)
        self.changed()
        return self

    def register_type(self, cls: type, *, name: str | None = None) -> Engine:
        """Give a Python class a script type name. Nothing of its objects is reachable unless it is registered."""
        self.host.types[cls] = name or cls.__name__
        self.changed()
        return self

    def register_static_module(self, name: str, module: Module) -> Engine:
        """Offer a module as `name::f()` and, where no variable has the name, as `name.f()`."""
        parent, _, last = name.rpartition("::")
        if parent:
            outer = self.modules.setdefault(parent.split("::")[0], Module(parent))
            for part in parent.split("::")[1:]:
                outer = outer.modules.setdefault(part, Module(part))
            outer.set_sub_module(last, module)
        else:
            self.modules[name] = module
        for cls, type_name in module.types.items():
            self.host.types.setdefault(cls, type_name)
        self._expose_methods(module)
        self.changed()
        return self

    register_module = register_static_module

    def _expose_methods(self, module: Module) -> None:
        """Methods of a module's own types are found without a prefix."""
        names = set(module.types.values())
        for overloads in module.functions.values():
            for function in overloads:
                if function.params and function.params[0] in names:
                    self.host.add(function)

    def register_global_module(self, module: Module) -> Engine:
        """Make a module's functions and variables visible without a prefix."""
        self.table.add_layer(module)
        return self

    def changed(self) -> None:
        """Tell compiled code that registrations changed."""
        self.table.changed()

    # ---- JSON -------------------------------------------------------------------------------------------------------

    def parse_json(self, text: str, *, has_null: bool = True) -> Any:
        """A JSON text as a script value.

        Raises:
            EvalError: the text is no JSON, or holds a `null` although `has_null` is off.
        """
        from horus_runtime.engine.presets import read_json

        return read_json(text, has_null=has_null)

    def to_json(self, value: Any) -> str:
        """A script value as JSON."""
        from horus_runtime.engine.presets import write_json

        return write_json(value)

    def type_name(self, value: Any) -> str:
        """The script type name of a value."""
        return self.table.type_name(value)

    def to_debug(self, value: Any) -> str:
        """The text that `debug` shows for a value."""
        from horus_runtime.runtime.text import to_debug

        return to_debug(value)


def _names_in(scope: Scope | None) -> tuple[str, ...]:
    return () if scope is None else tuple(name for name, _, _ in scope)


def _unreachable() -> Program:  # pragma: no cover - the program was built when the text was cached
    raise AssertionError


def read_script(path: str | Path) -> str:
    """The text of a script file, first `#!` line blanked.

    Raises:
        HorusError: `ErrorSystem`, with the path and the reason.
    """
    from horus_runtime.syntax.rhai import strip_shebang

    try:
        data = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise HorusError("ErrorSystem", f"Cannot open script file '{path}': {reason}") from None
    try:
        return strip_shebang(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        message = f"Cannot read script file '{path}': invalid UTF-8 at byte {error.start}"
        raise HorusError("ErrorSystem", message) from None


def default_print(text: str) -> None:
    """Where `print` goes unless the host says otherwise."""
    sys.stdout.write(text + "\n")
