"""How much of a script is compiled more than once: functions for several types of arguments, and inlined bodies."""

import pytest

import horus_runtime as hr
from horus_runtime.codegen.inlining import MOST
from horus_runtime.runtime.program import Program
from tests.support.variants import VariantEngine

COPIES = 40
FUNCTION = "fn fNN(x) {{ let list = [x, x, x, x, x]; for i in 0..1 {{ list.push(x); }} list[5] }}\nt.push(fNN({0}));\n"


def compiled(text: str) -> Program:
    engine = VariantEngine(native=False)
    engine.cache = False
    return engine.program(engine.compile(text), hr.Scope())


def copies(template: str) -> str:
    return "let t = [];\n" + "".join(template.replace("NN", str(number)) for number in range(COPIES)) + "t"


def specialised(program: Program) -> list[str]:
    return [name for name in program.frames if name.startswith("fn_") and "__" in name]


@pytest.mark.parametrize("argument", ["7", "7.5", "[7, 8]"])
def test_functions_of_numbers_are_specialised_in_scripts_of_any_size(argument):
    assert len(specialised(compiled(copies(FUNCTION.format(argument))))) == COPIES


@pytest.mark.parametrize("argument", ['"x"', "true", "'c'", '["x"]', '#{ a: "x" }'])
def test_functions_of_anything_else_are_specialised_in_small_scripts_and_at_the_start_of_large_ones(argument):
    found = specialised(compiled(copies(FUNCTION.format(argument))))
    names = [name.partition("__")[0] for name in found]
    assert names == [f"fn_f{number}" for number in range(len(found))]
    assert 10 <= len(found) <= 25


@pytest.mark.parametrize("argument", ["7", '"x"', '["x"]', '#{ a: "x" }'])
def test_what_is_not_specialised_does_the_same(argument):
    text = copies(FUNCTION.format(argument))
    engine = VariantEngine(native=False)
    assert engine.eval(text) == [engine.eval(argument)] * COPIES


def test_only_so_many_calls_are_inlined_in_one_script():
    small = "fn f(n) { n + 1 }\nlet t = 0;\n"
    text = small + "for i in 0..3 { t += f(i); }\n" * (MOST + 5) + "t"
    assert len(compiled(text).inlined) == MOST
    assert hr.Engine().eval(text) == 6 * (MOST + 5)
