"""Disabled symbols and operators of the host; `operators_of_rhai.jsonl` holds what Rhai 1.26 made of the same."""

import json
from pathlib import Path

import pytest

import horus_runtime as hr

LINES = Path(__file__).with_name("operators_of_rhai.jsonl").read_text(encoding="utf-8").splitlines()
RECORDED = [json.loads(line) for line in LINES]


def tens(a: int, b: int) -> int:
    return 10 * a + b


def shown(case):
    return " ".join(str(value) for key, value in case.items() if key not in {"registered", "result"})


@pytest.mark.parametrize("case", RECORDED, ids=shown)
def test_symbols_and_operators_are_what_they_are_in_rhai(case):
    engine = hr.Engine()
    found = dict(case)
    for symbol in case.get("disabled", ()):
        engine.disable_symbol(symbol)
    if "operator" in case:
        try:
            engine.register_custom_operator(case["operator"], case["precedence"])
            found["registered"] = "ok"
        except ValueError as error:
            found["registered"] = str(error)
        engine.register_fn(case["operator"], tens)
    if "script" in case:
        try:
            found["result"] = f"= {engine.to_debug(engine.eval(case['script']))}"
        except hr.HorusError as error:
            found["result"] = f"! {error}"
    assert found == case


def test_a_precedence_has_one_byte():
    with pytest.raises(ValueError, match="precedence must be 1 to 255"):
        hr.Engine().register_custom_operator("foo", 256)
