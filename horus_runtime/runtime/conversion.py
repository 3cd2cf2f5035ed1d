"""From Python values to script values: what a host puts into scopes, gives as arguments and returns from functions.

Builtin containers are copied, so that script and host never change each other's. Objects of registered types are handed
on by reference; what no rule names is handed on, too, but nothing of it can be reached by a script.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping

from horus_runtime.errors import HorusError
from horus_runtime.runtime.fn_ptr import FnPtr
from horus_runtime.runtime.host_errors import host_error
from horus_runtime.runtime.iteration import HostIterator
from horus_runtime.runtime.values import (
    COPY_TERMS,
    INT_MAX,
    INT_MIN,
    SETTLED,
    Cell,
    Char,
    ModuleRef,
    Range,
    Stream,
    Timestamp,
)
from horus_runtime.typing_names import Any, Final

ToScript = Callable[[Any], Any]

ATOMS: Final = frozenset({bool, float, str, Char, type(None), Range, Stream, Timestamp, FnPtr, HostIterator})
"""Classes whose values are script values as they are."""
KNOWN: Final = ATOMS | {int, list, dict, bytearray, Cell, ModuleRef}
"""Every class a script value can have, besides those of host objects."""


class Converter:
    """Converts values for one engine.

    Args:
        types: the registered classes with their script names; values of theirs stay what they are.
        rules: by class, what makes another value of an object: the host's own rules, asked first.
    """

    __slots__ = ("_cache", "rules", "types")

    def __init__(self, types: Mapping[type, str] | None = None, rules: Mapping[type, ToScript] | None = None) -> None:
        self.types = types if types is not None else {}
        self.rules = dict(rules or {})
        self._cache: dict[type, ToScript | None] = {}

    def __call__(self, value: Any) -> Any:
        """A Python value as a script value.

        Raises:
            OverflowError: an int beyond 64 bits.
            TypeError: a map key that is no string.
            ValueError: a container that contains itself, or is nested too deeply to be walked.
        """
        try:
            return self.convert(value)
        except RecursionError:
            raise ValueError("the value is nested too deeply, or contains itself") from None

    def convert(self, value: Any) -> Any:
        cls = type(value)
        if cls in ATOMS:
            return value
        if cls is int:
            if not INT_MIN <= value <= INT_MAX:
                raise OverflowError(f"integer {shortened(value)} does not fit into 64 bits")
            return value
        if cls is list or cls is tuple:
            return [self.convert(item) for item in value] if len(value) <= SETTLED else self.long_array(value)
        if cls is dict:
            return self.map_of(value)
        rule = self.rule(cls)
        return value if rule is None else rule(value)

    def long_array(self, value: list[Any] | tuple[Any, ...]) -> list[Any]:
        """As `convert`, for many items; the run that gets them is asked now and then whether it may go on."""
        made: list[Any] = []
        for start in range(0, len(value), SETTLED):
            COPY_TERMS.run.making(0)
            batch = value[start : start + SETTLED]
            made += batch if ATOMS.issuperset(map(type, batch)) else map(self.convert, batch)
        return made

    def map_of(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        """A map; keys are strings, or members of an enumeration of strings."""
        made: dict[str, Any] = {}
        for key, item in value.items():
            if not len(made) & (SETTLED - 1):
                COPY_TERMS.run.making(0)
            if not isinstance(key, str):
                raise TypeError(f"keys of a map must be strings, not {type(key).__name__}")
            name: Any = key
            made[str(name.value if _is_enumeration(type(key)) else key)] = self.convert(item)
        return made

    def rule(self, cls: type) -> ToScript | None:
        """How values of a class are converted; `None`: not at all."""
        try:
            return self._cache[cls]
        except KeyError:
            self._cache[cls] = found = self._find_rule(cls)
            return found

    def _find_rule(self, cls: type) -> ToScript | None:
        for base in cls.__mro__:
            if base in self.rules:
                own = self.rules[base]
                return lambda value: self.convert(own(value))
            if base in self.types:
                return None
        if cls in KNOWN:
            return bytearray if cls is bytearray else None
        if _is_enumeration(cls):
            return lambda value: self.convert(enum_value(value))
        for base, plain in _SUBCLASSES:
            if issubclass(cls, base):
                return lambda value: self.convert(plain(value))
        if hasattr(cls, "model_dump") and hasattr(cls, "__pydantic_fields__"):
            return lambda value: self.map_of(value.model_dump())
        if hasattr(cls, "__dataclass_fields__"):
            return self._dataclass_rule(cls)
        return self._library_rule(cls)

    def _dataclass_rule(self, cls: type) -> ToScript:
        from dataclasses import fields

        names = [field.name for field in fields(cls)]
        return lambda value: {name: self.convert(getattr(value, name)) for name in names}

    def _library_rule(self, cls: type) -> ToScript | None:
        """Classes of the standard library. They are looked up by name, so that nothing is imported for them."""
        for base in cls.__mro__:
            plain = _LIBRARY.get(f"{base.__module__}.{base.__qualname__}")
            if plain is not None:
                return lambda value: self.convert(plain(value))
        if issubclass(cls, Mapping):
            return self.map_of
        if issubclass(cls, Iterator):
            return lambda value: HostIterator(_guarded_items(value, self, "iterator", None))
        return _number_rule(cls)


def host_items(make: Callable[[Any], Iterable[Any]], value: Any, run: Any) -> Iterator[Any]:
    """What `for` walks for an object of a registered type."""
    name = run.type_name(value)
    try:
        items = iter(make(value))
    except HorusError:
        raise
    except Exception as error:
        raise host_error(name, error, run) from error
    return _guarded_items(items, run.convert, name, run)


def _guarded_items(items: Iterator[Any], convert: ToScript, name: str, run: Any) -> Iterator[Any]:
    """Items as script values; what the host's iterator raises is an error of the script."""
    while True:
        try:
            item = convert(next(items))
        except StopIteration:
            return
        except HorusError:
            raise
        except Exception as error:
            raise host_error(name, error, run) from error
        yield item


