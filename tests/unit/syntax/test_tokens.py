"""Tokens of scripts: kinds, values and spans."""

from horus_runtime.syntax.rhai import tokenize


def kinds(text: str) -> list[str]:
    return [token.kind for token in tokenize(text)]


def test_a_sign_is_part_of_a_number_only_where_no_operand_stands_before_it() -> None:
    assert [token.value for token in tokenize("-5 - 5 -3")] == [-5, "-", 5, "-", 3]
    assert kinds("}-5") == ["RBRACE", "MINUS", "INT"]


def test_not_in_is_one_token_only_before_a_word_end() -> None:
    assert kinds("!in") == ["NOT_IN"]
    assert kinds("!inner") == ["BANG", "NAME"]
    assert kinds("! in") == ["BANG", "IN"]
