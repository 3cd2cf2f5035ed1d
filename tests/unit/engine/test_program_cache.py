"""Compiled scripts come back from memory and disk: same results, same errors, nothing parsed, nothing mixed up."""

import pytest

import horus_runtime as hr
from horus_runtime.engine import compiling, programs
from horus_runtime.engine.programs import ProgramStore

SCRIPT = """\
fn area(w, h) { w * h }
let name = "box";
let sizes = [area(2, 3), area(1.5, 2.0)];
let twice = |n| n * 2;
sizes.push(twice.call(21));
`${name}: ${sizes}`
"""


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """Forgets what is in memory, as a new process would; engines made by the result share a folder."""

    def make(engine=None):
        monkeypatch.setattr(compiling, "STORE", ProgramStore())
        engine = engine or hr.Engine()
        engine.cache = str(tmp_path)
        return engine

    return make


@pytest.fixture
def no_parser(monkeypatch):
    """From its call on, nothing can be parsed."""

    def refuse(*_args, **_kwargs):
        raise AssertionError("parsed")

    def start():
        monkeypatch.setattr("horus_runtime.syntax.rhai._parse", refuse)

    return start


def test_a_text_seen_by_another_process_runs_without_being_parsed(fresh, no_parser):
    expected = "box: [6, 3.0, 42]"
    assert fresh().eval(SCRIPT) == expected
    no_parser()
    assert fresh().eval(SCRIPT) == expected


@pytest.mark.parametrize(
    "call",
    [
        lambda engine: engine.eval_ast(engine.compile(SCRIPT)),
        lambda engine: engine.call_fn(engine.compile(SCRIPT), "area", 4, 5),
        lambda engine: engine.eval_expression("40 + 2"),
    ],
)
def test_every_way_to_run_a_text_uses_the_cache(fresh, no_parser, call):
    expected = call(fresh())
    no_parser()
    assert call(fresh()) == expected


def test_the_tree_of_a_cached_script_is_parsed_when_it_is_asked_for(fresh):
    fresh().eval(SCRIPT)
    tree = fresh().compile(SCRIPT)
    assert repr(tree) == "AST(not yet parsed)"
    assert [function.name for function in tree.functions()] == ["area"]
    assert repr(tree) == "AST(5 statements, 1 functions)"


def test_errors_of_cached_code_are_those_of_compiled_code(fresh, no_parser):
    script = "fn fail(a) { a.x.y }\nlet list = [1, 2];\nfail(list[5])"

    def error():
        with pytest.raises(hr.EvalError) as caught:
            fresh().eval(script, name="main.rhai")
        return caught.value.to_dict(), caught.value.render(), caught.value.script_traceback

    first = error()
    no_parser()
    assert error() == first


def test_a_function_error_keeps_its_chain(fresh, no_parser):
    script = "fn outer(x) { inner(x) }\nfn inner(x) { x / 0 }\nouter(1)"
    for attempt in range(2):
        with pytest.raises(hr.EvalError) as caught:
            fresh().eval(script)
        assert str(caught.value) == (
            "Division by zero: 1 / 0\n"
            "in call to function 'inner' (line 1, position 15)\n"
            "in call to function 'outer' (line 3, position 1)"
        )
        if attempt == 0:
            no_parser()


def test_a_wrong_text_is_wrong_every_time(fresh):
    for _ in range(2):
        with pytest.raises(hr.ParseError) as caught:
            fresh().compile("let = 1")
        assert str(caught.value) == "Expecting name of a variable (line 1, position 5)"


def test_a_call_in_the_callers_scope_finds_the_function_again(fresh):
    script = "fn bump() { x += 1; x }\nlet x = 41;\nbump!()"
    assert fresh().eval(script) == 42
    assert fresh().eval(script) == 42


def test_the_operations_spent_are_the_same(fresh, no_parser):
    def spent():
        engine = fresh()
        seen = []
        engine.on_start(seen.append)
        engine.eval(SCRIPT)
        return seen[0].spent

    first = spent()
    no_parser()
    assert spent() == first


# ---- what must not be mixed up --------------------------------------------------------------------------------------


