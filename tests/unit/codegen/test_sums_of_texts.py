"""`a.x + b.x` of properties that are strings as a rule: joined inline, else by the general operator."""

from __future__ import annotations

import pytest

import horus_runtime as hr
from tests.support.variants import UNOPTIMISED, VariantEngine

SCRIPTS = [
    'let m = #{ a: "x", b: "y" }; let t = ""; for i in 0..3 { t = m.a + "/" + m.b; m.a = t; } t',
    'let m = #{ a: "x", b: "y" }; let t = []; for k in ["a", "b", "c"] { t.push(m[k] + "-"); t.push("-" + m[k]); } t',
    'let m = #{ a: "x" }; let t = []; for k in ["a", "b"] { m.a += m[k]; t.push(m.a + m[k] + m.a); } t',
    'let m = #{ a: "x", b: \'y\' }; let t = []; for k in ["a", "b", "c"] { t.push(m[k] + m.a); } t',
    'let m = #{ a: "x" }; let t = []; for k in ["a", "b"] { t.push(m[k] + m[k]); } t',
]


def outcome(engine: hr.Engine, text: str) -> object:
    engine.cache = False
    try:
        return engine.eval(text)
    except hr.EvalError as error:
        return (error.kind, str(error), error.position)


@pytest.mark.parametrize("text", SCRIPTS)
def test_sums_of_texts_that_may_be_missing(text):
    assert outcome(hr.Engine(), text) == outcome(VariantEngine(**UNOPTIMISED), text)


def test_sums_of_texts_keep_to_the_limit():
    engine = hr.Engine()
    engine.max_string_size = 3000
    text = 'let m = #{ a: "x" };\nfor i in 0..99 {\n  m.a = m.a + m.a;\n}'
    with pytest.raises(hr.LimitError) as caught:
        engine.eval(text)
    plain = VariantEngine(**UNOPTIMISED)
    plain.max_string_size = 3000
    with pytest.raises(hr.LimitError) as expected:
        plain.eval(text)
    found, wanted = caught.value, expected.value
    assert (found.kind, str(found), found.position) == (wanted.kind, str(wanted), wanted.position)
