"""The names of `typing` that annotations need, without the import of `typing`.

That import, with `re` and `enum` behind it, took a quarter of the time in which a cached script starts. Annotations are
never evaluated here, so at run time stand-ins do. Modules that a cached script does not load use `typing` itself.
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, Final, Generic, NamedTuple, Protocol, Self, TypeAlias, TypeVar, cast, overload
else:

    class _Special(type):
        """The class of what stands in for a special form."""

        def __repr__(cls):
            return f"typing.{cls.__name__}"

    class Any(metaclass=_Special):
        """Any value."""

    class Protocol:
        """Base of classes that only say what others have."""

    class Generic:
        """Base of classes with type parameters, which mean nothing at run time."""

        def __class_getitem__(cls, _parameters):
            return cls

    class TypeVar:
        """A type to be filled in by type checkers."""

        def __init__(self, name, *_constraints, **_options) -> None:
            self.__name__ = name

    class _Fields(type):
        """Makes the classes that are derived from `NamedTuple`."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.pop("__annotations__")
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body.pop("__module__"))
            for attribute, value in body.items():
                setattr(made, attribute, value)
            return made

    class NamedTuple(metaclass=_Fields):
        """Base of tuples with named fields."""

    Final = Self = TypeAlias = Any

    def cast(_type, value):
        """The value, which has that type."""
        return value

    def overload(function):
        """One of several signatures of the function that follows."""
        return function


__all__ = [
    "TYPE_CHECKING",
    "Any",
    "Final",
    "Generic",
    "NamedTuple",
    "Protocol",
    "Self",
    "TypeAlias",
    "TypeVar",
    "cast",
    "overload",
]
