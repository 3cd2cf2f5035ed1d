"""Every error about a limit says which limit it is, what it allows and what was wanted."""

import sys

import pytest

import horus_runtime as hr
from horus_runtime.errors import EvalError, HorusError, LimitError, ParseError
from horus_runtime.limits import LIMIT_NAMES
from horus_runtime.runtime.tracing import translate

RUNNING = {
    "operations": (
        {"max_operations": 100},
        "loop {}",
        ("ErrorTooManyOperations", "Too many operations", 100, 101, "max_operations is 100"),
    ),
    "call depth": (
        {"max_call_levels": 8},
        "fn f(n) { f(n + 1) } f(0)",
        ("ErrorStackOverflow", "Stack overflow", 8, 9, "max_call_levels is 8, wanted 9"),
    ),
    "call depth of closures": (
        {"max_call_levels": 8},
        "fn f(n) { [n].map(|x| f(x)) } f(0)",
        ("ErrorStackOverflow", "Stack overflow", 8, 9, "max_call_levels is 8, wanted 9"),
    ),
    "variables": (
        {"max_variables": 2},
        "let a = 1; let b = 2; let c = 3;",
        ("ErrorTooManyVariables", "Too many variables defined", 2, 3, "max_variables is 2, wanted 3"),
    ),
    "modules": (
        {"max_modules": 1},
        "import `m` as a; import `m` as b;",
        ("ErrorTooManyModules", "Too many modules imported", 1, 2, "max_modules is 1, wanted 2"),
    ),
    "string": (
        {"max_string_size": 10},
        "let s = `12345678`; s + s",
        ("ErrorDataTooLarge", "Length of string too large", 10, 16, "max_string_size is 10, wanted 16"),
    ),
    "padded string": (
        {"max_string_size": 10},
        "let s = ``; s.pad(20, `x`); s",
        ("ErrorDataTooLarge", "Length of string too large", 10, 20, "max_string_size is 10, wanted 20"),
    ),
    "array": (
        {"max_array_size": 3},
        "let a = [1, 2]; a + a",
        ("ErrorDataTooLarge", "Size of array/BLOB too large", 3, 4, "max_array_size is 3, wanted 4"),
    ),
    "blob": (
        {"max_array_size": 3},
        "blob(5)",
        ("ErrorDataTooLarge", "Size of array/BLOB too large", 3, 5, "max_array_size is 3, wanted 5"),
    ),
    "map": (
        {"max_map_size": 2},
        "let m = #{a: 1, b: 2}; m.c = 3; m",
        ("ErrorDataTooLarge", "Size of object map too large", 2, 3, "max_map_size is 2, wanted 3"),
    ),
    "text of eval": (
        {"max_script_size": 40},
        "let s = `//`; s.pad(41, `-`); eval(s)",
        ("ErrorDataTooLarge", "Size of script too large", 40, 41, "max_script_size is 40 bytes, wanted 41"),
    ),
    "module's text": (
        {"max_script_size": 40},
        "import `long` as m;",
        ("ErrorDataTooLarge", "Size of script too large", 40, 48, "max_script_size is 40 bytes, wanted 48"),
    ),
    "script": (
        {"max_script_size": 4},
        "`ä€`",
        ("ErrorDataTooLarge", "Size of script too large", 4, 7, "max_script_size is 4 bytes, wanted 7"),
    ),
}

COMPLEX = "Expression exceeds maximum complexity"
PARSING = {
    "expression depth": (
        {"max_expr_depth": 6},
        "((((((((1))))))))",
        ("ExprTooDeep", COMPLEX, 6, 7, "max_expr_depth is 6, wanted 7"),
    ),
    "expression depth in a function": (
        {"max_function_expr_depth": 6},
        "fn f() { ((((((((1)))))))) }",
        ("ExprTooDeep", COMPLEX, 6, 7, "max_function_expr_depth is 6, wanted 7"),
    ),
    "expression depth without a limit": (
        {"max_expr_depth": 0},
        "(" * 500 + "1" + ")" * 500,
        ("ExprTooDeep", COMPLEX, 400, 401, "the deepest nesting possible is 400, wanted 401"),
    ),
    "nested loops": (
        {},
        "loop {" * 19 + "}" * 19,
        ("ExprTooDeep", COMPLEX, 18, 19, "the deepest nesting of loops and try blocks is 18, wanted 19"),
    ),
    "functions": (
        {"max_functions": 1},
        "fn f() {} fn g() {}",
        (
            "TooManyFunctions",
            "Number of functions defined exceeds maximum limit",
            1,
            2,
            "max_functions is 1, wanted 2",
        ),
    ),
    "array literal": (
        {"max_array_size": 2},
        "[1, 2, 3]",
        (
            "LiteralTooLarge",
            "Size of array literal exceeds the maximum limit (2)",
            2,
            3,
            "max_array_size is 2, wanted 3",
        ),
    ),
    "map literal": (
        {"max_map_size": 1},
        "#{a: 1, b: 2}",
        (
            "LiteralTooLarge",
            "Number of properties in object map literal exceeds the maximum limit (1)",
            1,
            2,
            "max_map_size is 1, wanted 2",
        ),
    ),
    "string literal": (
        {"max_string_size": 3},
        "`1234`",
        (
            "LiteralTooLarge",
            "Length of string exceeds the maximum limit (3)",
            3,
            4,
            "max_string_size is 3, wanted 4",
        ),
    ),
}


