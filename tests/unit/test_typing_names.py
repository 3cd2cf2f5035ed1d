"""What stands in for `typing` where a script starts."""

import pickle
import typing

import pytest

import horus_runtime as hr
from horus_runtime import typing_names
from horus_runtime.source import Position, Span


class Point(typing_names.NamedTuple):
    """A point."""

    x: int
    y: int = 2

    def sum(self):
        """Both together."""
        return self.x + self.y


def test_a_named_tuple_has_fields_defaults_and_methods():
    point = Point(1)
    assert (point, point.x, point.y, point.sum(), repr(point)) == ((1, 2), 1, 2, 3, "Point(x=1, y=2)")
    assert (Point._fields, Point.__doc__, Point.__module__) == (("x", "y"), "A point.", __name__)


def test_a_named_tuple_is_one_for_pickle():
    found = pickle.loads(pickle.dumps((Point(1, 3), Span(1, 2, 3, 4), Position(5, 6))))
    assert found == ((1, 3), (1, 2, 3, 4), (5, 6))
    assert [type(value) for value in found] == [Point, Span, Position]


def test_a_named_tuple_refuses_other_fields():
    with pytest.raises(TypeError) as error:
        Point(1, 2, 3)
    assert str(error.value) == "Point.__new__() takes from 2 to 3 positional arguments but 4 were given"


def test_every_name_is_one_of_typing():
    names = set(typing_names.__all__)
    assert names <= set(typing.__all__)
    assert names <= set(vars(typing_names))


def test_the_public_name_for_any_value_is_that_of_typing():
    assert hr.Dynamic is typing.Any
