"""What `import "path"` means: module resolvers, and the making of a module from a script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Union

from horus_runtime.errors import EvalError, HorusError, InternalError, LimitError, ParseError
from horus_runtime.runtime import faults
from horus_runtime.runtime.control import ScriptExit
from horus_runtime.runtime.host_errors import host_error
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
SEEN_FILES = 500
"""How many files a hint about a module that is not there looks at."""


class ModuleNotFoundInResolverError(Exception):
    """A resolver does not know the path; the next one may."""


Found = Union[Module, "AST", str]


class ModuleResolver(Protocol):
    """Finds a module: a ready `Module`, a compiled script, or the text of one."""

    def resolve(self, engine: Engine, path: str, source: str | None) -> Found | None:
        """Find the module of a path.

        Args:
            source: the name of the script that imports it.

        Returns:
            `None` when the resolver does not know the path; it may also raise `ModuleNotFoundInResolverError`.
        """


class StaticModuleResolver:
    """Modules by exact path."""

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        self.modules: dict[str, Module] = {}
        for name, module in (modules or {}).items():
            self.insert(name, module)

    def insert(self, name: str, module: Module) -> StaticModuleResolver:
        """Offer a module under a path."""
        self.modules[name] = module
        module.name = module.name or name
        return self

    __setitem__ = insert

    def remove(self, name: str) -> Module | None:
        """Take a module out; `None` when there is none of this path."""
        return self.modules.pop(name, None)

    def merge(self, other: StaticModuleResolver) -> StaticModuleResolver:
        """Take over what another resolver offers; its modules win."""
        self.modules.update(other.modules)
        return self

    def __contains__(self, name: str) -> bool:
        return name in self.modules

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __len__(self) -> int:
        return len(self.modules)

    def near_paths(self, path: str, source: str | None) -> Iterable[str]:
        """The paths that could be meant by one that is not known."""
        return self.modules

    def resolve(self, engine: Engine, path: str, source: str | None) -> Found | None:
        """The module of that very path."""
        return self.modules.get(path)


class FileModuleResolver:
    """Script files below a root folder; a path can never leave the root.

    Args:
        base: the root, where relative paths start; `None` takes the folder of the importing script, or the current one.
        extension: set on every path, in place of one it may have.
        cache: keep compiled files; they are compiled again only when they change.
        scope: variables that every file finds when it is run as a module; each gets copies of its own.
    """

    def __init__(
        self,
        base: str | Path | None = None,
        extension: str = "rhai",
        *,
        cache: bool = True,
        scope: Scope | None = None,
    ) -> None:
        self.base = None if base is None else Path(base)
        self.extension = extension
        self.cache = cache
        self.scope = scope
        self._cache: dict[tuple[Path, int, int], AST] = {}

    def resolve(self, engine: Engine, path: str, source: str | None) -> Found | None:
        """The compiled file."""
        from horus_runtime.engine.compiling import read_script

        try:
            root, target = self._target(path, source)
            if not target.is_relative_to(root) or not target.is_file():
                return None
            status = target.stat()
        except (OSError, ValueError, RuntimeError):
            return None  # a path that no file can have: too long, with a zero byte, or links that go round
        key = (target, status.st_mtime_ns, status.st_size)
        if self.cache and key in self._cache:
            return self._cache[key]
        text = read_script(target, engine.max_script_size)
        tree = engine.compile(text, name=path if self.base is not None else str(target), scope=self.scope)
        tree.module_scope = self.scope
        if self.cache:
            self._cache[key] = tree
        return tree

    def _target(self, path: str, source: str | None) -> tuple[Path, Path]:
        base = self.base if self.base is not None else Path(source or "").parent
        root = base.resolve()
        return root, (root / path).with_suffix(f".{self.extension}").resolve()

    def near_paths(self, path: str, source: str | None) -> Iterable[str]:
        """Paths of files beside the one that is not there, and of those one folder below the root."""
        root, target = self._target(path, source)
        folders = [root, *(entry for entry in islice(root.iterdir(), SEEN_FILES) if entry.is_dir())]
        if target.is_relative_to(root) and target.parent.is_dir():
            folders.insert(0, target.parent)
        files = (file for folder in dict.fromkeys(folders) for file in folder.glob(f"*.{self.extension}"))
        return [file.relative_to(root).with_suffix("").as_posix() for file in islice(files, SEEN_FILES)]

    def clear_cache(self) -> None:
        """Forget every compiled file."""
        self._cache.clear()

    def clear_cache_for_path(self, path: str) -> bool:
        """Forget the compiled file of a path; tells whether there was one."""
        _, target = self._target(path, None)
        known = [key for key in self._cache if key[0] == target]
        for key in known:
            del self._cache[key]
        return bool(known)


class DummyModuleResolver:
    """Knows nothing: only the standard library can be imported."""

    def resolve(self, engine: Engine, path: str, source: str | None) -> Found | None:
        """Nothing."""
        return None


class StdlibResolver:
    """The library written in the language itself: `import "std/strings" as s;`."""

    def __init__(self) -> None:
        self._cache: dict[str, AST] = {}

    def near_paths(self, path: str, source: str | None) -> Iterable[str]:
        """The files of the library."""
        from horus_runtime.resources import stdlib_names

        return [STDLIB_PREFIX + name for name in stdlib_names()]

    def resolve(self, engine: Engine, path: str, source: str | None) -> Found | None:
        """The compiled library file."""
        from horus_runtime.resources import stdlib_text

        if not path.startswith(STDLIB_PREFIX):
            return None
        if path not in self._cache:
            text = stdlib_text(path[len(STDLIB_PREFIX) :].removesuffix(".rhai"))
            if text is None:
                return None
            self._cache[path] = engine.compile(text, name=path)
        return self._cache[path]


class ModuleResolversCollection:
    """Several resolvers, asked in order. An error inside of a module ends the search."""

    def __init__(self, *resolvers: ModuleResolver) -> None:
        self.resolvers = list(resolvers)

    def push(self, resolver: ModuleResolver) -> ModuleResolversCollection:
        """Add a resolver at the end."""
        self.resolvers.append(resolver)
        return self

    def insert(self, at: int, resolver: ModuleResolver) -> ModuleResolversCollection:
        """Add a resolver before the one at an index."""
        self.resolvers.insert(at, resolver)
        return self

    def remove(self, at: int) -> ModuleResolver:
        """Take the resolver at an index out.

        Raises:
            IndexError: there is none.
        """
        return self.resolvers.pop(at)

    def __iter__(self) -> Iterator[ModuleResolver]:
        return iter(self.resolvers)

    def __len__(self) -> int:
        return len(self.resolvers)

    def clear(self) -> None:
        """Drop all resolvers."""
        self.resolvers.clear()

    def near_paths(self, path: str, source: str | None) -> Iterable[str]:
        """Those of all resolvers that can tell."""
        tellers = (getattr(resolver, "near_paths", None) for resolver in self.resolvers)
        return [near for tell in tellers if tell is not None for near in tell(path, source)]

    def resolve(self, engine: Engine, path: str, source: str | None) -> Found | None:
        """The first resolver's answer that knows the path."""
        for resolver in self.resolvers:
            try:
                found = resolver.resolve(engine, path, source)
            except ModuleNotFoundInResolverError:
                continue
            if found is not None:
                return found
        return None


