"""What `type_of(x) == "name"` tells the compiler of `x` in the code that the condition guards."""

import horus_runtime as hr
from horus_runtime.cli.commands.check import emitted


def test_the_length_of_a_string_is_asked_of_python_in_a_compound_assignment_too():
    script = 'let n = 0; try { throw "abc"; } catch (e) { if type_of(e) == "string" { n += e.len; } } n'
    made = "\n".join(emitted(script, "caught.rhai", "py"))
    assert ":= len(e)" in made
    assert "_get_property" not in made
    assert hr.Engine().eval(script) == 3


def test_asking_for_its_type_does_not_count_as_a_change_of_a_parameter():
    script = "fn f(a) { if type_of(a) == `array` { a.len } else { 0 } } let a = [1, 2]; f(a) + f(3) + a.len"
    assert "_copy(a)" not in "\n".join(emitted(script, "asked.rhai", "py"))
    assert hr.Engine().eval(script) == 4


def test_a_function_of_the_host_named_type_of_is_called_with_a_copy():
    def grow(items: list) -> str:
        items.append(9)
        return "array"

    engine = hr.Engine()
    engine.register_fn("type_of", grow)
    assert engine.eval("let a = [1]; let t = type_of(a); [t, a.len]") == ["array", 1]