class Texts:
    def resolve(self, engine, path, source):
        return "let x = 1;" if path == "m" else "//" + "-" * 46


def failure(limits, script):
    engine = hr.Engine(limits=hr.Limits(**limits))
    engine.module_resolver = Texts()
    with pytest.raises(HorusError) as caught:
        engine.eval(script)
    return caught.value


@pytest.mark.parametrize("name", RUNNING)
def test_errors_of_a_run_say_limit_and_usage(name):
    limits, script, expected = RUNNING[name]
    error = failure(limits, script)
    if name == "call depth of closures":
        assert isinstance(error, EvalError)
        assert error.kind == "ErrorInFunctionCall"
        error = error.root()
    assert isinstance(error, LimitError)
    assert (error.kind, error.message, error.limit, error.usage, error.hint) == expected
    assert (error.to_dict()["limit"], error.to_dict()["usage"]) == expected[2:4]


@pytest.mark.parametrize("name", PARSING)
def test_errors_of_a_text_say_limit_and_usage(name):
    limits, script, expected = PARSING[name]
    error = failure(limits, script)
    assert type(error) is ParseError
    assert (error.kind, error.message, error.fields["limit"], error.fields["usage"], error.hint) == expected
    assert (error.to_dict()["limit"], error.to_dict()["usage"]) == expected[2:4]


def test_time_says_limit_and_usage():
    error = failure({"max_duration": 1e-6}, "loop {}")
    assert (error.kind, error.message) == ("ErrorTerminated", "Script terminated: the time limit is over")
    assert error.limit == 1e-6 < error.usage
    assert error.hint == "max_duration is 1e-06 s"


def test_data_says_limit_and_usage():
    error = failure({"max_data_size": 1000}, "let a = []; a.pad(1000, 1); a")
    assert (error.kind, error.message, error.limit) == ("ErrorDataTooLarge", "Total size of data too large", 1000)
    assert error.usage > 1000
    assert error.hint == f"max_data_size is 1000 bytes, the script's values take at least {error.usage}"


def test_a_recursion_of_the_library_says_limit_and_usage():
    error = translate(RecursionError(), [])
    assert isinstance(error, LimitError)
    frames = sys.getrecursionlimit()
    assert (error.kind, error.message) == ("ErrorStackOverflow", "Stack overflow")
    assert (error.limit, error.usage) == (frames, frames + 1)
    assert error.hint == f"Python's recursion limit is {frames} frames, wanted {frames + 1}"


def test_a_lack_of_memory_says_limit_and_usage():
    error = translate(MemoryError(), [])
    assert isinstance(error, LimitError)
    assert (error.kind, error.message) == ("ErrorDataTooLarge", "Size of array/BLOB too large")
    assert 0 < error.usage < error.limit
    assert error.hint == f"the process can have {error.limit} bytes of memory and had {error.usage}"


def test_every_limit_is_in_the_tables():
    named = {name for limits, _, _ in (*RUNNING.values(), *PARSING.values()) for name in limits}
    assert named | {"max_duration", "max_data_size"} == set(LIMIT_NAMES)


def test_a_bare_engine_refuses_a_huge_text():
    text = "x;" * 2_500_000
    engine = hr.Engine()
    for attempt in (engine.compile, engine.eval, engine.compact):
        with pytest.raises(LimitError) as caught:
            attempt(text)
        assert (caught.value.message, caught.value.limit, caught.value.usage) == (
            "Size of script too large",
            1024 * 1024,
            5_000_000,
        )


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "huge.rhai"
    path.write_text("1" * 5000)
    engine = hr.Engine(limits=hr.Limits(max_script_size=4999))
    with pytest.raises(LimitError) as caught:
        engine.compile_file(path)
    assert (caught.value.message, caught.value.limit, caught.value.usage) == ("Size of script too large", 4999, 5000)
    engine.max_script_size = 0
    assert len(engine.compile_file(path).text) == 5000


def test_a_script_cannot_catch_that_a_text_is_too_large():
    error = failure({"max_script_size": 60}, "let s = `//`; s.pad(61, `-`); try { eval(s) } catch {}")
    assert (error.message, error.usage) == ("Size of script too large", 61)
