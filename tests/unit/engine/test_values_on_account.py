"""Values of the host are converted on the account of the run that gets them: its limits and its host can stop that."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import horus_runtime as hr

MANY = 200_000


@dataclass
class Point:
    x: int


def looks(engine: hr.Engine, argument: object) -> int:
    """How often the account is looked at during a call with this argument."""
    seen: list[int] = []

    def noted(operations: int) -> None:
        seen.append(operations)

    engine.on_progress(noted)
    tree = engine.compile("fn f(x) { 1 }")
    assert engine.call_fn(tree, "f", argument) == 1
    return len(seen)


@pytest.mark.parametrize(
    "large",
    [
        pytest.param([Point(1)] * MANY, id="array of objects"),
        pytest.param({f"k{i}": i for i in range(MANY)}, id="map"),
        pytest.param(tuple(range(MANY)), id="tuple"),
    ],
)
def test_long_arguments_are_converted_under_the_eyes_of_the_host(large: object) -> None:
    few, many = looks(hr.Engine(), [1]), looks(hr.Engine(), large)
    assert many >= few + MANY // 16_384


def ended_after_five_looks() -> hr.Engine:
    engine = hr.Engine()
    engine.register_fn("size", lambda x: 1)
    count = itertools.count(1)
    engine.on_progress(lambda _operations: "enough" if next(count) > 5 else None)
    return engine


WAYS: dict[str, Callable[[hr.Engine, Any], Any]] = {
    "argument": lambda engine, value: engine.call_fn(engine.compile("fn f(x) { 1 }"), "f", value),
    "argument beside statements": lambda engine, value: engine.call_fn(
        engine.compile("fn f(x) { 1 } let a = 1;"), "f", value
    ),
    "scope": lambda engine, value: engine.eval("1", scope=hr.Scope({"x": value})),
    "operator": lambda engine, value: engine.operate("==", value, 1),
    "function of the engine": lambda engine, value: engine.call("size", value),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_host_can_end_a_run_while_values_are_converted(way: str) -> None:
    assert WAYS[way](ended_after_five_looks(), [[Point(1)]]) == (0 if way == "operator" else 1)
    with pytest.raises(hr.LimitError) as caught:
        WAYS[way](ended_after_five_looks(), [[Point(1)]] * MANY)
    assert caught.value.kind == "ErrorTerminated"
    assert caught.value.message == "Script terminated"
