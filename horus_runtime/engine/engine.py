"""`Engine`: compile, evaluate, call, register. The facade that hosts use."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from horus_runtime.engine.calling import Calling
from horus_runtime.engine.compiling import Compiling
from horus_runtime.engine.invoke import Invocation
from horus_runtime.engine.running import Running
from horus_runtime.limits import LIMIT_NAMES, Limits
from horus_runtime.runtime.deferred import DeferredModule, exposed
from horus_runtime.runtime.definitions import NOTHING
from horus_runtime.runtime.dispatch import FunctionTable
from horus_runtime.runtime.module import Module, NativeFn
from horus_runtime.runtime.registering import Registrar
from horus_runtime.runtime.scope import Scope
from horus_runtime.typing_names import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from horus_runtime.engine.handle import AST
    from horus_runtime.runtime.run import Run


Package = Module | str | Callable[["Engine"], object]


class Engine(Running, Compiling, Calling, Registrar):
    """Compiles and runs scripts. Cheap to make; may be shared by threads once it is set up.

    Args:
        limits: how much one run may use; finite defaults.
        services: what host modules need (policy, store, ...), by name. Limits may be named here, too:
            `Engine(max_operations=100_000)`.
    """

    def __init__(
        self, limits: Limits | None = None, *, packages: tuple[Module, ...] | None = None, **services: Any
    ) -> None:
        if packages is None:
            from horus_runtime.engine.presets import standard_packages

            packages = standard_packages()
        named = {name: services.pop(name) for name in LIMIT_NAMES if name in services}
        if named:
            limits = (Limits() if limits is None else limits).with_(**named)
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

    NOTHING = NOTHING
    """What a callback of the host returns to say that it has no answer."""

    # ---- running ----------------------------------------------------------------------------------------------------

    def eval(self, text: str, *, scope: Scope | None = None, name: str | None = None) -> Any:
        """Run a script and return the value of its last statement.

        Raises:
            ParseError: the text is wrong.
            EvalError: the script failed.
            LimitError: a limit was hit.
        """
        tree = self.cached(text, name)
        self.prepare(tree, scope)
        return Invocation(self).eval(tree, Scope() if scope is None else scope, propagate=True)

    def run(self, text: str, *, scope: Scope | None = None, name: str | None = None) -> None:
        """Run a script for its effects."""
        self.eval(text, scope=scope, name=name)

    def eval_expression(self, text: str, *, scope: Scope | None = None) -> Any:
        """Evaluate a single expression."""
        tree = self.cached(text, None, expression=True)
        self.prepare(tree, scope)
        return self.eval_ast(tree, scope=scope)

    def eval_file(self, path: str | Path, *, scope: Scope | None = None) -> Any:
        """Run a script file."""
        return self.eval_ast(self.compile_file(path), scope=scope)

    def run_file(self, path: str | Path, *, scope: Scope | None = None) -> None:
        """Run a script file for its effects."""
        self.eval_file(path, scope=scope)

    def eval_ast(self, tree: AST, *, scope: Scope | None = None, services: Mapping[str, Any] | None = None) -> Any:
        """Run a compiled script.

        Args:
            services: what functions of the host find in `NativeCallContext.services` in this run only, by name; runs of
                one engine that go on at the same time do not see each other's.
        """
        return Invocation(self, services=services).eval(tree, Scope() if scope is None else scope)

    def call_fn(
        self,
        tree: AST,
        name: str,
        *args: Any,
        scope: Scope | None = None,
        this: Any = None,
        eval_ast: bool = True,
        rewind_scope: bool = True,
        tag: Any = None,
        in_all_namespaces: bool = False,
    ) -> Any:
        """Call a script function, private ones included.

        Args:
            scope: variables for the script's global statements, which the function can read.
            this: what `this` is bound to: an array, map, blob or object is changed in place, and a `Ref` tells what the
                function assigned; `None` leaves it unbound.
            eval_ast: run the global statements first.
            rewind_scope: drop what the global statements added to the scope.
            tag: the host's own value for this run, `NativeCallContext.tag`, in place of `default_tag`.
            in_all_namespaces: call a function of the engine where the script has none of this name.

        Raises:
            EvalError: there is no such function for so many arguments (`ErrorFunctionNotFound`), or it failed.
            LimitError: a limit was hit.
        """
        pool = tree.pool(self)
        runs_statements = eval_ast and pool.has_statements
        if scope is None and this is None and tag is None and not (in_all_namespaces or runs_statements):
            return pool.call(name, args)
        own = Scope() if scope is None else scope
        if in_all_namespaces and not pool.defines(name, len(args)):
            return self.call(name, *args)
        if not runs_statements:
            return pool.call_with(name, args, own, this, tag)
        invocation = Invocation(self)
        if tag is not None:
            invocation.run.tag = tag
        return invocation.call(tree, name, args, scope=own, this=this, eval_ast=eval_ast, rewind=rewind_scope)

    def eval_module(self, tree: AST, scope: Scope | None = None) -> Module:
        """Run a script and make a module of what it offers."""
        return Invocation(self).module(tree, Scope() if scope is None else scope)

    def import_module(self, run: Run, path: str, source: str | None, depth: int) -> Module:
        """Resolve an `import` (called by the runtime)."""
        from horus_runtime.engine.resolvers import resolve_import

        return resolve_import(self, run, path, source, depth)

    # ---- registering ------------------------------------------------------------------------------------------------

    def _registry(self) -> Module:
        return self.host

    def _static(self, name: str) -> Module:
        module = self.modules.get(name)
        if module is None:
            module = Module(name)
            self.register_static_module(name, module)
        return module

    def _new_operator(self, symbol: str, precedence: int) -> None:
        self.register_custom_operator(symbol, precedence)

    def register_native(self, function: NativeFn) -> Engine:
        """Register an overload with its exact script signature."""
        self.host.add(function)
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
        if isinstance(module, DeferredModule):
            # Its methods are known by their signatures; the types and bodies come when it is imported.
            for function in module.placeholders():
                self.host.add(function)
            self.table.deferred.append(module)
            module.when_loaded(self._expose)
        else:
            self._expose(module)
            module.watch(self.table)
        self.changed()
        return self

    register_module = register_static_module

    def _expose(self, module: Module) -> None:
        """Types of a module have their names everywhere. Methods of its own types, and what it marks as global, are
        found without a prefix.
        """
        for cls, type_name in module.types.items():
            self.host.types.setdefault(cls, type_name)
        self.host.iterators.update(module.iterators)
        self.host.converters.update(module.converters)
        self.host.type_docs.update(module.type_docs)
        for function in exposed(module):
            self.host.add(function)
        self.table.forget_types()

    def register_global_module(self, module: Module) -> Engine:
        """Make a module's functions and variables visible without a prefix."""
        self.table.add_layer(module)
        return self

    def register_package(self, package: Package) -> Engine:
        """Add a bundle of functions, types and constants that several engines may share.

        Args:
            package: a `Module`, which needs no prefix; the name of a bundle of this package (`"standard"`, `"core"`, or
                one of its parts, for instance `"strings"`); or a function that sets an engine up.

        Raises:
            ValueError: there is no bundle of that name.
        """
        if isinstance(package, str):
            from horus_runtime.engine.presets import package_named

            package = package_named(package)
        if isinstance(package, Module):
            self.table.add_package(package)
        else:
            package(self)
        return self

    def use(self, *packages: Package) -> Engine:
        """`register_package` for each of these."""
        for package in packages:
            self.register_package(package)
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


def default_print(text: str) -> None:
    """Where `print` goes unless the host says otherwise."""
    sys.stdout.write(text + "\n")
