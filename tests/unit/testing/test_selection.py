"""`-k` expressions select case ids."""

import pytest

from horus_runtime.testing.selection import SelectionError, selector

IDS = ["a/report_test.rhai::test_slow", "a/report_test.rhai::test_fast", "b/mail_test.rhai::test_send"]


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("report", [0, 1]),
        ("REPORT", [0, 1]),
        ("report and not slow", [1]),
        ("slow or send", [0, 2]),
        ("not (slow or send)", [1]),
        ("not report and not mail", []),
        ("not not mail", [2]),
        ("test_send", [2]),
    ],
)
def test_expressions(expression, chosen):
    assert [at for at, name in enumerate(IDS) if selector(expression)(name)] == chosen


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("and", "-k: unexpected 'and'"),
        ("a and", "-k: the expression ends too early"),
        ("(a", "-k: a ')' is missing"),
        ("a b", "-k 'a b': unexpected 'b'"),
        ("a )", "-k 'a )': unexpected ')'"),
    ],
)
def test_wrong_expressions_say_what_is_wrong(expression, message):
    with pytest.raises(SelectionError) as caught:
        selector(expression)
    assert str(caught.value) == message
