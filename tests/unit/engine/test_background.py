"""Scripts on threads of their own."""

import threading

import pytest

import horus_runtime as hr


@pytest.fixture
def engine():
    return hr.Engine()


def begun(engine):
    """An event that the script sets by calling `begin`."""
    event = threading.Event()
    engine.register_fn("begin", event.set)
    return event


def test_a_handle_gives_the_value(engine):
    handle = engine.start("40 + 2")
    assert handle.result(timeout=30) == 42
    assert handle.done()
    assert handle.exception() is None
    assert not handle.cancel()


def test_a_handle_raises_what_the_script_failed_with(engine):
    handle = engine.start("\nthrow 1")
    with pytest.raises(hr.EvalError) as caught:
        handle.result(timeout=30)
    assert str(caught.value) == "Runtime error: 1 (line 2, position 1)"
    assert handle.exception() is caught.value


def test_a_wrong_text_is_refused_at_once(engine):
    with pytest.raises(hr.ParseError):
        engine.start("let")


def test_compiled_scripts_and_scopes_can_be_given(engine):
    scope = hr.Scope({"x": 1})
    assert engine.start(engine.compile("x += 41; x"), scope=scope).result(timeout=30) == 42
    assert scope["x"] == 42


@pytest.mark.parametrize(
    "work",
    [
        "loop { }",
        "loop { try { throw 1 } catch { } }",
        "sleep(1000)",
        "let f = || { loop { } }; f.call()",
        "[1, 2].map(|x| { loop { } })",
        "let a = []; a.pad(200, 1); loop { a.sort(|x, y| x - y); }",
        "let t = `[`; t.pad(20000, `1,`); t += `1]`; loop { t.parse_json(); }",
        "loop { let s = ``; s.pad(1000000, `ab`); s.replace(`a`, `b`); s.split(`b`); }",
    ],
)
def test_a_run_is_cancelled_from_another_thread(engine, work):
    event = begun(engine)
    handle = engine.start(f"begin(); {work}")
    assert event.wait(30)
    assert handle.cancel("no longer wanted")
    with pytest.raises(hr.TerminatedError) as caught:
        handle.result(timeout=30)
    assert caught.value.message == "no longer wanted"


def test_a_result_that_is_not_there_yet_is_a_timeout_and_the_run_goes_on(engine):
    event = begun(engine)
    go = threading.Event()
    engine.register_fn("wait", lambda: go.wait(30))
    handle = engine.start("begin(); wait(); 7")
    assert event.wait(30)
    with pytest.raises(TimeoutError) as caught:
        handle.result(timeout=0)
    assert str(caught.value) == "the script is still running after 0 s"
    assert repr(handle).startswith("RunHandle(running, ")
    go.set()
    assert handle.result(timeout=30) == 7


def test_callbacks_are_called_when_the_run_is_over(engine):
    seen: list[object] = []
    over = threading.Event()
    handle = engine.start("1")
    handle.add_done_callback(lambda h: (seen.append(h), over.set()))
    assert over.wait(30)
    handle.add_done_callback(seen.append)
    assert seen == [handle, handle]


def test_the_account_can_be_read(engine):
    handle = engine.start("let n = 0; for i in 0..1000 { n += i; } n")
    assert handle.result(timeout=30) == 499500
    spent = handle.operations
    assert spent > 1000
    assert handle.seconds == handle.seconds > 0
    assert handle.operations == spent


def test_the_limits_hold_on_a_thread():
    handle = hr.Engine(hr.Limits(max_operations=1000)).start("loop { }")
    with pytest.raises(hr.LimitError) as caught:
        handle.result(timeout=30)
    assert (caught.value.kind, caught.value.limit) == ("ErrorTooManyOperations", 1000)


# --- One engine, many threads ----------------------------------------------------------------------------------------

SCRIPTS = [
    ("fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } } fib(14)", 377),
    ("let a = []; for i in 0..200 { a.push(i * 2); } a.filter(|x| x % 4 == 0).len", 100),
    ("let m = #{}; for i in 0..100 { m[`k${i}`] = i; } m.values().reduce(|s, v| s + v, 0)", 4950),
    ("let s = ``; for i in 0..100 { s += i; } s.len", 190),
    ("let n = 0; let f = |x| n += x; for i in 0..50 { f.call(i); } n", 1225),
    ("let r = 0; try { throw #{code: 7} } catch (e) { r = e.code; } r", 7),
    ("eval(`let z = 6; z * 7`)", 42),
    ("let x = 5; switch x { 5 => `b`, 1..4 => `a`, _ => `c` }", "b"),
]


def test_eight_threads_run_different_scripts_on_one_engine(engine):
    wrong: list[object] = []
    together = threading.Barrier(len(SCRIPTS))

    def work(script, value):
        together.wait(30)
        for _ in range(30):
            found = engine.eval(script)
            if found != value:
                wrong.append((script, found))

    threads = [threading.Thread(target=work, args=pair) for pair in SCRIPTS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_threads_that_share_a_compiled_script_share_no_variables(engine):
    tree = engine.compile("let n = start; let f = || n += 1; for i in 0..300 { f.call(); } n")
    scopes = [hr.Scope({"start": number * 1000}) for number in range(8)]
    handles = [engine.start(tree, scope=scope) for scope in scopes]
    assert [handle.result(timeout=60) for handle in handles] == [number * 1000 + 300 for number in range(8)]
    assert [scope["n"] for scope in scopes] == [number * 1000 + 300 for number in range(8)]


def test_functions_can_be_registered_while_scripts_run(engine):
    stop = threading.Event()
    engine.register_fn("stopped", stop.is_set)
    handles = [
        engine.start("let n = 0; while !stopped() { n += [3, 1, 2].map(|x| x.to_string().len).len; } n > 0")
        for _ in range(4)
    ]

    def fresh(x: int) -> int:
        return x + 1

    class Thing:
        pass

    for number in range(300):
        engine.register_fn(f"fresh_{number}", fresh)
        engine.register_type(type(f"Thing{number}", (Thing,), {}))
    assert engine.eval("fresh_299(1)") == 2
    stop.set()
    assert [handle.result(timeout=60) for handle in handles] == [True] * 4
