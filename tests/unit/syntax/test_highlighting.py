"""Colours: every character of a text comes out again, and the parts are what they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Keyword, Name, Number, String, Token

from horus_runtime.syntax.highlighting import HeroscriptLexer, RhaiLexer


def kinds(lexer, text):
    return [(kind, value) for kind, value in lexer().get_tokens(text) if value.strip()]


def test_both_lexers_are_known_to_pygments():
    assert isinstance(get_lexer_by_name("rhai"), RhaiLexer)
    assert isinstance(get_lexer_for_filename("x.hero"), HeroscriptLexer)


def test_a_script_has_its_kinds():
    found = kinds(RhaiLexer, 'let x = 0xff + 1.5; // c\nfn f(a) { if true { "s" } }')
    assert [pair for pair in found if pair[0] not in Token.Punctuation and pair[0] not in Token.Operator] == [
        (Keyword.Declaration, "let"),
        (Name.Variable, "x"),
        (Number.Hex, "0xff"),
        (Number.Float, "1.5"),
        (Comment.Single, "// c"),
        (Keyword.Declaration, "fn"),
        (Name.Function, "f"),
        (Name, "a"),
        (Keyword, "if"),
        (Keyword.Constant, "true"),
        (String.Double, '"'),
        (String.Double, "s"),
        (String.Double, '"'),
    ]


def test_code_inside_a_template_is_code():
    assert (Number.Integer, "42") in kinds(RhaiLexer, "`a ${ #{b: 42} } c`")
    assert (String.Backtick, " c") in kinds(RhaiLexer, "`a ${ #{b: 42} } c`")


def test_an_action_has_its_kinds():
    found = kinds(HeroscriptLexer, "!!git.clone url:'x y' depth:1\nlet a = 1;")
    assert found[:3] == [(Token.Operator, "!!"), (Name.Namespace, "git"), (Token.Punctuation, ".")]
    assert (Name.Attribute, "url") in found
    assert (Number, "1") in found
    assert (Keyword.Declaration, "let") in found


@pytest.mark.parametrize("lexer", [RhaiLexer, HeroscriptLexer])
@given(text=st.text(st.sampled_from("ab1 .!:\"'`${}#/*()\n"), max_size=60))
def test_nothing_is_lost(lexer, text):
    made = lexer(stripnl=False, ensurenl=False)
    assert "".join(value for _, value in made.get_tokens(text)) == text
