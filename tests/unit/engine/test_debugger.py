"""Stopping scripts, looking at them, changing them."""

import pytest

import horus_runtime as hr
from horus_runtime import Action, Event

SCRIPT = """let total = 0;
fn add(x, y) {
    let sum = x + y;
    sum
}
for i in 0..3 {
    total = add(total, i);
}
let m = #{v: 1};
m.v = total;
total"""


def debugged(script, decide, **options):
    """The script's value; `decide(stop)` is asked at each stop."""
    engine = hr.Engine()
    debugger = hr.Debugger(decide, **options)
    engine.debugger = debugger
    return engine, debugger, lambda: engine.eval(script, name="demo")


def recorder(log, *actions):
    """Notes each stop and answers with the actions in turn, then `CONTINUE`."""
    left = list(actions)

    def decide(stop):
        log.append((stop.event, stop.position.line, [frame.name for frame in stop.frames]))
        return left.pop(0) if left else Action.CONTINUE

    return decide


def test_a_breakpoint_stops_before_the_line_each_time():
    log = []
    _, debugger, run = debugged(SCRIPT, recorder(log))
    made = debugger.break_at(3)
    assert run() == 3
    assert log == [(Event.BREAKPOINT, 3, ["add", ""])] * 3
    assert made.hits == 3
    assert str(made) == ":3"


def test_a_breakpoint_of_another_source_and_one_that_is_off_do_not_stop():
    log = []
    _, debugger, run = debugged(SCRIPT, recorder(log))
    debugger.break_at(3, "other")
    debugger.break_at(4).enabled = False
    debugger.remove(debugger.break_at(4))
    debugger.break_at(4, "demo", ignore=2)
    assert run() == 3
    assert log == [(Event.BREAKPOINT, 4, ["add", ""])]


def test_a_condition_is_an_expression_of_the_script():
    seen = []
    _, debugger, run = debugged(SCRIPT, lambda stop: seen.append(stop.frame.variables))
    debugger.break_at(3, condition="x + y > 1")
    debugger.break_at(3, condition="nonsense + 1")
    assert run() == 3
    assert seen == [{"x": 1, "y": 2}]


def test_functions_and_properties_have_breakpoints():
    log = []
    _, debugger, run = debugged(SCRIPT, recorder(log))
    made = debugger.break_on_call("add", 2, condition="y == 0")
    debugger.break_on_call("add", 3)
    debugger.break_on_property("v")
    assert run() == 3
    assert log == [(Event.BREAKPOINT, 3, ["add", ""]), (Event.BREAKPOINT, 10, [""])]
    assert [str(point) for point in debugger.breakpoints] == ["add (_, _)", "add (_, _, _)", ".v"]
    assert made.hits == 1


def test_stepping_goes_into_over_and_out_of_functions():
    log = []
    actions = (Action.STEP_OVER, Action.STEP_INTO, Action.STEP_INTO, Action.STEP_OUT, Action.STEP_OVER)
    _, _, run = debugged(SCRIPT, recorder(log, *actions), stop_at_start=True)
    assert run() == 3
    assert log == [
        (Event.START, 1, [""]),
        (Event.STEP, 6, [""]),
        (Event.STEP, 7, [""]),
        (Event.STEP, 3, ["add", ""]),
        (Event.FUNCTION_EXIT, 4, ["add", ""]),
        (Event.STEP, 7, [""]),
    ]


def test_leaving_a_function_shows_its_value_or_error():
    seen = []

    def decide(stop):
        seen.append((stop.event, stop.value, None if stop.error is None else stop.error.message))
        return Action.STEP_OUT if stop.event is Event.BREAKPOINT else Action.CONTINUE

    script = "fn f(x) {\n if x > 1 { throw `bad` }\n x * 2 }\nf(1);\ntry { f(2) } catch { }"
    _, debugger, run = debugged(script, decide)
    debugger.break_on_call("f")
    run()
    assert seen == [
        (Event.BREAKPOINT, None, None),
        (Event.FUNCTION_EXIT, 2, None),
        (Event.BREAKPOINT, None, None),
        (Event.FUNCTION_ERROR, None, "Runtime error: bad"),
    ]


def test_variables_can_be_changed():
    def decide(stop):
        stop.frame.set("x", 100)
        stop.frames[1].set("total", 7)

    engine, debugger, run = debugged("let total = 1;\nfn f(x) {\n x + 1 }\nlet r = f(1);\n[r, total]", decide)
    debugger.break_at(3)
    assert run() == [101, 7]
    engine.debugger = None
    assert run() == [2, 1]


def test_constants_and_unknown_names_cannot_be_changed():
    caught = []

    def decide(stop):
        with pytest.raises(hr.EvalError) as constant:
            stop.frame.set("C", 2)
        with pytest.raises(KeyError):
            stop.frame.set("nothing", 2)
        caught.append(constant.value.message)

    _, debugger, run = debugged("const C = 1;\nC + 1", decide)
    debugger.break_at(2)
    assert run() == 2
    assert caught == ["Cannot modify constant C"]


