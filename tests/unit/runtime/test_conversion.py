"""From Python values to script values: the table in docs/embedding.md."""

from __future__ import annotations

import enum
import uuid
from array import array
from collections import Counter, OrderedDict, deque, namedtuple
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import BaseModel, Field

import horus_runtime as hr


class Color(enum.Enum):
    RED = "red"
    DEEP = (1, 2)


class Level(enum.IntEnum):
    LOW = 1


class Name(str):
    __slots__ = ()


@dataclass
class Point:
    x: int
    inner: Any = None


class Model(BaseModel):
    when: date
    secret: str = Field(default="s", exclude=True)


Pair = namedtuple("Pair", "a b")  # noqa: PYI024 - the old form is a case of its own

CASES = [
    (None, None, "()"),
    (True, True, "bool"),
    (42, 42, "i64"),
    (-(1 << 63), -(1 << 63), "i64"),
    (1.5, 1.5, "f64"),
    ("text", "text", "string"),
    (hr.Char("c"), "c", "char"),
    (Name("n"), "n", "string"),
    (b"\x01", bytearray(b"\x01"), "blob"),
    (bytearray(b"\x01"), bytearray(b"\x01"), "blob"),
    (memoryview(b"\x01"), bytearray(b"\x01"), "blob"),
    ([1, [2]], [1, [2]], "array"),
    ((1, 2), [1, 2], "array"),
    (Pair(1, 2), [1, 2], "array"),
    ({3, 1, 2}, [1, 2, 3], "array"),
    (frozenset(["b", "a"]), ["a", "b"], "array"),
    (deque([1, 2]), [1, 2], "array"),
    (array("i", [1]), [1], "array"),
    ({"a": {"b": 1}}, {"a": {"b": 1}}, "map"),
    (OrderedDict(a=1), {"a": 1}, "map"),
    (Counter("aab"), {"a": 2, "b": 1}, "map"),
    (MappingProxyType({"a": 1}), {"a": 1}, "map"),
    ({Color.RED: 1}, None, TypeError),
    ({Name("k"): 1}, {"k": 1}, "map"),
    (range(2, 5), hr.Range(2, 5), "range"),
    (range(0, 10, 4), [0, 4, 8], "array"),
    (hr.Range(1, 2, True), hr.Range(1, 2, True), "range="),
    (Color.RED, "red", "string"),
    (Color.DEEP, "DEEP", "string"),
    (Level.LOW, 1, "i64"),
    (Point(1, Point(2)), {"x": 1, "inner": {"x": 2, "inner": None}}, "map"),
    (Model(when=date(2024, 1, 2)), {"when": "2024-01-02"}, "map"),
    (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "2024-01-02T03:04:05+00:00", "string"),
    (date(2024, 1, 2), "2024-01-02", "string"),
    (time(1, 2), "01:02:00", "string"),
    (timedelta(seconds=90), 90.0, "f64"),
    (Decimal("1.10"), "1.10", "string"),
    (Fraction(1, 3), "1/3", "string"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001", "string"),
    (Path("a/b"), "a/b", "string"),
    (1 << 63, None, OverflowError),
    (-(1 << 63) - 1, None, OverflowError),
    ([1 << 64], None, OverflowError),
    ({1: "a"}, None, TypeError),
]


@pytest.mark.parametrize(("value", "expected", "kind"), [case for case in CASES if isinstance(case[2], str)])
def test_values_arrive_in_scripts_as_the_table_says(value, expected, kind):
    engine = hr.Engine()
    tree = engine.compile("fn same(x) { [type_of(x), x] }")
    assert engine.call_fn(tree, "same", value) == [kind, expected]
    assert engine.eval("[type_of(x), x]", scope=hr.Scope({"x": value})) == [kind, expected]
    engine.register_fn("give", lambda: value)
    assert engine.eval("[type_of(give()), give()]") == [kind, expected]
    engine.register_static_module("m", hr.Module().set_var("X", value))
    assert engine.eval("[type_of(m::X), m::X]") == [kind, expected]


@pytest.mark.parametrize(("value", "error"), [(case[0], case[2]) for case in CASES if not isinstance(case[2], str)])
def test_values_without_a_counterpart_are_refused(value, error):
    engine = hr.Engine()
    if isinstance(value, dict) and Color.RED in value:
        # A member of a plain enumeration is no string, whatever its value.
        error = TypeError
    with pytest.raises(error):
        engine.to_script(value)


def test_an_int_beyond_64_bits_is_named():
    with pytest.raises(OverflowError) as raised:
        hr.Scope({"x": [{"deep": 1 << 63}]})
    assert str(raised.value) == "integer 9223372036854775808 does not fit into 64 bits"


def test_what_a_script_has_is_its_own():
    values = {"list": [1]}
    engine = hr.Engine()
    scope = hr.Scope({"x": values})
    engine.eval("x.list.push(2);", scope=scope)
    assert (values, scope["x"]) == ({"list": [1]}, {"list": [1, 2]})


def test_rules_of_the_host_come_first_and_hold_for_subclasses():
    class Money:
        def __init__(self, cents: int) -> None:
            self.cents = cents

    class Euro(Money):
        pass

    engine = hr.Engine()
    engine.register_converter(Decimal, float).register_converter(Money, lambda money: {"cents": Decimal(money.cents)})
    assert engine.eval("x", scope=hr.Scope({"x": [Euro(5), Decimal("0.5")]})) == [{"cents": 5.0}, 0.5]


def test_a_scope_waits_for_the_engine_that_knows_the_class():
    scope = hr.Scope({"p": Point(1), "n": 5})
    assert scope["p"] == Point(1)
    knowing = hr.Engine().register_type(Point, expose="fields")
    assert knowing.eval("p.x + n", scope=scope) == 6
    assert type(scope["p"]) is Point
    assert hr.Engine().eval("p", scope=hr.Scope({"p": Point(1)})) == {"x": 1, "inner": None}


def test_numbers_of_other_packages_are_numbers():
    import numbers

    class Big(numbers.Integral):  # type: ignore[misc]  # as numpy's integers
        def __int__(self) -> int:
            return 7

    Big.__abstractmethods__ = frozenset()  # type: ignore[attr-defined]
    assert hr.Engine().to_script(Big()) == 7
