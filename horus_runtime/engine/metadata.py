"""What an engine offers to scripts, as data: signatures, the metadata document, and records for other tools."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from horus_runtime.runtime.deferred import exposed
from horus_runtime.runtime.module import ANY

if TYPE_CHECKING:
    from horus_runtime.engine.engine import Engine
    from horus_runtime.engine.handle import AST
    from horus_runtime.engine.parts import FunctionInfo
    from horus_runtime.runtime.module import Module, NativeFn


class Parameter(NamedTuple):
    """A parameter: its name (`_` where nobody gave one) and type (`None`: any)."""

    name: str
    type: str | None


class FunctionRecord(NamedTuple):
    """A function as the metadata document shows it."""

    name: str
    params: tuple[Parameter, ...]
    returns: str | None
    """The type of the result; `None`: any."""
    doc: str
    namespace: str
    """`"global"` or `"internal"`."""
    access: str
    """`"public"` or `"private"`."""
    kind: str
    """`"native"` or `"script"`."""
    this_type: str | None = None

    @property
    def signature(self) -> str:
        """`add(a: i64, b: i64) -> i64`; a parameter without a type takes any value."""
        shown = ", ".join(f"{p.name}: {p.type}" if p.type else p.name for p in self.params)
        owner = f"{self.this_type}." if self.this_type else ""
        return f"{owner}{self.name}({shown})" + (f" -> {self.returns}" if self.returns else "")

    @property
    def comments(self) -> list[str]:
        """The documentation as doc comments."""
        return [f"/// {line}".rstrip() for line in self.doc.splitlines()]


def parameter_names(function: NativeFn) -> tuple[str, ...]:
    """The names of the parameters: from the registration, or from the Python function behind it."""
    import inspect

    count = len(function.params)
    names = list(function.param_names)
    if not names:
        try:
            names = [name.rstrip("_") for name in inspect.signature(function.call).parameters]
        except (TypeError, ValueError):
            names = []
        names = names[int(function.context) :]
    # An overload may leave out what has a default, and a wrapper may hide what it takes.
    return tuple(names[at] if at < len(names) else f"arg{at + 1}" for at in range(count))


def native_record(fn: NativeFn, params: tuple[str, ...], namespace: str) -> FunctionRecord:
    """An overload as a record."""
    names = parameter_names(fn)
    shown = tuple(Parameter(name, None if kind == ANY else kind) for name, kind in zip(names, params, strict=True))
    returns = None if fn.returns == ANY else fn.returns
    return FunctionRecord(fn.name, shown, returns, fn.doc, fn.namespace or namespace, "public", "native")


def script_record(function: FunctionInfo) -> FunctionRecord:
    """A script's function as a record."""
    params = tuple(Parameter(name, None) for name in function.params)
    return FunctionRecord(
        function.name, params, None, function.doc, "global", function.access, "script", function.this_type
    )


class Collector:
    """Walks what an engine has registered."""

    def __init__(self, engine: Engine, *, include_standard: bool) -> None:
        self.engine = engine
        table = engine.table
        self.packages = table.layers[: table.standard] if include_standard else []
        self.own = table.layers[table.standard :]

    def functions_of(self, module: Module, namespace: str) -> list[FunctionRecord]:
        """The natives of a module, by name and number of parameters."""
        table = self.engine.table
        records = [native_record(fn, table.params_of(fn), namespace) for fn in module.natives()]
        return sorted(records, key=_order)

    def global_functions(self) -> list[FunctionRecord]:
        """What scripts call without a prefix. Methods that a static module brought along stand there."""
        records: dict[Any, FunctionRecord] = {}
        brought = {id(fn) for module in self.engine.modules.values() for fn in exposed(module)}
        for layer in [*self.packages, *self.own]:
            for fn in layer.natives():
                if fn.namespace != "internal" and id(fn) not in brought:
                    params = self.engine.table.params_of(fn)
                    records[fn.name, params] = native_record(fn, params, "global")
        return sorted(records.values(), key=_order)

    def types(self) -> Iterator[tuple[type, str, str]]:
        """Registered classes: class, name, documentation."""
        docs = {name: doc for layer in self.own for name, doc in layer.type_docs.items()}
        for cls, name in sorted(self.engine.table.types.items(), key=lambda item: item[1]):
            yield cls, name, docs.get(name, "")