def test_code_runs_in_a_frame_and_its_assignments_stay():
    values = []

    def decide(stop):
        values.append(stop.frame.evaluate("x * 10"))
        stop.frame.evaluate("x = 5;")
        values.append(stop.frames[1].evaluate("a + 1"))
        with pytest.raises(hr.EvalError) as caught:
            stop.frame.evaluate("missing")
        values.append(caught.value.message)

    _, debugger, run = debugged("let a = 3;\nfn f(x) {\n x + 1 }\nf(1)", decide)
    debugger.break_at(3)
    assert run() == 6
    assert values == [10, 4, "Variable not found: missing"]


def test_captured_variables_and_closures_are_seen():
    seen = []
    _, debugger, run = debugged(
        "let n = 1;\nlet f = |x| {\n n += x;\n n };\n[1, 2].map(f)", lambda stop: seen.append(stop.frame.variables)
    )
    debugger.break_at(4)
    assert run() == [2, 4]
    assert seen == [{"n": 2, "x": 1}, {"n": 4, "x": 2}]


def test_a_script_can_be_ended_and_given_an_error():
    _, debugger, run = debugged("let r = 0;\ntry {\n r = 1;\n } catch (e) { r = e; }\nr", lambda stop: stop.throw("no"))
    debugger.break_at(3)
    assert run() == "no"
    _, debugger, run = debugged("let a = 0;\ntry {\n a = 2; } catch { }", lambda stop: Action.TERMINATE)
    debugger.break_at(3)
    with pytest.raises(hr.TerminatedError) as caught:
        run()
    assert caught.value.message == "Script terminated by the debugger"


def test_a_pause_stops_at_the_next_statement():
    log = []
    engine, debugger, run = debugged("let a = 1;\nhold();\na", recorder(log))
    engine.register_fn("hold", debugger.pause)
    assert run() == 1
    assert log == [(Event.PAUSE, 3, [""])]


def test_results_are_the_same_with_and_without_a_debugger():
    scripts = [
        SCRIPT,
        "let a = [1, 2, 3]; let s = 0; for x in a { a.push(x); s += x; } [s, a.len]",
        "fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } } fib(10)",
        "let x = 1; let f = || x += 1; f.call(); f.call(); x",
        "let r = []; let i = 0; while i < 5 { i += 1; if i == 2 { continue; } if i == 4 { break; } r.push(i); } r",
        "let o = #{n: 1}; fn inc() { this.n += 1; } o.inc(); o.inc(); o.n",
        "switch 3 { 1 => `a`, 3 if true => { let y = 2; y * 2 } _ => 0 }",
        "let v = if true { let q = 4; q + 1 } else { 0 }; v + loop { break 2; }",
    ]
    for script in scripts:
        _, _, run = debugged(script, lambda stop: Action.STEP_INTO, stop_at_start=True)
        assert run() == hr.Engine().eval(script)


def test_without_a_debugger_nothing_of_it_is_compiled():
    engine = hr.Engine()
    tree = engine.compile(SCRIPT)
    plain = engine.program(tree, hr.Scope()).code
    engine.debugger = hr.Debugger(lambda stop: None)
    watched = engine.program(tree, hr.Scope()).code
    names = [
        {name for part in code.co_consts if hasattr(part, "co_names") for name in part.co_names}
        for code in (plain, watched)
    ]
    assert ["debug_step" in found for found in names] == [False, True]


# --- the end of a run ------------------------------------------------------------------------------------------------


def test_who_steps_to_the_end_is_told_of_it_and_of_the_value():
    log = []

    def decide(stop):
        log.append((stop.event, stop.position.line, stop.value, [frame.name for frame in stop.frames]))
        return Action.STEP_OVER

    _, _, run = debugged("let x = 1;\nx + 1", decide, stop_at_start=True)
    assert run() == 2
    assert log == [
        (Event.START, 1, None, [""]),
        (Event.STEP, 2, None, [""]),
        (Event.END, 2, 2, [""]),
    ]


def test_the_end_of_a_run_that_fails_while_it_is_stepped_through_tells_the_error():
    stops = []

    def decide(stop):
        stops.append(stop)
        return Action.STEP_INTO

    _, _, run = debugged('fn f() { throw "bad" }\nf()', decide, stop_at_start=True)
    with pytest.raises(hr.EvalError) as caught:
        run()
    assert stops[-1].event is Event.END
    assert stops[-1].error is caught.value
    assert [stop.event for stop in stops].count(Event.END) == 1
    assert [frame.name for frame in stops[-1].frames] == [""]


def test_a_run_that_goes_on_or_is_ended_by_its_debugger_has_no_stop_at_its_end():
    log = []
    _, _, run = debugged("let x = 1;\nx", recorder(log, Action.CONTINUE), stop_at_start=True)
    assert run() == 1
    _, _, run = debugged("let x = 1;\nx", recorder(log, Action.TERMINATE), stop_at_start=True)
    with pytest.raises(hr.TerminatedError):
        run()
    assert [event for event, _, _ in log] == [Event.START, Event.START]


def test_every_call_of_a_function_is_stepped_through_on_its_own():
    events = []

    def decide(stop):
        events.append((stop.event, stop.value))
        return Action.STEP_INTO

    engine = hr.Engine()
    engine.debugger = hr.Debugger(decide, stop_at_start=True)
    tree = engine.compile("fn f(x) { x + 1 }")
    for _ in range(2):
        events.clear()
        assert engine.call_fn(tree, "f", 1) == 2
        assert events == [(Event.START, None), (Event.END, 2)]