_stdlib = StdlibResolver()


def find(engine: Engine, path: str, source: str | None) -> Module | AST:
    """Ask the engine's resolver, then the standard library.

    Raises:
        EvalError: `ErrorModuleNotFound`, or what an exception of the host's resolver stands for.
    """
    for resolver in (engine.module_resolver, _stdlib):
        try:
            found = None if resolver is None else resolver.resolve(engine, path, source)
        except ModuleNotFoundInResolverError:
            continue
        except HorusError:
            raise
        except Exception as error:
            raise host_error("import", error, engine.run_settings()) from error
        if found is not None:
            return engine.cached(found, path) if isinstance(found, str) else found
    missing = EvalError("ErrorModuleNotFound", f"Module not found: {path}", fields={"module": path})
    missing.hint = partial(_near_path, engine.module_resolver, path, source)
    raise missing


def _near_path(resolver: ModuleResolver | None, path: str, source: str | None) -> str | None:
    """A hint that names a path which could be meant, of those that the resolvers tell."""
    known: set[str] = set()
    for each in (resolver, _stdlib):
        tell = getattr(each, "near_paths", None)
        if tell is not None:
            try:
                known.update(tell(path, source))
            except (OSError, ValueError):
                continue  # folders that cannot be read hold nothing to name
    return faults.suggestion(path, known)


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
    known = next((module for module in cache.values() if module is not None and module.tree is found), None)
    if known is not None:  # the same file by another path
        cache[path] = known
        return known
    cache[path] = None
    try:
        scope = Scope() if found.module_scope is None else found.module_scope.copy()
        scope.settle(run.convert)
        cache[path] = module = module_from_script(engine, run, found, scope, depth)
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
    mark, base = len(run.imports), len(scope)
    run.running.append(linked)
    try:
        with suppress(ScriptExit):  # `exit` ends the module, and not the script that imports it
            linked.main(scope, depth)
        imports = run.imports[mark:]
    finally:
        run.running.pop()
        del run.imports[mark:]
    module = Module(tree.source or "", tree.doc)
    module.tree = tree
    for name, aliases in scope.aliases.items():
        for alias in aliases:
            module.set_var(alias, copy_value(scope.exported(name, alias, base)))
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
        program = self.program if self.program.source.name else self.named.get(name)
        if program is None:
            source = SourceFile(self.program.source.text, name, lent=True)
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
                    return function(run.next_level(depth), *args)
                bound = Cell(MISSING) if this is None else this
                return function(bound if meta.this == THIS_CELL else bound.v, run.next_level(depth), *args)
            finally:
                run.running.pop()
                del run.imports[mark:]

        call.__dict__["meta"] = meta  # for tools that list what a module offers
        return call
