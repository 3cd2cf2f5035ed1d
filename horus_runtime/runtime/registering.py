"""How hosts register functions and types: the decorators and calls that `Engine` and `Module` share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from horus_runtime.runtime.values import _TYPE_NAMES, Range
from horus_runtime.typing_names import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

if TYPE_CHECKING:
    from horus_runtime.runtime.context import CallContext
    from horus_runtime.runtime.module import Module

F = TypeVar("F", bound=Callable[..., Any])

INDEX_GET = "index$get$"
INDEX_SET = "index$set$"
BUILTIN_INDEXED = frozenset({"array", "map", "string", "i64", "blob"})


class Indexer(Generic[F]):
    """What `@engine.indexer` leaves in place of the reading function: `@name.setter` adds the writing one."""

    def __init__(self, registrar: Registrar, get: F, owner: type | None) -> None:
        self._registrar = registrar
        self._owner = owner
        self.get = get

    def setter(self, function: F) -> F:
        """Decorator: `object[index] = value`, a function of object, index and value."""
        self._registrar.register_index_set(self._owner, function)
        return function


class Registrar:
    """Registers Python functions and classes for scripts.

    Annotated parameters choose the overload: `int | float` makes two, a default makes one more with fewer arguments, a
    parameter annotated `NativeCallContext` gets the context of the call, and none at all takes any value. See
    `docs/embedding.md` for what each annotation accepts.
    """

    def _registry(self) -> Module:
        """The module that what is registered goes to: a subclass says which of its modules that is."""
        raise NotImplementedError

    def _static(self, name: str) -> Module:
        """The module of the functions that scripts call as `name::function`, also a subclass's own."""
        raise NotImplementedError

    def changed(self) -> None:
        """Something was registered."""

    def _add(self, function: Callable[..., Any], **options: Any) -> None:
        from horus_runtime.runtime.signatures import natives_from_python

        module = self._registry()
        for native in natives_from_python(function, **options):
            module.add(native)
        self.changed()

    # ---- functions --------------------------------------------------------------------------------------------------

    @overload
    def fn(self, function: F, /) -> F: ...
    @overload
    def fn(self, name: str | None = None, /, **flags: Any) -> Callable[[F], F]: ...
    def fn(self, function: Any = None, /, *, name: str | None = None, **flags: Any) -> Any:
        """Decorator: make a Python function callable from scripts: `@engine.fn`, `@engine.fn("name")`.

        Array, map and blob arguments are the function's own: it may change and keep them.

        Args:
            name: the name in scripts; by default the function's own.
            flags: `pure=False` refuses constants as first argument, `volatile=True` keeps the optimizer from calling it
                early, `doc="..."` replaces the docstring, `params=("i64", "any")` gives the script types in place of
                the annotations, `internal=True` lets scripts reach it only by the prefix of its module.

        Raises:
            TypeError: the function's signature cannot be used from scripts; the message names the parameter.
        """
        if isinstance(function, str):
            function, name = None, function

        def register(function: F) -> F:
            self._add(function, name=name, **flags)
            return function

        return register if function is None else register(function)

    def register_fn(self, name: str, function: Callable[..., Any], **flags: Any) -> Self:
        """Make a Python function callable from scripts under a name. Flags as for `fn`."""
        self._add(function, name=name, **flags)
        return self

    def register_raw_fn(
        self,
        name: str,
        params: Iterable[str | type],
        function: Callable[[CallContext, list[Any]], Any],
        **flags: Any,
    ) -> Self:
        """Make a function callable that gets its arguments by reference, together with the context of the call.

        The first argument is the script's own value, as `this` of a method is: it may be changed in place, and what the
        function puts into `args[0]` takes its place in the script. The others are copies.

        Args:
            params: the script types of the arguments (`"i64"`, `"array"`, `"any"`, ...), or classes.
            function: called with the context and the list of arguments; its result goes to the script.
            flags: as for `fn`. A raw function that changes nothing says `pure=True`; others are refused for constants.
        """
        from horus_runtime.runtime.signatures import raw_native

        self._registry().add(raw_native(name, tuple(params), function, **flags))
        self.changed()
        return self

    @overload
    def method(self, function: F, /) -> F: ...
    @overload
    def method(self, owner: type | None = None, /, **flags: Any) -> Callable[[F], F]: ...
    def method(self, owner: Any = None, /, *, name: str | None = None, **flags: Any) -> Any:
        """Decorator: a function whose first argument is the script's own value, which it may change in place.

        `@engine.method` reads the type from the first annotation, `@engine.method(Player)` gives it. On arrays, maps
        and blobs a method is refused for constants, unless `pure=True` says that it changes nothing.
        """

        def register(function: F, cls: type | None = None) -> F:
            self._add(function, name=name, owner=cls, method=True, **flags)
            return function

        if owner is None or isinstance(owner, type):
            return lambda function: register(function, owner)
        return register(owner)

    # ---- properties -------------------------------------------------------------------------------------------------

    def getter(self, owner: Any = None, name: str | None = None, **flags: Any) -> Any:
        """Decorator: reading a property: on `def hp(this: Player)`, or with `@engine.getter(Player, "hp")`."""
        return self._property("get$", owner, name, flags)

    def setter(self, owner: Any = None, name: str | None = None, **flags: Any) -> Any:
        """Decorator: writing a property, a function of object and value. Refused on constants, unless `pure=True`."""
        return self._property("set$", owner, name, {"pure": False, **flags})

    def _property(self, prefix: str, owner: Any, name: str | None, flags: dict[str, Any]) -> Any:
        if isinstance(owner, str):
            owner, name = None, owner
        cls = owner if isinstance(owner, type) else None

        def register(function: F) -> F:
            self._add(function, name=f"{prefix}{name or function.__name__}", owner=cls, method=True, **flags)
            return function

        return register if owner is None or cls is not None else register(owner)

    def register_get(self, owner: type, name: str, function: Callable[[Any], Any], **flags: Any) -> Self:
        """Make `object.name` readable for the objects of a class."""
        self.getter(owner, name, **flags)(function)
        return self

    def register_set(self, owner: type, name: str, function: Callable[[Any, Any], Any], **flags: Any) -> Self:
        """Make `object.name = value` possible for the objects of a class."""
        self.setter(owner, name, **flags)(function)
        return self

    def register_get_set(
        self,
        owner: type,
        name: str,
        get: Callable[[Any], Any],
        set: Callable[[Any, Any], Any],  # noqa: A002 - Rhai's
    ) -> Self:
        """Both at once."""
        return self.register_get(owner, name, get).register_set(owner, name, set)

    # ---- indexers ---------------------------------------------------------------------------------------------------

    def indexer(self, owner: Any = None, **flags: Any) -> Any:
        """Decorator: `object[index]`, a function of object and index; `@name.setter` below it adds `object[index] = v`.

        An indexer for strings also serves properties that have no getter.

        Raises:
            ValueError: the type has an indexer of its own: array, map, string, blob, integer.
        """
        cls = owner if isinstance(owner, type) else None

        def register(function: F) -> Indexer[F]:
            self._add_indexer(INDEX_GET, cls, function, flags)
            return Indexer(self, function, cls)

        return register if owner is None or cls is not None else register(owner)

    def register_indexer(
        self,
        owner: type,
        get: Callable[..., Any] | None = None,
        set: Callable[..., Any] | None = None,  # noqa: A002
    ) -> Self:
        """Give the objects of a class `object[index]`, for reading, for writing or for both."""
        if get is not None:
            self._add_indexer(INDEX_GET, owner, get, {})
        if set is not None:
            self.register_index_set(owner, set)
        return self

    def register_index_set(self, owner: type | None, function: Callable[..., Any]) -> Self:
        """`object[index] = value` alone."""
        self._add_indexer(INDEX_SET, owner, function, {"pure": False})
        return self

    def _add_indexer(self, kind: str, owner: type | None, function: Callable[..., Any], flags: dict[str, Any]) -> None:
        from horus_runtime.runtime.signatures import natives_from_python

        for native in natives_from_python(function, name=kind, owner=owner, method=True, **flags):
            if native.params and native.params[0] in BUILTIN_INDEXED:
                raise ValueError(f"an indexer for the type {native.params[0]} is not possible: it has one of its own")
            self._registry().add(native)
        self.changed()

    # ---- operators and iterators ------------------------------------------------------------------------------------

    def operator(self, symbol: str, precedence: int | None = None, **flags: Any) -> Callable[[F], F]:
        """Decorator: an operator for the annotated types.

        On the built-in types it takes effect where the language has no such operator, or everywhere when
        `engine.fast_operators` is off.

        Args:
            precedence: makes `symbol` a new binary operator of the language (engines only); 1 to 255, `+` has 150.
        """

        def register(function: F) -> F:
            if precedence is not None:
                self._new_operator(symbol, precedence)
            self._add(function, name=symbol, **flags)
            return function

        return register

    def _new_operator(self, symbol: str, precedence: int) -> None:
        raise ValueError(f"'{symbol}': only an engine can be given new operators, a module cannot")

    def register_operator(
        self, symbol: str, function: Callable[..., Any], *, precedence: int | None = None, **flags: Any
    ) -> Self:
        """As `operator`, without the decorator."""
        self.operator(symbol, precedence, **flags)(function)
        return self

    def iterator(self, owner: Any) -> Any:
        """Decorator: what a `for` loop walks for an object of a class: a function from the object to an iterable.

        `@engine.iterator` reads the class from the annotation, `@engine.iterator(Bag)` gives it.
        """

        def register(function: F, cls: type | None = None) -> F:
            from horus_runtime.runtime.signatures import signature_of

            known = cls or signature_of(function).parameters[0].options[0].cls
            if known is None:
                raise TypeError(f"{function.__name__}(): annotate the parameter with the class that it iterates over")
            self.register_iterator(known, function)
            return function

        return (lambda function: register(function, owner)) if isinstance(owner, type) else register(owner)

    def register_iterator(self, owner: type, function: Callable[[Any], Iterable[Any]] = iter) -> Self:
        """Let `for` walk the objects of a class; by default as Python does."""
        if owner in _TYPE_NAMES or owner is Range:
            raise ValueError(f"an iterator for {owner.__name__} is not possible: the language has its own")
        self._registry().iterators[owner] = function
        self.changed()
        return self

    # ---- types ------------------------------------------------------------------------------------------------------

    def register_type(  # noqa: PLR0913 - each says one thing about the class, and all but the first have a name
        self,
        cls: type,
        *,
        name: str | None = None,
        expose: Iterable[str] | Mapping[str, str] | str = (),
        readonly: Iterable[str] | bool = (),
        constructor: bool | str = False,
        operators: Iterable[str] = (),
        indexer: bool = False,
        iterable: bool = False,
        display: Callable[[Any], str] | None = None,
        debug: Callable[[Any], str] | None = None,
        doc: str | None = None,
    ) -> Self:
        """Give a class a script type name, and let scripts reach what is exposed of its objects, and nothing else.

        Args:
            name: what `type_of` and messages show; by default the class's name.
            expose: names of fields, properties and methods, or a map from them to names in scripts; `"fields"` means
                the public fields of a dataclass or pydantic model, as far as their metadata does not say otherwise:
                `field(metadata={"script": {"name": "x", "readonly": True, "skip": True}})`. Static and class methods
                become functions `Name::method`.
            readonly: exposed fields without a setter; `True` means all.
            constructor: make objects by `Name(...)`, or by a function of the given name. It takes the arguments of the
                class; pydantic models and classes with keyword-only arguments take one map.
            operators: symbols for which the class's own special methods are used: `+ - * / % ** == != < <= > >= in`,
                `- !` with one operand.
            indexer: `object[index]` by `__getitem__` and `__setitem__`.
            iterable: `for` walks objects as Python does.
            display: the text for `print` and `to_string`; without it, the type's name.
            debug: the text for `debug` and inside arrays and maps.

        Raises:
            ValueError: a name is private, unknown, or already taken.
        """
        from horus_runtime.runtime.host_types import TypePlan, expose_type

        plan = TypePlan(
            cls,
            name or cls.__name__,
            expose,
            frozenset() if isinstance(readonly, bool) else frozenset(readonly),
            readonly is True,
            constructor,
            tuple(operators),
            indexer,
            iterable,
            display,
            debug,
            doc,
        )
        expose_type(self._registry(), self._static, plan)
        self.changed()
        return self

    def build_type(self, cls: type) -> Self:
        """Register a class by its own class method `build_type(builder)`, which says what scripts may reach.

        Raises:
            TypeError: the class has no such method.
        """
        from horus_runtime.runtime.host_types import TypeBuilder

        build = getattr(cls, "build_type", None)
        if not callable(build):
            raise TypeError(f"{cls.__name__} has no class method build_type(builder)")
        build(TypeBuilder(self, cls))
        self.changed()
        return self

    def register_converter(self, cls: type, to_script: Callable[[Any], Any]) -> Self:
        """Say what scripts get in place of the objects of a class (and of those derived from it).

        The result is converted in turn: `engine.register_converter(Decimal, float)`.
        """
        self._registry().converters[cls] = to_script
        self.changed()
        return self
