"""What `catch` binds for errors of arithmetic, whose way from operator to variable is a short one."""

import pytest

import horus_runtime as hr

DIVISION = {"error": "ErrorArithmetic", "message": "Division by zero: 7 / 0"}


@pytest.mark.parametrize(
    ("script", "caught"),
    [
        ("let n = 0; try { 7 / n } catch (e) { return e; }", DIVISION),
        ("fn f(n) { 7 / n } try { f(0) } catch (e) { return e.error; }", "ErrorInFunctionCall"),
        ("let n = 0; try { n = 7 / n; } catch { return 1; }", 1),
        (
            "let n = 7; try { n /= 0; } catch (e) { return e; }",
            DIVISION | {"line": 1, "position": 20},
        ),
        (
            "let n = 9223372036854775807; try { n + 1 } catch (e) { return e; }",
            {"error": "ErrorArithmetic", "message": "Addition overflow: 9223372036854775807 + 1"},
        ),
        (
            "let n = -9223372036854775808; let m = -1; try { n % m } catch (e) { return e.message; }",
            "Modulo division by zero or overflow: -9223372036854775808 % -1",
        ),
    ],
)
def test_a_caught_error_of_arithmetic(script, caught):
    assert hr.Engine().eval(script) == caught


def test_the_name_of_the_text_is_a_part_of_the_caught_error():
    engine = hr.Engine()
    tree = engine.compile("let n = 0; try { 7 / n } catch (e) { return e; }", name="sums.rhai")
    assert engine.eval_ast(tree) == DIVISION | {"source": "sums.rhai"}


def test_an_error_that_is_thrown_again_keeps_message_and_source():
    script = "let n = 0; try { try { 7 / n } catch (e) { throw; } } catch (e) { return e; }"
    assert hr.Engine().eval(script) == DIVISION | {"line": 1, "position": 44}


@pytest.mark.parametrize("number", [-7, -6, -1, 0, 1, 6, 9223372036854775807, -9223372036854775808])
def test_division_of_negative_numbers_rounds_toward_zero(number):
    script = "fn f(n) { [n / 3, n % 3, n % 3 == 0, n % 3 != 0, 0 == n % 3, n % 3 == -1] } f(NUMBER)"
    quotient = abs(number) // 3 * (1 if number > 0 else -1)
    rest = number - quotient * 3
    expected = [quotient, rest, rest == 0, rest != 0, rest == 0, rest == -1]
    assert hr.Engine().eval(script.replace("NUMBER", str(number))) == expected


def test_a_missing_function_still_hints_at_a_near_name():
    with pytest.raises(hr.EvalError) as caught:
        hr.Engine().eval("fn total(x) { x } totla(1)")
    assert caught.value.hint == "did you mean 'total'?"


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("-9223372036854775807 - 1", -(2**63)),
        ("-9223372036854775807 + -1", -(2**63)),
        ("4611686018427387904 * -2", -(2**63)),
        ("9223372036854775806 + 1", 2**63 - 1),
    ],
)
def test_the_outermost_integers_are_no_overflow(operation, expected):
    left, op, right = operation.split()
    engine = hr.Engine()
    assert engine.eval(f"fn f(a, b) {{ a {op} b }} f({left}, {right})") == expected
    assert engine.eval(f"fn f(a, b) {{ a {op}= b; a }} f({left}, {right})") == expected
    assert engine.eval(f"fn f(a, b) {{ let c = [a, b]; c[0] {op} c[1] }} f({left}, {right})") == expected


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("9223372036854775807 + 1", "Addition"),
        ("-9223372036854775808 - 1", "Subtraction"),
        ("4611686018427387904 * 2", "Multiplication"),
        ("-4611686018427387905 * 2", "Multiplication"),
    ],
)
def test_an_overflow_names_the_operation(operation, name):
    left, op, right = operation.split()
    with pytest.raises(hr.EvalError) as caught:
        hr.Engine().eval(f"fn f(a, b) {{ a {op} b }} f({left}, {right})")
    assert caught.value.root().message == f"{name} overflow: {operation}"
