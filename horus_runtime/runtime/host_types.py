"""Which parts of a host's class scripts reach, and how.

SAFETY: a script names a member only by a key of the function table, so that what is not registered here does not exist
for it. Names that begin with an underscore are refused, whoever asks.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self, get_type_hints

from horus_runtime.errors import EvalError
from horus_runtime.runtime.hints import alternatives
from horus_runtime.runtime.signatures import natives_from_python
from horus_runtime.runtime.values import _TYPE_NAMES

if TYPE_CHECKING:
    from horus_runtime.runtime.module import Module
    from horus_runtime.runtime.registering import Registrar

ABSENT: Final = object()

BINARY: Final[dict[str, str]] = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "%": "mod", "**": "pow", "<<": "lshift", ">>": "rshift",
    "&": "and", "|": "or", "^": "xor", "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge",
}  # fmt: skip
UNARY: Final = {"-": "neg", "+": "pos", "!": "invert"}
COMPARING: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class TypePlan:
    """What `register_type` was told."""

    cls: type
    name: str
    expose: Iterable[str] | Mapping[str, str] | str
    readonly: frozenset[str]
    all_readonly: bool
    constructor: bool | str
    operators: tuple[str, ...]
    indexer: bool
    iterable: bool
    display: Callable[[Any], str] | None
    debug: Callable[[Any], str] | None
    doc: str | None


def expose_type(module: Module, static: Callable[[str], Module], plan: TypePlan) -> None:
    """Register a class in a module, with everything that the plan exposes.

    Raises:
        ValueError: a name is private, unknown or taken.
    """
    name_type(module, plan.cls, plan.name)
    doc = plan.doc if plan.doc is not None else _own_doc(plan.cls)
    if doc:
        module.type_docs[plan.name] = doc
    _Exposer(module, static, plan).all()


def name_type(module: Module, cls: type, name: str) -> None:
    """Give a class its name in scripts."""
    if not isinstance(cls, type):
        raise TypeError(f"register_type takes a class, not {type(cls).__name__}")
    if cls in _TYPE_NAMES:
        raise ValueError(f"{cls.__name__} is a type of the language already: {_TYPE_NAMES[cls]}")
    if not all(part.isidentifier() for part in name.split("::")):
        raise ValueError(f"'{name}' is no name for a type")
    taken = {known: other for other, known in module.types.items()} | {
        known: other for other, known in _TYPE_NAMES.items()
    }
    if taken.get(name, cls) is not cls:
        raise ValueError(f"the type name '{name}' is taken already")
    module.types[cls] = name


def _own_doc(cls: type) -> str:
    """The docstring written for the class; dataclasses make one of their signature when there is none."""
    doc = inspect.cleandoc(cls.__dict__.get("__doc__") or "")
    return "" if doc.startswith(f"{cls.__name__}(") else doc


class _Exposer:
    """Turns one plan into registrations."""

    def __init__(self, module: Module, static: Callable[[str], Module], plan: TypePlan) -> None:
        self.module = module
        self.static = static
        self.plan = plan
        self.cls = plan.cls
        try:
            self.hints = get_type_hints(plan.cls, include_extras=True)
        except (NameError, TypeError):
            self.hints = {}

    def add(self, function: Callable[..., Any], name: str, **flags: Any) -> None:
        for native in natives_from_python(function, name=name, owner=self.cls, method=True, **flags):
            self.module.add(native)

    def all(self) -> None:
        for attribute, name, readonly in self.members():
            self.member(attribute, name, readonly)
        for symbol in self.plan.operators:
            self.operator(symbol)
        if self.plan.indexer:
            self.indexer()
        if self.plan.iterable:
            self.module.iterators[self.cls] = iter
        if self.plan.constructor:
            self.constructor(self.plan.name if self.plan.constructor is True else self.plan.constructor)
        if self.plan.display is not None:
            self.add(_shown(self.plan.display), "to_string", pure=True)
        if self.plan.debug is not None or self.plan.display is not None:
            self.add(_shown(self.plan.debug or self.plan.display), "to_debug", pure=True)

    # ---- members ----------------------------------------------------------------------------------------------------

    def members(self) -> Iterator[tuple[str, str, bool]]:
        """What to expose: attribute, name in scripts, without setter."""
        expose = self.plan.expose
        if expose == "fields":
            yield from self.fields()
            return
        if isinstance(expose, str):
            raise TypeError(f"expose is a list of names, or 'fields', not '{expose}'")
        pairs = expose.items() if isinstance(expose, Mapping) else ((name, name) for name in expose)
        known = []
        for attribute, name in pairs:
            known.append(attribute)
            yield attribute, name, self.plan.all_readonly or attribute in self.plan.readonly
        unknown = self.plan.readonly.difference(known)
        if unknown:
            raise ValueError(f"readonly names what is not exposed: {', '.join(sorted(unknown))}")

    def fields(self) -> Iterator[tuple[str, str, bool]]:
        declared = declared_fields(self.cls)
        if declared is None:
            raise ValueError(f"{self.cls.__name__} is no dataclass or pydantic model: name what to expose")
        for attribute, metadata in declared.items():
            if not attribute.startswith("_") and not metadata.get("skip"):
                fixed = self.plan.all_readonly or attribute in self.plan.readonly or bool(metadata.get("readonly"))
                yield attribute, metadata.get("name", attribute), fixed

    def member(self, attribute: str, name: str, readonly: bool) -> None:
        if attribute.startswith("_"):
            raise ValueError(f"'{attribute}' of {self.cls.__name__} is private and cannot be exposed")
        if not name.isidentifier():
            raise ValueError(f"'{name}' is no name for a member of {self.plan.name}")
        found = inspect.getattr_static(self.cls, attribute, ABSENT)
        if isinstance(found, (staticmethod, classmethod)):
            self.static_method(attribute, name, is_class=isinstance(found, classmethod))
        elif isinstance(found, property):
            self.property(attribute, name, found, readonly)
        elif isinstance(found, cached_property):
            self.add(_reader(attribute, _return_hint(found.func)), f"get${name}", pure=True)
        elif inspect.isroutine(found):
            self.add(getattr(self.cls, attribute), name)
        elif found is not ABSENT or attribute in self.hints or self.is_made_by_init(attribute):
            self.field(attribute, name, readonly)
        else:
            raise ValueError(f"{self.cls.__name__} has no attribute '{attribute}' to expose")

    def is_made_by_init(self, attribute: str) -> bool:
        """Does `__init__` of the class or of a base assign to this attribute, as far as its code tells?"""
        codes = (getattr(base.__dict__.get("__init__"), "__code__", None) for base in self.cls.__mro__)
        return attribute in (declared_fields(self.cls) or ()) or any(
            code and attribute in code.co_names for code in codes
        )

    def property(self, attribute: str, name: str, found: property, readonly: bool) -> None:
        hint = _return_hint(found.fget)
        self.add(_reader(attribute, hint), f"get${name}", pure=True, doc=inspect.getdoc(found) or "")
        if found.fset is not None and not readonly:
            self.add(_writer(attribute, hint), f"set${name}", pure=False)

    def field(self, attribute: str, name: str, readonly: bool) -> None:
        hint = self.hints.get(attribute, Any)
        self.add(_reader(attribute, hint), f"get${name}", pure=True, doc="")
        if not readonly and not _is_frozen(self.cls):
            writer = _model_writer(self.cls, attribute) if hasattr(self.cls, "__pydantic_validator__") else None
            self.add(writer or _writer(attribute, hint), f"set${name}", pure=False, doc="")

    def static_method(self, attribute: str, name: str, *, is_class: bool) -> None:
        function = getattr(self.cls, attribute)
        target = self.static(self.plan.name)
        for native in natives_from_python(function, name=name):
            target.add(native)

    # ---- special methods --------------------------------------------------------------------------------------------

    def constructor(self, name: str) -> None:
        doc = self.plan.doc or _own_doc(self.cls)
        for native in natives_from_python(constructor_of(self.cls), name=name, doc=doc, returns=self.plan.name):
            self.module.add(native)

    def operator(self, symbol: str) -> None:
        done = False
        if symbol == "in":
            done = self.special("__contains__", "contains", operator.contains)
        if symbol in BINARY:
            done = self.binary(symbol) or done
        if symbol in UNARY:
            stem = UNARY[symbol]
            done = self.special(f"__{stem}__", symbol, getattr(operator, stem)) or done
        if not done:
            known = symbol in BINARY or symbol in UNARY or symbol == "in"
            reason = f"{self.cls.__name__} does not define it" if known else "it is none that classes can define"
            raise ValueError(f"operator '{symbol}' cannot be exposed: {reason}")

    def binary(self, symbol: str) -> bool:
        stem = BINARY[symbol]
        special = f"__{stem}__"
        if not _defines(self.cls, special):
            return False
        apply = _operator_call(symbol, getattr(operator, f"{stem}_" if stem in ("and", "or") else stem))
        other = self.operand_hint(special)
        apply.__annotations__ = {"left": self.cls, "right": other}
        self.add(apply, symbol, pure=True, operator=True)
        reflected = f"__r{stem}__"
        if _defines(self.cls, reflected):
            swapped = _operator_call(symbol, getattr(operator, f"{stem}_" if stem in ("and", "or") else stem))
            swapped.__annotations__ = {"left": self.operand_hint(reflected), "right": self.cls}
            for native in natives_from_python(swapped, name=symbol, method=True, pure=True, operator=True):
                self.module.add(native)
        return True

    def operand_hint(self, special: str) -> Any:
        """What the other operand may be, as the special method's annotation says; else an object of the class."""
        function = inspect.getattr_static(self.cls, special)
        try:
            hints = get_type_hints(function)
        except (NameError, TypeError, AttributeError):
            hints = {}
        hints.pop("return", None)
        hint = next(iter(hints.values()), object)
        return self.cls if hint is object or hint is Any else hint

    def special(self, special: str, name: str, function: Callable[..., Any]) -> bool:
        if not _defines(self.cls, special):
            return False
        own = inspect.getattr_static(self.cls, special)
        self.add(own if inspect.isroutine(own) else function, name, pure=True, doc="")
        return True

    def indexer(self) -> None:
        if not _defines(self.cls, "__getitem__"):
            raise ValueError(f"{self.cls.__name__} has no __getitem__ for an indexer")
        self.add(inspect.getattr_static(self.cls, "__getitem__"), "index$get$", pure=True)
        if _defines(self.cls, "__setitem__") and not self.plan.all_readonly:
            self.add(inspect.getattr_static(self.cls, "__setitem__"), "index$set$", pure=False)