def changed(**settings):
    engine = hr.Engine()
    for name, value in settings.items():
        setattr(engine, name, value)
    return engine


@pytest.mark.parametrize(
    "settings",
    [
        {"max_call_levels": 10},
        {"fast_operators": False},
        {"allow_shadowing": False},
        {"strict_variables": True},
        {"optimization_level": "none"},
        {"max_string_size": 100},
        {"fail_on_invalid_map_property": True},
    ],
)
def test_other_settings_mean_another_program(settings):
    assert hr.Engine().compile_key() != changed(**settings).compile_key()


def test_limits_that_no_code_depends_on_share_programs():
    assert hr.Engine().compile_key() == changed(max_operations=5, max_duration=1).compile_key()


def test_what_the_host_registers_is_part_of_the_key():
    engine = hr.Engine()
    plain = engine.compile_key()
    engine.register_fn("double", lambda n: 2 * n)
    one = engine.compile_key()
    engine.register_static_module("tools", hr.Module())
    assert len({plain, one, engine.compile_key()}) == 3


def test_an_operator_of_the_host_is_not_lost_to_the_cache(fresh):
    fresh().eval("len([1, 2])")
    engine = fresh()

    @engine.fn(name="len")
    def length(items: list) -> int:
        return -1

    assert engine.eval("len([1, 2])") == -1


def test_early_calls_of_the_hosts_functions_are_never_stored(fresh):
    def answer(value):
        engine = fresh()
        engine.optimization_level = "full"
        engine.register_fn("answer", lambda: value)
        return engine.eval("answer()")

    assert [answer(1), answer(2)] == [1, 2]


def test_variables_shared_with_the_host_are_never_stored(fresh):
    def count():
        scope = hr.Scope()
        engine = fresh()
        engine.run("let n = 0; let f = || { n += 1; n };", scope=scope)
        engine.eval("f.call(); f.call()", scope=scope)
        return engine.eval("n", scope=scope)

    assert [count(), count()] == [2, 2]


def test_strict_mode_knows_which_names_were_checked(fresh, no_parser):
    def run(scope):
        engine = fresh()
        engine.strict_variables = True
        return engine.eval("x + 1", scope=scope)

    scope = hr.Scope()
    scope.push("x", 41)
    assert run(scope) == 42
    with pytest.raises(hr.ParseError) as caught:
        run(hr.Scope())
    assert str(caught.value) == "Undefined variable: x (line 1, position 1)"
    no_parser()
    assert run(scope) == 42


def test_a_host_that_judges_declarations_is_asked_every_time(fresh):
    asked = []
    for _ in range(2):
        engine = fresh()
        engine.on_def_var(lambda running, definition: asked.append((running, definition.name)) or True)
        engine.eval("let x = 1; x")
    assert asked == [(False, "x"), (True, "x")] * 2


def test_the_cache_can_be_switched_off(fresh, tmp_path):
    engine = fresh()
    engine.cache = False
    engine.eval(SCRIPT)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_entry_is_compiled_again(fresh, tmp_path):
    fresh().eval(SCRIPT)
    for path in (tmp_path / "compiled").glob("*.entry"):
        path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    assert fresh().eval(SCRIPT) == "box: [6, 3.0, 42]"


def test_what_is_no_program_is_compiled_again():
    source = hr.Engine().compile("1").source_file
    assert programs.decode(b"", source) is None
    assert programs.decode(b"N", source) is None


def test_texts_made_up_by_the_thousand_stay_off_the_disk(fresh, tmp_path):
    engine = fresh()
    for number in range(programs.SHORT_STORED + 10):
        engine.eval(f"{number} + 1")
    assert len(list((tmp_path / "compiled").glob("*.entry"))) == programs.SHORT_STORED


def test_programs_in_memory_are_bounded(monkeypatch):
    monkeypatch.setattr(programs, "KEPT", 3)
    store = ProgramStore()
    engine = hr.Engine()
    source = engine.compile("1").source_file
    program = engine.program(engine.compile("1"), hr.Scope())
    for number in range(5):
        store.put(bytes([number]), program, None)
    assert [store.get(bytes([number]), source, None) is program for number in range(5)] == [
        False,
        False,
        True,
        True,
        True,
    ]