def shortened(number: int) -> str:
    """An integer for a message; Python refuses to print huge ones."""
    return str(number) if number.bit_length() <= 256 else f"of {number.bit_length()} bits"


def _is_enumeration(cls: type) -> bool:
    """Is this an `Enum`? Where nobody has imported that there is none."""
    enum = sys.modules.get("enum")
    return enum is not None and issubclass(cls, enum.Enum)


def enum_value(member: Any) -> Any:
    """An enumeration's member in scripts: its value where that is plain data, else its name."""
    value = member.value
    return value if isinstance(value, (str, int, float)) else member.name


def _sorted_items(value: Any) -> list[Any]:
    """The items of a set, in an order that does not change from run to run where they have one."""
    try:
        return sorted(value)
    except TypeError:
        return list(value)


def _integers(value: range) -> Any:
    return Range(value.start, max(value.start, value.stop)) if value.step == 1 else list(value)


def _number_rule(cls: type) -> ToScript | None:
    """Numbers of other packages, for instance numpy's."""
    from numbers import Integral, Real

    if issubclass(cls, Integral):
        return lambda value: Converter().convert(int(value))
    return float if issubclass(cls, Real) else None


_SUBCLASSES: Final[tuple[tuple[type, ToScript], ...]] = (
    (str, str.__str__),
    (int, int.__index__),
    (float, float.__float__),
    (list, list),
    (tuple, list),
    (dict, dict),
    (bytes, bytearray),
    (bytearray, bytearray),
    (memoryview, bytearray),
    (set, _sorted_items),
    (frozenset, _sorted_items),
    (range, _integers),
)

_LIBRARY: Final[dict[str, ToScript]] = {
    "datetime.datetime": lambda value: value.isoformat(),
    "datetime.date": lambda value: value.isoformat(),
    "datetime.time": lambda value: value.isoformat(),
    "datetime.timedelta": lambda value: value.total_seconds(),
    "decimal.Decimal": str,
    "fractions.Fraction": str,
    "uuid.UUID": str,
    "pathlib.PurePath": str,
    "pathlib._local.PurePath": str,  # where Python 3.13 keeps it
    "collections.deque": list,
    "array.array": list,
}


class Deferred:
    """A value that only an engine can convert, because it holds objects of classes the engine may know."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class _Settled(Converter):
    """Converts what is the same for every engine, and notes whether that was all."""

    __slots__ = ("foreign",)

    def __init__(self) -> None:
        super().__init__()
        self.foreign = False

    def rule(self, cls: type) -> ToScript | None:
        if cls is bytes or cls is bytearray:
            return bytearray
        if cls not in KNOWN:
            self.foreign = True
        return None


def partly(value: Any) -> tuple[Any, bool]:
    """A value with its builtin containers copied and its integers checked, and whether it holds anything else."""
    settled = _Settled()
    return settled(value), settled.foreign


def deferred(value: Any) -> Any:
    """A value as modules keep it: converted, or to be converted by the engine that reads it."""
    made, foreign = partly(value)
    return Deferred(made) if foreign else made


def undeferred(value: Any) -> Any:
    return value.value if type(value) is Deferred else value


to_script: Final = Converter()
"""Conversion without an engine: no registered types, no rules of a host."""