def constructor_of(cls: Any) -> Callable[..., Any]:
    """The class as a function of positional arguments, or of one map where it takes keywords only."""
    keywords = any(
        parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD)
        for parameter in inspect.signature(cls).parameters.values()
    )
    if not keywords:
        return cls  # type: ignore[no-any-return]  # a class is callable
    read = alternatives(cls)[-1].read if hasattr(cls, "__pydantic_validator__") else None

    def construct(values: dict[str, Any]) -> Any:
        from horus_runtime.runtime.hints import Unfit

        if read is None:
            return cls(**values)
        try:
            return read(values)
        except Unfit as unfit:
            raise EvalError("ErrorMismatchDataType", f"Data type incorrect: {unfit}") from None

    return construct


def declared_fields(cls: Any) -> dict[str, dict[str, Any]] | None:
    """The fields of a dataclass or pydantic model, each with what its metadata says about scripts."""
    if hasattr(cls, "__dataclass_fields__"):
        from dataclasses import fields

        return {field.name: dict(field.metadata.get("script", {})) for field in fields(cls)}
    if hasattr(cls, "__pydantic_fields__"):
        found = {}
        for name, info in cls.__pydantic_fields__.items():
            extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
            found[name] = dict(extra.get("script", {}))
        return found
    return None


