"""Sizes are added up exactly where the host chose them, and only there."""

import pytest

import horus_runtime as hr
from horus_runtime.errors import LimitError

NESTED = "let a = [[1, 2, 3]]; a.push([4, 5, 6]); a.len()"


@pytest.mark.parametrize("limits", [None, hr.Limits(), hr.Limits(max_duration=30, max_operations=10**6)])
def test_other_limits_leave_sizes_to_where_values_grow(limits):
    engine = hr.Engine(limits=limits)
    assert engine.compile_config().exact_sizes is False
    assert engine.eval(NESTED) == 2


def test_a_chosen_size_counts_nested_values():
    engine = hr.Engine(limits=hr.Limits(max_array_size=6))
    assert engine.compile_config().exact_sizes is True
    with pytest.raises(LimitError) as caught:
        engine.eval(NESTED)
    assert caught.value.kind == "ErrorDataTooLarge"


def test_limits_can_be_given_by_name():
    engine = hr.Engine(hr.Limits(max_variables=5), max_operations=1000, max_call_levels=9)
    assert (engine.max_variables, engine.max_operations, engine.max_call_levels) == (5, 1000, 9)
    with pytest.raises(LimitError) as caught:
        engine.eval("loop {}")
    assert caught.value.message == "Too many operations"
