"""What `import "path"` means: module resolvers, and the making of a module from a script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from horus_runtime.errors import EvalError, HorusError, ParseError
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.program import THIS_CELL, FunctionMeta
from horus_runtime.runtime.scope import MISSING, Scope
from horus_runtime.runtime.tracing import nested_text
from horus_runtime.runtime.values import Cell, copy_value

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.handle import AST
    from horus_runtime.runtime.run import Linked, Run

STDLIB_PREFIX = "std/"


class ModuleNotFoundInResolverError(Exception):
    """A resolver does not know the path; the next one may."""


class ModuleResolver(Protocol):
    """Finds a module: a ready `Module`, or a script to run."""

    def resolve(self, engine: Engine, path: str, source: str | None) -> Module | AST:
        """Find the module or raise `ModuleNotFoundInResolverError`."""


class StaticModuleResolver:
    """Modules by exact path."""

    def __init__(self, modules: dict[str, Module] | None = None) -> None:
        self.modules: dict[str, Module] = dict(modules or {})

    def insert(self, name: str, module: Module) -> StaticModuleResolver:
        """Offer a module under a path."""
        self.modules[name] = module
        return self

    def resolve(self, engine: Engine, path: str, source: str | None) -> Module | AST:
        """The module of that very path."""
        try:
            return self.modules[path]
        except KeyError:
            raise ModuleNotFoundInResolverError from None


class FileModuleResolver:
    """Script files below a root folder; a path can never leave the root.

    Args:
        base: the root. Relative paths start here.
        extension: set on every path, in place of one it may have.
    """

    def __init__(self, base: str | Path, extension: str = "rhai") -> None:
        self.base = Path(base)
        self.extension = extension
        self._cache: dict[tuple[Path, int, int], AST] = {}

    def resolve(self, engine: Engine, path: str, source: str | None) -> Module | AST:
        """The compiled file; compiled again only when the file changed."""
        from horus_runtime.engine.engine import read_script

        root = self.base.resolve()
        target = (root / path).with_suffix(f".{self.extension}").resolve()
        if not target.is_relative_to(root) or not target.is_file():
            raise ModuleNotFoundInResolverError
        status = target.stat()
        key = (target, status.st_mtime_ns, status.st_size)
        if key not in self._cache:
            self._cache[key] = engine.compile(read_script(target), name=path)
        return self._cache[key]


class StdlibResolver:
    """The library written in the language itself: `import "std/strings" as s;`."""

    def __init__(self) -> None:
        self._cache: dict[str, AST] = {}

    def resolve(self, engine: Engine, path: str, source: str | None) -> Module | AST:
        """The compiled library file."""
        from horus_runtime.resources import stdlib_text

        if not path.startswith(STDLIB_PREFIX):
            raise ModuleNotFoundInResolverError
        if path not in self._cache:
            text = stdlib_text(path[len(STDLIB_PREFIX) :].removesuffix(".rhai"))
            if text is None:
                raise ModuleNotFoundInResolverError
            self._cache[path] = engine.compile(text, name=path)
        return self._cache[path]


class ModuleResolversCollection:
    """Several resolvers, asked in order."""

    def __init__(self, *resolvers: ModuleResolver) -> None:
        self.resolvers = list(resolvers)

    def push(self, resolver: ModuleResolver) -> ModuleResolversCollection:
        """Add a resolver at the end."""
        self.resolvers.append(resolver)
        return self

    def resolve(self, engine: Engine, path: str, source: str | None) -> Module | AST:
        """The first resolver's answer that knows the path."""
        for resolver in self.resolvers:
            try:
                return resolver.resolve(engine, path, source)
            except ModuleNotFoundInResolverError:
                continue
        raise ModuleNotFoundInResolverError


_stdlib = StdlibResolver()


def find(engine: Engine, path: str, source: str | None) -> Module | AST:
    """Ask the engine's resolver, then the standard library.

    Raises:
        EvalError: `ErrorModuleNotFound`.
    """
    for resolver in (engine.module_resolver, _stdlib):
        if resolver is None:
            continue
        try:
            found: Module | AST = resolver.resolve(engine, path, source)
        except ModuleNotFoundInResolverError:
            continue
        return found
    raise EvalError("ErrorModuleNotFound", f"Module not found: {path}", fields={"module": path})


def resolve_import(engine: Engine, run: Run, path: str, source: str | None, depth: int) -> Module:
    """Find and run a module for an `import`; each script runs once per run, and cycles are an error."""
    cache: dict[str, Module | None] = run.modules_cache
    if path in cache:
        module = cache[path]
        if module is None:
            raise EvalError(
                "ErrorModuleNotFound", f"Module not found: {path} (imports itself)", fields={"module": path}
            )
        return module
    try:
        found = find(engine, path, source)
        if isinstance(found, Module):
            return found
        cache[path] = None
        module = module_from_script(engine, run, found, Scope(), depth)
    except HorusError as error:
        cache.pop(path, None)
        if not isinstance(error, (EvalError, ParseError)) or error.kind == "ErrorModuleNotFound":
            raise
        message = f"{nested_text(run.explain(error), None)}\nin module '{path}'"
        raise EvalError("ErrorInModule", message, fields={"module": path}, inner=error) from None
    cache[path] = module
    return module


def module_from_script(engine: Engine, run: Run, tree: AST, scope: Scope, depth: int = 0) -> Module:
    """Run a script and collect what it exports: `export`ed variables, its functions, and the modules it imported."""
    linked = run.link(engine.program(tree, scope))
    assert linked.main is not None
    linked.main(scope, depth)
    module = Module(tree.source or "")
    for name, aliases in scope.aliases.items():
        for alias in aliases:
            module.set_var(alias, copy_value(scope.get(name)))
    for alias, imported in linked.imports:
        module.set_sub_module(alias, imported)
    for meta in linked.program.public_functions():
        if meta.this_type is None:
            key = (meta.name, len(meta.params))
            module.script_functions[key] = _exported(linked, meta)
    return module


def _exported(linked: Linked, meta: FunctionMeta) -> Any:
    """A script function as importers call it: in the run of the caller."""
    program = linked.program

    def call(run: Run, depth: int, args: tuple[Any, ...]) -> Any:
        home = run.link(program)
        if home is not linked and not home.imports:
            home.imports.extend(linked.imports)
            home.constants.update(linked.constants)
        function = home.functions[meta.name, len(meta.params)]
        if meta.this:
            return function(Cell(MISSING) if meta.this == THIS_CELL else MISSING, depth + 1, *args)
        return function(depth + 1, *args)

    return call