def _is_frozen(cls: Any) -> bool:
    parameters = getattr(cls, "__dataclass_params__", None)
    config = getattr(cls, "model_config", None) or {}
    return bool(parameters and parameters.frozen) or bool(config.get("frozen"))


def _defines(cls: type, special: str) -> bool:
    """Does the class, or a base other than `object`, define this special method?"""
    return any(base is not object and base.__dict__.get(special) is not None for base in cls.__mro__)


def _return_hint(function: Any) -> Any:
    try:
        return get_type_hints(function).get("return", Any)
    except (NameError, TypeError):
        return Any


def _usable(hint: Any) -> Any:
    """An annotation for a parameter; what means nothing to scripts takes any value."""
    try:
        alternatives(hint)
    except TypeError:
        return Any
    return hint


def _reader(attribute: str, hint: Any) -> Callable[[Any], Any]:
    def get(this: Any) -> Any:
        return getattr(this, attribute)

    get.__annotations__ = {"return": hint}
    get.__name__ = attribute
    return get


def _writer(attribute: str, hint: Any) -> Callable[[Any, Any], None]:
    def set_(this: Any, value: Any) -> None:
        setattr(this, attribute, value)

    set_.__annotations__ = {"value": _usable(hint)}
    set_.__name__ = attribute
    return set_


