"""What `import "path"` means: module resolvers, and the making of a module from a script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from horus_runtime.errors import EvalError, HorusError, InternalError, LimitError, ParseError
from horus_runtime.runtime.module import Module
from horus_runtime.runtime.program import THIS_CELL, FunctionMeta, Program
from horus_runtime.runtime.scope import MISSING, Scope
from horus_runtime.runtime.tracing import nested_text
from horus_runtime.runtime.values import Cell, copy_value
from horus_runtime.source import SourceFile

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
        module.name = module.name or name
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
        from horus_runtime.engine.compiling import read_script

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


def embed_modules(engine: Engine, tree: AST) -> None:
    """Resolve the imports of literal paths, in the tree and in the scripts it imports, and keep the modules in it.

    Raises:
        EvalError: `ErrorModuleNotFound`.
        ParseError: a module's text is wrong.
    """
    from horus_runtime.ast import nodes

    pending = [tree]
    while pending:
        importer = pending.pop()
        for node in importer.walk():
            if not isinstance(node, nodes.Import) or not isinstance(node.path, nodes.StringLit):
                continue
            path = node.path.value
            if path not in tree.modules:
                found = tree.modules[path] = find(engine, path, importer.source)
                if not isinstance(found, Module):
                    pending.append(found)


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
        found = run.embedded.get(path) or find(engine, path, source)
    except ParseError as error:
        raise _in_module(error, path) from None
    if isinstance(found, Module):
        return found
    cache[path] = None
    try:
        cache[path] = module = module_from_script(engine, run, found, Scope(), depth)
    except Exception as error:
        del cache[path]
        inner = run.explain(error)
        if isinstance(inner, InternalError):
            raise
        if isinstance(inner, LimitError) and inner.ends_run:
            raise inner from None
        raise _in_module(inner, path) from None
    return module


def _in_module(inner: HorusError, path: str) -> EvalError:
    """What an importer sees of an error in a module. As in Rhai it may be caught, unless the run is over."""
    message = f"{nested_text(inner, None)}\nin module '{path}'"
    return EvalError("ErrorInModule", message, fields={"module": path}, inner=inner)


def module_from_script(engine: Engine, run: Run, tree: AST, scope: Scope, depth: int = 0) -> Module:
    """Run a script and collect what it exports: `export`ed variables, its functions, and the modules it imported."""
    linked = run.link(engine.program(tree, scope))
    linked.is_module = True
    assert linked.main is not None
    mark = len(run.imports)
    run.running.append(linked)
    try:
        linked.main(scope, depth)
        imports = run.imports[mark:]
    finally:
        run.running.pop()
        del run.imports[mark:]
    module = Module(tree.source or "", tree.doc)
    module.tree = tree
    for name, aliases in scope.aliases.items():
        for alias in aliases:
            module.set_var(alias, copy_value(scope.get(name)))
    for alias, imported in imports:
        if alias:
            module.set_sub_module(alias, imported)
    exports = _Exports(linked.program, imports, linked.constants)
    for meta in linked.program.public_functions():
        key = (meta.name, len(meta.params))
        if meta.this_type is None:
            module.script_functions[key] = exports.function(meta)
        else:
            module.script_methods[meta.this_type, *key] = exports.function(meta)
    return module


class _Exports:
    """The functions of a script as importers call them: in the run of the caller, with the script's own imports."""

    def __init__(self, program: Program, imports: list[tuple[str, Module]], constants: dict[str, Any]) -> None:
        self.program = program
        self.imports = imports
        self.constants = constants
        self.named: dict[str, Program] = {program.source.name or "": program}

    def home(self, run: Run, name: str) -> Linked:
        """The script, linked in a run; errors show it under the name of the module it is reached by."""
        program = self.named.get(name)
        if program is None:
            source = SourceFile(self.program.source.text, name)
            # Frames are found by the name of the code's file, so that a second name needs code of its own.
            program = self.named[name] = self.program.with_source(source)
        linked = run.link(program)
        if not linked.is_module:
            linked.is_module = True
            linked.constants.update(self.constants)
        run.programs[program.filename] = program
        return linked

    def function(self, meta: FunctionMeta) -> Any:
        key = (meta.name, len(meta.params))

        def call(run: Run, depth: int, args: tuple[Any, ...], name: str, this: Cell | None = None) -> Any:
            home = self.home(run, name)
            function = home.functions[key] if this is None else home.typed[meta.this_type or "", *key][0]
            mark = len(run.imports)
            run.imports.extend(self.imports)
            run.running.append(home)
            try:
                if not meta.this:
                    return function(depth + 1, *args)
                bound = Cell(MISSING) if this is None else this
                return function(bound if meta.this == THIS_CELL else bound.v, depth + 1, *args)
            finally:
                run.running.pop()
                del run.imports[mark:]

        call.__dict__["meta"] = meta  # for tools that list what a module offers
        return call
