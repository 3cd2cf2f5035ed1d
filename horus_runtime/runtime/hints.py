"""From Python annotations to script types: which values an annotated parameter takes, and how it gets them.

An annotation becomes alternatives, one for each script type that fits. Where script value and Python value differ, an
alternative has a reader: it makes the Python value, checks everything inside, and names the place of what is wrong.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, partial
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NewType,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from horus_runtime import typing_names
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.iteration import HostIterator
from horus_runtime.runtime.module import ANY
from horus_runtime.runtime.values import Char, Range, Stream, Timestamp, type_name

Reader = Callable[[Any], Any]

PLAIN: Final[dict[Any, str]] = {
    int: "i64",
    float: "f64",
    bool: "bool",
    str: "string",
    Char: "char",
    list: "array",
    dict: "map",
    bytearray: "blob",
    type(None): "()",
    None: "()",
    FnPtr: "Fn",
    Timestamp: "timestamp",
    Stream: "range",
    HostIterator: "iterator",
    Any: ANY,
    typing_names.Any: ANY,
    object: ANY,
}
"""Annotations whose values scripts have as they are."""
RANGES: Final = ("range", "range=")


class Unfit(Exception):
    """A value does not fit an annotation; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One script type an annotation accepts."""

    name: str
    """The script type; for a class, its name as long as nobody registers it under another."""
    read: Reader | None = None
    """Makes the Python value of a script value, or raises `Unfit`; `None`: they are the same."""
    cls: type | None = None
    """The class whose objects are meant, where scripts may know it under a registered name."""


def alternatives(hint: Any) -> tuple[Alternative, ...]:
    """What an annotation accepts.

    Raises:
        TypeError: the annotation says nothing about values, or something that scripts do not have.
    """
    if hint in PLAIN:
        return (Alternative(PLAIN[hint]),)
    if hint is Range:
        return tuple(Alternative(name) for name in RANGES)
    if isinstance(hint, TypeVar):
        return alternatives(hint.__bound__) if hint.__bound__ is not None else (Alternative(ANY),)
    if isinstance(hint, NewType):
        return alternatives(hint.__supertype__)
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union(get_args(hint))
    if origin is Literal:
        return _literal(get_args(hint))
    if origin is Annotated:
        return tuple(
            Alternative(option.name, _checked(hint, option.read), option.cls)
            for option in alternatives(get_args(hint)[0])
        )
    if origin is not None:
        return _generic(origin, get_args(hint))
    if isinstance(hint, type):
        return _class(hint)
    raise TypeError(f"the annotation {hint!r} means no script type")


def _union(members: tuple[Any, ...]) -> tuple[Alternative, ...]:
    found: dict[str, Alternative] = {}
    for member in members:
        for option in alternatives(member):
            other = found.get(option.name)
            if other is None:
                found[option.name] = option
            elif other.read is not None and option.read is not None:
                found[option.name] = Alternative(option.name, partial(_either, other.read, option.read))
            else:
                found[option.name] = Alternative(option.name)
    return tuple(found.values())


def _either(first: Reader, second: Reader, value: Any) -> Any:
    try:
        return first(value)
    except Unfit:
        return second(value)


def _literal(values: tuple[Any, ...]) -> tuple[Alternative, ...]:
    names = dict.fromkeys(type_name(value.value if isinstance(value, Enum) else value) for value in values)
    allowed = {(type_name(value), value): value for value in values}
    shown = ", ".join(repr(value) for value in values)

    def read(value: Any) -> Any:
        try:
            return allowed[type_name(value), value]
        except KeyError:
            raise Unfit(f"{_shown(value)} (expecting one of {shown})") from None

    return tuple(Alternative(name, read) for name in names)


def _shown(value: Any) -> str:
    """A value in a message: scripts know their own values, but long ones help nobody."""
    if type(value) in (str, Char):
        return repr(str(value)) if len(value) <= 40 else "a long string"
    return str(value) if type(value) in (int, float) else type_name(value)


def _generic(origin: Any, args: tuple[Any, ...]) -> tuple[Alternative, ...]:
    from collections import abc

    if origin is abc.Callable:
        return (Alternative("Fn", as_callable),)
    if origin is tuple:
        return (Alternative("array", _tuple_reader(args)),)
    kind = _CONTAINERS.get(origin)
    if kind is None:
        return alternatives(origin)
    name, made = kind
    item = value_reader(args[-1] if args else Any)
    if name == "map":
        return (Alternative(name, None if item is None else partial(_read_map, item)),)
    plain = item is None and made is list
    return (Alternative(name, None if plain else partial(_read_array, item or _same, made)),)


def _containers() -> dict[Any, tuple[str, Any]]:
    from collections import abc

    arrays = {list: list, abc.Sequence: list, abc.MutableSequence: list, abc.Iterable: list, abc.Collection: list}
    sets = {set: set, frozenset: frozenset, abc.Set: set, abc.MutableSet: set}
    maps = (dict, abc.Mapping, abc.MutableMapping)
    return {
        **{origin: ("array", made) for origin, made in (arrays | sets).items()},
        **dict.fromkeys(maps, ("map", dict)),
    }


_CONTAINERS: Final = _containers()


def _same(value: Any) -> Any:
    return value


def as_callable(pointer: Any) -> Any:
    """The reader of `Callable`. Who reads arguments puts a function that calls the pointer in its place."""
    return pointer


def _read_array(item: Reader, made: Any, value: list[Any]) -> Any:
    out = []
    for index, element in enumerate(value):
        try:
            out.append(item(element))
        except Unfit as unfit:
            raise _inside(f"[{index}]", unfit) from None
    try:
        return out if made is list else made(out)
    except TypeError:
        raise Unfit("array (expecting items that a set can hold)") from None


def _read_map(item: Reader, value: dict[str, Any]) -> dict[str, Any]:
    return {key: _read_at(key, item, element) for key, element in value.items()}


def _read_at(key: str, item: Reader, element: Any) -> Any:
    try:
        return item(element)
    except Unfit as unfit:
        raise _inside(f".{key}", unfit) from None


def _inside(step: str, unfit: Unfit) -> Unfit:
    """The error with one more step of the way to the wrong value: `.items[2]: string (expecting i64)`."""
    text = str(unfit)
    return Unfit(f"{step}{text}" if text[:1] in (".", "[") else f"{step}: {text}")


def _tuple_reader(args: tuple[Any, ...]) -> Reader:
    if not args:
        return tuple
    if len(args) == 2 and args[1] is Ellipsis:
        return partial(_read_array, value_reader(args[0]) or _same, tuple)
    readers = [value_reader(arg) or _same for arg in (() if args == ((),) else args)]

    def read(value: list[Any]) -> tuple[Any, ...]:
        if len(value) != len(readers):
            raise Unfit(f"array of {len(value)} (expecting {len(readers)} items)")
        out = []
        for index, (reader, element) in enumerate(zip(readers, value, strict=True)):
            try:
                out.append(reader(element))
            except Unfit as unfit:
                raise _inside(f"[{index}]", unfit) from None
        return tuple(out)

    return read


# --- Classes ----------------------------------------------------------------------------------------------------------


def _class(cls: type) -> tuple[Alternative, ...]:
    if cls in _CONTAINERS:
        return _generic(cls, ())
    if cls is tuple:
        return (Alternative("array", tuple),)
    if cls is bytes:
        return (Alternative("blob", bytes),)
    if cls is range:
        return tuple(Alternative(name, lambda value: range(value.start, value.stop)) for name in RANGES)
    if is_typeddict(cls):
        return (Alternative("map", partial(_read_typed_dict, cls)),)
    if issubclass(cls, Enum):
        return _enum(cls)
    if hasattr(cls, "model_validate") or hasattr(cls, "__dataclass_fields__"):
        name = cls.__name__
        return (Alternative(name, partial(_read_object, cls), cls), Alternative("map", partial(_read_object, cls)))
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return _named_tuple(cls)
    library = _library(cls)
    if library:
        return library
    if f"{cls.__module__}.{cls.__qualname__}" == "collections.abc.Callable":
        return (Alternative("Fn", as_callable),)
    return (Alternative(cls.__name__, cls=cls),)


def _enum(cls: type[Enum]) -> tuple[Alternative, ...]:
    from horus_runtime.runtime.conversion import enum_value

    members = {(type(enum_value(member)), enum_value(member)): member for member in cls}
    names = dict.fromkeys(type_name(enum_value(member)) for member in cls)
    shown = ", ".join(repr(enum_value(member)) for member in cls)

    def read(value: Any) -> Any:
        cls_of = str if type(value) is Char else type(value)
        try:
            return members[cls_of, value]
        except (KeyError, TypeError):
            raise Unfit(f"{_shown(value)} (expecting one of {shown})") from None

    return tuple(Alternative(name, read) for name in names)


def _named_tuple(cls: type) -> tuple[Alternative, ...]:
    hints = get_type_hints(cls)
    fields: tuple[str, ...] = cls._fields  # type: ignore[attr-defined]  # that is what makes it a named tuple
    items = _tuple_reader(tuple(hints.get(field, Any) for field in fields))
    defaults = frozenset(getattr(cls, "_field_defaults", {}))
    readers = {field: value_reader(hints.get(field, Any)) or _same for field in fields}
    return (
        Alternative("array", lambda value: cls(*items(value))),
        Alternative("map", lambda value: cls(**_read_fields(cls.__name__, readers, defaults, value))),
    )


def _read_typed_dict(cls: Any, value: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    readers = {field: value_reader(hint) or _same for field, hint in hints.items()}
    return _read_fields(cls.__name__, readers, frozenset(cls.__optional_keys__), value)


def _read_object(cls: type, value: Any) -> Any:
    """An object of a dataclass or pydantic model: itself, or made from a map."""
    if isinstance(value, cls):
        return value
    if type(value) is not dict:
        raise Unfit(f"{type_name(value)} (expecting {cls.__name__})")
    if hasattr(cls, "model_validate"):
        return _read_model(cls, value)
    return _dataclass_reader(cls)(value)


def _read_model(cls: Any, value: dict[str, Any]) -> Any:
    from pydantic import ValidationError

    try:
        return cls.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        step = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
        count = error.error_count()
        more = f" and {count - 1} more" if count > 1 else ""
        raise Unfit(f"{step}{': ' if step else ''}{_lower(first['msg'])} (expecting {cls.__name__}){more}") from None


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


@lru_cache(maxsize=256)
def _dataclass_reader(cls: Any) -> Reader:
    from dataclasses import MISSING, fields

    hints = get_type_hints(cls)
    initial = [field for field in fields(cls) if field.init]
    readers = {field.name: value_reader(hints.get(field.name, Any)) or _same for field in initial}
    optional = frozenset(
        field.name for field in initial if field.default is not MISSING or field.default_factory is not MISSING
    )
    return lambda value: _construct(cls, _read_fields(cls.__name__, readers, optional, value))


def _construct(cls: Any, values: dict[str, Any]) -> Any:
    """Call the class; a `ValueError` of its own checks says what is wrong."""
    try:
        return cls(**values)
    except ValueError as error:
        raise Unfit(f"{_lower(str(error))} (expecting {cls.__name__})") from None


def _read_fields(
    owner: str, readers: dict[str, Reader], optional: frozenset[str], value: dict[str, Any]
) -> dict[str, Any]:
    for key in value:
        if key not in readers:
            raise Unfit(f".{key}: unknown field (expecting {owner})")
    for key in readers:
        if key not in value and key not in optional:
            raise Unfit(f".{key}: field required (expecting {owner})")
    return {key: _read_at(key, readers[key], element) for key, element in value.items()}


def _library(cls: type) -> tuple[Alternative, ...]:
    """Classes of the standard library that scripts have as text or number."""
    full = f"{cls.__module__}.{cls.__qualname__}"
    if full == "datetime.timedelta":
        made = partial(_parsed, lambda seconds: cls(seconds=seconds), "a number of seconds")
        return (Alternative("f64", made), Alternative("i64", made))
    if full == "decimal.Decimal":
        exact = partial(_parsed, cls, "a decimal number")
        return (Alternative("string", exact), Alternative("i64", cls))
    words = _TEXTS.get(full)
    if words is None:
        return ()
    parse = getattr(cls, "fromisoformat", cls)
    return (Alternative("string", partial(_parsed, parse, words)),)


_TEXTS: Final = {
    "datetime.datetime": "an ISO 8601 date and time",
    "datetime.date": "an ISO 8601 date",
    "datetime.time": "an ISO 8601 time",
    "fractions.Fraction": "a fraction",
    "uuid.UUID": "a UUID",
    **{f"pathlib{part}.{name}": "a path" for part in ("", "._local") for name in ("Path", "PurePath", "PurePosixPath")},
}


def _parsed(parse: Callable[[Any], Any], words: str, value: Any) -> Any:
    try:
        return parse(value)
    except (ValueError, ArithmeticError):
        raise Unfit(f"{_shown(value)} (expecting {words})") from None


def _checked(hint: Any, read: Reader | None) -> Reader | None:
    """`Annotated` with constraints is pydantic's to check; other notes change nothing."""
    if not any(
        hasattr(note, "__module__") and note.__module__.split(".")[0] in _CHECKERS for note in get_args(hint)[1:]
    ):
        return read

    def check(value: Any) -> Any:
        from pydantic import TypeAdapter, ValidationError

        try:
            return TypeAdapter(hint).validate_python(value if read is None else read(value))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            raise Unfit(f"{_shown(value)} ({_lower(first['msg'])})") from None

    return check


_CHECKERS: Final = ("pydantic", "annotated_types")


# --- Any value against an annotation ----------------------------------------------------------------------------------


def value_reader(hint: Any) -> Reader | None:
    """A reader for values of any type: chooses the alternative, and refuses what none of them takes.

    `None` means that every value fits as it is.
    """
    options = alternatives(hint)
    if any(option.name == ANY and option.read is None for option in options):
        return None
    return partial(_read_value, options)


def _read_value(options: tuple[Alternative, ...], value: Any) -> Any:
    name = type_name(value)
    for option in options:
        if option.cls is not None and isinstance(value, option.cls):
            return value
    for option in options:
        if option.name in (name, ANY):
            return value if option.read is None else option.read(value)
    raise Unfit(f"{name} (expecting {expected(options)})")


def expected(options: tuple[Alternative, ...]) -> str:
    """The types of an annotation for a message."""
    objects = [option.name for option in options if option.cls is not None]
    plain = [option.name for option in options if option.cls is None and not (objects and option.name == "map")]
    return " or ".join(objects + plain)