def _model_writer(cls: Any, attribute: str) -> Callable[[Any, Any], None]:
    """Assignment to a field of a pydantic model is always validated, whatever its configuration says."""

    def set_(this: Any, value: Any) -> None:
        from pydantic import ValidationError

        try:
            cls.__pydantic_validator__.validate_assignment(this, attribute, value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            text = f"{cls.__name__}.{attribute}: {first['msg'][:1].lower()}{first['msg'][1:]}"
            raise EvalError("ErrorMismatchDataType", f"Data type incorrect: {text}") from None

    set_.__annotations__ = {}
    set_.__name__ = attribute
    return set_


def _shown(text: Any) -> Callable[[Any], str]:
    def show(this: Any) -> str:
        return str(text(this))

    show.__annotations__ = {"return": str}  # the owner of the first parameter is given where it is registered
    return show


def _operator_call(symbol: str, function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        return function(left, right)

    apply.__name__ = symbol
    return apply


class TypeBuilder:
    """Registers a class step by step, in the class's own `build_type`. Every method returns the builder."""

    def __init__(self, registrar: Registrar, cls: type) -> None:
        self._registrar = registrar
        self._cls = cls
        name_type(registrar._registry(), cls, cls.__name__)  # noqa: SLF001 - the builder is part of registration

    def with_name(self, name: str) -> Self:
        """The name that scripts see."""
        name_type(self._registrar._registry(), self._cls, name)  # noqa: SLF001
        return self

    def with_comments(self, doc: str) -> Self:
        """The documentation of the type."""
        module = self._registrar._registry()  # noqa: SLF001
        module.type_docs[module.types[self._cls]] = doc
        return self

    def with_fn(self, name: str, function: Callable[..., Any], **flags: Any) -> Self:
        """A method, if the first parameter is an object of the class; else a function, as constructors are."""
        self._registrar.register_fn(name, function, **flags)
        return self

    def with_method(self, name: str, function: Callable[..., Any], **flags: Any) -> Self:
        """A method; the first parameter needs no annotation."""
        self._registrar.method(self._cls, name=name, **flags)(function)
        return self

    def with_get(self, name: str, function: Callable[[Any], Any]) -> Self:
        """A property that can be read."""
        self._registrar.register_get(self._cls, name, function)
        return self

    def with_set(self, name: str, function: Callable[[Any, Any], Any]) -> Self:
        """A property that can be written."""
        self._registrar.register_set(self._cls, name, function)
        return self

    def with_get_set(self, name: str, get: Callable[[Any], Any], set: Callable[[Any, Any], Any]) -> Self:  # noqa: A002
        """A property that can be read and written."""
        return self.with_get(name, get).with_set(name, set)

    def with_indexer_get(self, function: Callable[[Any, Any], Any]) -> Self:
        """`object[index]`."""
        self._registrar.register_indexer(self._cls, function)
        return self

    def with_indexer_set(self, function: Callable[[Any, Any, Any], Any]) -> Self:
        """`object[index] = value`."""
        self._registrar.register_index_set(self._cls, function)
        return self

    def is_iterable(self, function: Callable[[Any], Iterable[Any]] = iter) -> Self:
        """`for` walks the objects."""
        self._registrar.register_iterator(self._cls, function)
        return self

    def on_print(self, function: Callable[[Any], str]) -> Self:
        """The text for `print` and `to_string`."""
        self._registrar.method(self._cls, name="to_string")(_shown(function))
        return self

    def on_debug(self, function: Callable[[Any], str]) -> Self:
        """The text for `debug`."""
        self._registrar.method(self._cls, name="to_debug")(_shown(function))
        return self