def _order(record: FunctionRecord) -> Any:
    return record.name, len(record.params), record.signature


def signatures(engine: Engine, *, include_standard: bool = False, tree: AST | None = None) -> list[str]:
    """Readable signatures of every function that scripts may call, those of a script first."""
    collector = Collector(engine, include_standard=include_standard)
    found = [script_record(function).signature for function in (tree.functions() if tree is not None else ())]
    found += [record.signature for record in collector.global_functions() if _is_plain(record)]
    for path, module in _paths(engine.modules, ""):
        found += [f"{path}::{record.signature}" for record in collector.functions_of(module, "internal")]
    return found


def _is_plain(record: FunctionRecord) -> bool:
    return "$" not in record.name


def _paths(modules: dict[str, Module], prefix: str) -> Iterator[tuple[str, Module]]:
    for name, module in sorted(modules.items()):
        yield f"{prefix}{name}", module
        yield from _paths(module.modules, f"{prefix}{name}::")


def metadata(engine: Engine, *, include_standard: bool = False, tree: AST | None = None) -> dict[str, Any]:
    """The metadata document: plain data in the shape of Rhai's.

    Keys are `doc`, `functions`, `modules`, `customTypes`; each is left out where there is nothing. Functions are sorted
    by name and number of parameters; getters are named `get$prop`, setters `set$prop`, indexers `index$get$` and
    `index$set$`.
    """
    collector = Collector(engine, include_standard=include_standard)
    records = collector.global_functions()
    if tree is not None:
        records = sorted([*records, *map(script_record, tree.functions())], key=_order)
    document: dict[str, Any] = {}
    if tree is not None and tree.doc:
        document["doc"] = tree.doc
    types = [_type_data(cls, name, doc) for cls, name, doc in collector.types()]
    if types:
        document["customTypes"] = types
    document["functions"] = [_function_data(record) for record in records]
    variables = {name: engine.type_name(layer.get_var(name)) for layer in collector.own for name in layer.variables}
    if variables:
        document["constants"] = variables
    modules = {name: _module_data(collector, module) for name, module in sorted(engine.modules.items())}
    if modules:
        document["modules"] = modules
    return document


def _module_data(collector: Collector, module: Module) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if module.doc:
        data["doc"] = module.doc
    data["functions"] = [_function_data(record) for record in collector.functions_of(module, "internal")]
    if module.variables:
        data["constants"] = {name: collector.engine.type_name(module.get_var(name)) for name in module.variables}
    if module.modules:
        data["modules"] = {name: _module_data(collector, inner) for name, inner in sorted(module.modules.items())}
    return data


def _type_data(cls: type, name: str, doc: str) -> dict[str, Any]:
    data: dict[str, Any] = {"typeName": cls.__name__, "displayName": name}
    if doc:
        data["docComments"] = [f"/// {line}".rstrip() for line in doc.splitlines()]
    return data


def _function_data(record: FunctionRecord) -> dict[str, Any]:
    data: dict[str, Any] = {
        "baseHash": _hash(record.name, str(len(record.params))),
        "fullHash": _hash(record.name, *(param.type or ANY for param in record.params)),
        "namespace": record.namespace,
        "access": record.access,
        "name": record.name,
        "isAnonymous": record.name.startswith("anon$"),
        "type": record.kind,
        "numParams": len(record.params),
    }
    if record.params:
        data["params"] = [{"name": p.name} | ({"type": p.type} if p.type else {}) for p in record.params]
    if record.this_type:
        data["thisType"] = record.this_type
    if record.returns:
        data["returnType"] = record.returns
    data["signature"] = record.signature
    if record.doc:
        data["docComments"] = record.comments
    return data


def _hash(*parts: str) -> int:
    """A number that is the same in every process; not the one that Rhai computes."""
    return int.from_bytes(blake2b("\0".join(parts).encode(), digest_size=8).digest(), "big")
