"""Tokens that the host replaces while a script is parsed."""

from __future__ import annotations

import pytest

import horus_runtime as hr


def german(token):
    words = {"sei": "let", "wenn": "if", "sonst": "else", "plus": "+"}
    return words.get(token.value) if token.kind == "NAME" else None


@pytest.fixture
def engine():
    return hr.Engine().on_parse_token(german)


def test_tokens_are_replaced_wherever_they_stand(engine):
    assert engine.eval("sei x = 1 plus 2; wenn x == 3 { `got ${x plus 1}` } sonst { 0 }") == "got 4"
    assert engine.eval("fn f(x) { sei y = x plus 1; y } f(1)") == 2
    assert engine.eval_expression("1 plus 1") == 2
    assert engine.eval('eval("sei x = 5; x plus 1")') == 6


def test_the_host_sees_kind_value_and_place_of_every_token():
    seen = []
    engine = hr.Engine().on_parse_token(lambda token: seen.append((token.kind, token.value, token.span[:2])))
    assert engine.eval('let x = 4;\nx + "a"') == "4a"
    assert [place for _, _, place in seen] == [(1, 1), (1, 5), (1, 7), (1, 9), (1, 10), (2, 1), (2, 3), (2, 5)]
    assert seen[1][:2] == ("NAME", "x")
    assert seen[-1][1] == "a"


def test_literals_can_be_replaced_by_literals():
    engine = hr.Engine().on_parse_token(lambda token: "42" if token.value == "answer" else None)
    assert engine.eval("answer * 2") == 84
    with pytest.raises(hr.ParseError):
        engine.eval("let answer = 1;")


def test_errors_stand_where_the_replaced_token_stood(engine):
    with pytest.raises(hr.ParseError) as caught:
        engine.eval("sei x = 1;\nsei = 2")
    assert caught.value.position == (2, 5)


@pytest.mark.parametrize("answer", ["", "a b", "1 +", "'"])
def test_an_answer_that_is_not_one_token_is_an_error_there(answer):
    engine = hr.Engine().on_parse_token(lambda token: answer if token.value == "x" else None)
    with pytest.raises(hr.ParseError) as caught:
        engine.eval("1 +\n  x")
    assert str(caught.value) == f"on_parse_token gave '{answer}', which is not one token (line 2, position 3)"


def test_a_changed_callback_reads_the_same_text_anew(engine):
    text = "1 plus 1"
    assert engine.eval(text) == 2
    engine.on_parse_token(lambda token: "-" if token.value == "plus" else None)
    assert engine.eval(text) == 0
    engine.on_parse_token(None)
    with pytest.raises(hr.ParseError):
        engine.eval(text)


def test_other_engines_and_the_cache_on_disk_know_nothing_of_it(engine, tmp_path):
    engine.cache = tmp_path
    assert engine.eval("plus plus 1".replace("plus plus", "1 plus")) == 2
    assert list(tmp_path.rglob("*")) == []
    with pytest.raises(ValueError, match="parsed with on_parse_token cannot be kept"):
        engine.compile("1 plus 1").to_bytes()
