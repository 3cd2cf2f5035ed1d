"""What can be called: the session's functions, the engine's natives and modules, with signatures and documentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from horus_runtime.engine.metadata import native_record
from horus_runtime.engine.parts import FunctionInfo, uncommented
from horus_runtime.runtime.module import ANY, Module, NativeFn

if TYPE_CHECKING:
    from horus_runtime.repl.session import Session
    from horus_runtime.runtime.program import FunctionMeta

GETTER, SETTER = "get$", "set$"


class Entry(NamedTuple):
    """A function, property or variable as the prompt shows it."""

    name: str
    kind: str
    """`function`, `method`, `any` (a method of every value), `property`, `constant` or `module`."""
    signatures: tuple[str, ...] = ()
    doc: str = ""


BUILT_IN = (
    Entry("print", "function", ("print(value)",), "Print a value and a line end."),
    Entry("debug", "function", ("debug(value)",), "Print a value in its debug form, with the place of the call."),
    Entry("type_of", "function", ("type_of(value) -> string",), "The name of the value's type."),
    Entry("Fn", "function", ("Fn(name: string) -> Fn",), "A pointer to the function of that name."),
    Entry("call", "function", ("call(function: Fn, ...)",), "Call a function pointer."),
    Entry("curry", "function", ("curry(function: Fn, ...) -> Fn",), "A pointer with its first arguments given."),
    Entry("eval", "function", ("eval(text: string)",), "Run a text as a script in the present scope."),
    Entry("is_def_var", "function", ("is_def_var(name: string) -> bool",), "Is there a variable of that name?"),
    Entry(
        "is_def_fn",
        "function",
        ("is_def_fn(name: string, parameters: i64) -> bool",),
        "Is there a script function of that name with so many parameters?",
    ),
    Entry("is_shared", "function", ("is_shared(variable) -> bool",), "Is the variable captured by a closure?"),
)
"""What the language itself defines; most of these are no natives."""
_BUILT_IN_NAMES = frozenset(entry.name for entry in BUILT_IN)


class Catalog:
    """Looks names up for completion, signature help and `:doc`."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._generation = -1
        self._natives: dict[str, list[NativeFn]] = {}

    # ---- functions --------------------------------------------------------------------------------------------------

    def natives(self) -> dict[str, list[NativeFn]]:
        """Native functions by name, every overload; names with a sign in them are operators or properties."""
        table = self.session.engine.table
        if self._generation != table.generation:
            found: dict[str, list[NativeFn]] = {}
            for layer in table.layers:
                for (name, _), overloads in layer.functions.items():
                    found.setdefault(name, []).extend(overloads)
            self._natives, self._generation = found, table.generation
        return self._natives

    def functions(self) -> Iterator[Entry]:
        """Everything that can be called by its bare name."""
        own: dict[str, list[FunctionInfo]] = {}
        for function in self.session.library.functions:
            own.setdefault(function.name, []).append(function)
        for name, found in own.items():
            docs = "\n".join(function.doc for function in found if function.doc)
            yield Entry(name, "function", tuple(function.signature for function in found), docs)
        yield from (entry for entry in BUILT_IN if entry.name not in own)
        for name, overloads in self.natives().items():
            if name.isidentifier() and name not in own and name not in _BUILT_IN_NAMES:
                yield self.entry(name, overloads)

    def entry(self, name: str, overloads: list[NativeFn], kind: str = "function") -> Entry:
        """The overloads of a native function as one entry."""
        made = property_signature if kind == "property" else signature
        signatures = dict.fromkeys(map(made, overloads))
        docs = dict.fromkeys(overload.doc for overload in overloads if overload.doc)
        return Entry(name, kind, tuple(signatures), "\n".join(docs))

    def find(self, path: str) -> list[Entry]:
        """The entries of a name such as `len`, `os::list_dir`, `os.list_dir` or `string.len`; empty when unknown."""
        owner, _, name = path.replace("::", ".").rpartition(".")
        if not owner:
            return self._find_bare(name)
        module = self.module(owner)
        if module is not None:
            return [entry for entry in self.members(module) if entry.name == name]
        return [entry for entry in self.methods(owner) if entry.name == name]

    def _find_bare(self, name: str) -> list[Entry]:
        found = [entry for entry in self.functions() if entry.name == name]
        getters = self.natives().get(f"{GETTER}{name}")
        if getters and not found:
            found.append(self.entry(name, getters, "property"))
        module = self.module(name)
        if module is not None:
            found.append(Entry(name, "module", (), module.doc))
        return found

    def methods(self, type_name: str | None) -> Iterator[Entry]:
        """What may stand behind a dot on a value of this type; `None` is any type."""
        for name, overloads in self.natives().items():
            is_property = name.startswith(GETTER)
            plain = name.removeprefix(GETTER)
            fitting = [fn for fn in overloads if fn.params and _fits(fn.params[0], type_name, is_property)]
            if fitting and plain.isidentifier():
                takes_any = type_name is not None and all(fn.params[0] == ANY for fn in fitting)
                yield self.entry(plain, fitting, "property" if is_property else "any" if takes_any else "method")
        for function in self.session.library.functions:
            if function.this_type in (None, type_name):
                yield Entry(function.name, "method", (function.signature,), function.doc)

    # ---- modules ----------------------------------------------------------------------------------------------------

    def modules(self) -> dict[str, str]:
        """Names before `::` and what they are: the engine's modules and the session's imports."""
        found = {name: module.doc for name, module in self.session.engine.modules.items()}
        return found | self.session.library.imports

    def module(self, path: str) -> Module | None:
        """The module of a path of names, the engine's or an imported one; `None` when there is none."""
        first, *rest = path.replace("::", ".").split(".")
        module = self.session.engine.modules.get(first) or self.session.imported(first)
        for name in rest:
            module = module.modules.get(name) if module is not None else None
        return module

    def members(self, module: Module) -> Iterator[Entry]:
        """Functions, constants and sub-modules of a module."""
        by_name: dict[str, list[NativeFn]] = {}
        for (name, _), overloads in module.functions.items():
            by_name.setdefault(name, []).extend(overloads)
        for name, overloads in by_name.items():
            if name.isidentifier():
                yield self.entry(name, overloads)
        scripts: dict[str, list[FunctionMeta]] = {}
        for (name, _), function in module.script_functions.items():
            scripts.setdefault(name, []).append(function.meta)
        for name, metas in scripts.items():
            docs = "\n".join(uncommented(comment) for meta in metas for comment in meta.doc)
            yield Entry(name, "function", tuple(f"{name}({', '.join(meta.params)})" for meta in metas), docs)
        for name, value in module.variables.items():
            yield Entry(name, "constant", (f"{name}: {self.session.engine.type_name(value)}",))
        for name, inner in module.modules.items():
            yield Entry(name, "module", (), inner.doc)


def signature(function: NativeFn) -> str:
    """`index_of(text: string, part: char, start: i64) -> i64`."""
    return native_record(function, function.params, "").signature


def property_signature(getter: NativeFn) -> str:
    """`string.len -> i64`."""
    record = native_record(getter, getter.params, "")
    owner = getter.params[0] if getter.params else ANY
    return f"{owner}.{record.name.removeprefix(GETTER)}{f' -> {record.returns}' if record.returns else ''}"


def _fits(param: str, type_name: str | None, is_property: bool) -> bool:
    if type_name is None:
        return not (param == ANY and is_property)
    return param in (type_name, ANY)
