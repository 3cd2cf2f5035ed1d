"""Scripts as tasks of an event loop."""

import asyncio
import contextvars
from time import monotonic

import pytest

import horus_runtime as hr


def run(coroutine):
    return asyncio.run(coroutine)


@pytest.fixture
def engine():
    made = hr.Engine()

    @made.fn
    async def double(x: int) -> int:
        await asyncio.sleep(0)
        return 2 * x

    return made


def test_an_async_function_of_the_host_is_called_like_any_other(engine):
    assert run(engine.eval_async("double(4) + double(1)")) == 10


def test_async_functions_work_inside_callbacks_of_methods_and_script_functions(engine):
    script = "fn twice(x) { double(double(x)) } [1, 2].map(|x| twice(x) + double(x))"
    assert run(engine.eval_async(script)) == [6, 12]


def test_call_fn_async_calls_a_script_function(engine):
    tree = engine.compile("let base = 5; fn add(x) { this + double(x) }")
    assert run(engine.call_fn_async(tree, "add", 3, this=1)) == 7


def test_run_async_has_no_value_and_leaves_its_variables_in_the_scope(engine):
    scope = hr.Scope()
    assert run(engine.run_async("let x = double(3);", scope=scope)) is None
    assert scope["x"] == 6


def test_a_compiled_script_can_be_run(engine):
    assert run(engine.eval_async(engine.compile("double(21)"))) == 42


def test_scripts_wait_at_the_same_time():
    engine = hr.Engine()
    waiting: list[int] = []

    async def main():
        everybody = asyncio.Event()

        @engine.fn
        async def meet(number: int) -> int:
            waiting.append(number)
            if len(waiting) == 3:
                everybody.set()
            await everybody.wait()
            return number

        return await asyncio.gather(*(engine.eval_async(f"meet({n}) * 10") for n in range(3)))

    assert run(main()) == [0, 10, 20]


def test_a_computing_script_lets_other_tasks_run():
    engine = hr.Engine()
    asked: list[bool] = []

    async def main():
        stop = False

        @engine.fn
        def stopped() -> bool:
            return stop

        async def other():
            nonlocal stop
            await asyncio.sleep(0)
            asked.append(True)
            stop = True

        task = asyncio.create_task(other())
        value = await engine.eval_async("let n = 0; while !stopped() { n += 1; } n > 0")
        await task
        return value

    assert run(main()) is True
    assert asked == [True]


def test_sleep_lets_other_tasks_run():
    engine = hr.Engine()

    async def main():
        order: list[str] = []
        script = "print(`before`); sleep(0.001); print(`after`);"
        engine.run(script)  # compiling and importing may take long enough to let others run as well
        engine.on_print(order.append)

        async def other():
            order.append("other")

        task = asyncio.create_task(other())
        await engine.eval_async(script)
        await task
        return order

    order = run(main())
    assert sorted(order) == ["after", "before", "other"]
    assert order[-1] == "after"


def test_cancelling_the_task_ends_a_waiting_script():
    engine = hr.Engine()
    events: list[str] = []
    engine.on_print(events.append)

    async def main():
        begun = asyncio.Event()

        @engine.fn
        async def hang():
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                events.append("host function cancelled")
                raise

        task = asyncio.create_task(engine.eval_async("try { hang() } catch { print(`caught`) } print(`went on`)"))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())
    assert events == ["host function cancelled"]


def test_cancelling_the_task_ends_a_computing_script():
    engine = hr.Engine()

    async def main():
        begun = asyncio.Event()
        engine.register_fn("begin", begun.set)
        task = asyncio.create_task(engine.eval_async("begin(); loop { try { let x = 1; } catch { } }"))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())


def test_the_deadline_holds_while_a_script_waits():
    engine = hr.Engine(hr.Limits(max_duration=1000))
    budgets = []
    engine.on_start(budgets.append)

    @engine.fn
    def all_time_is_over() -> None:
        # A limit of real time could be reached before the script waits, on a machine that is busy.
        budgets[0].deadline = monotonic()

    @engine.fn
    async def hang():
        await asyncio.Event().wait()

    with pytest.raises(hr.DeadlineError) as caught:
        run(engine.eval_async("all_time_is_over();\n  hang()"))
    assert str(caught.value) == "Script terminated: the time limit is over (line 2, position 3)"
    assert caught.value.limit == 1000
    assert caught.value.usage >= 0.0


def test_the_deadline_holds_while_a_script_sleeps():
    engine = hr.Engine(hr.Limits(max_duration=0.02))
    with pytest.raises(hr.DeadlineError):
        run(engine.eval_async("try { sleep(1000) } catch { 1 }"))


def test_a_timeout_error_of_the_host_is_the_script_s_to_catch():
    engine = hr.Engine()

    @engine.fn
    async def slow():
        raise TimeoutError("no answer")

    assert run(engine.eval_async("let r = 0; try { slow() } catch (e) { r = e; } r")) == "no answer"


def test_budget_cancel_wakes_a_waiting_script():
    engine = hr.Engine()
    budgets = []
    engine.on_start(budgets.append)

    async def main():
        @engine.fn
        async def hang():
            budgets[0].cancel("stopped by the operator")
            await asyncio.Event().wait()

        await engine.eval_async("hang()")

    with pytest.raises(hr.TerminatedError) as caught:
        run(main())
    assert caught.value.message == "stopped by the operator"


def test_errors_keep_their_place_and_kind(engine):
    with pytest.raises(hr.EvalError) as caught:
        run(engine.eval_async("let x = double(1);\nx + missing"))
    assert str(caught.value) == "Variable not found: missing (line 2, position 5)"


def test_a_plain_eval_says_what_to_do_about_an_async_function(engine):
    with pytest.raises(hr.EvalError) as caught:
        engine.eval("double(1)")
    text = "'double' is an async function: run the script with eval_async, run_async or call_fn_async"
    assert caught.value.message == f"Runtime error: {text}"
    assert caught.value.hint == "await engine.eval_async(script)"


def test_an_eval_inside_of_an_async_script_may_wait_too(engine):
    @engine.fn
    def nested(text: str) -> int:
        return engine.eval(text)

    assert run(engine.eval_async("nested(`double(4)`) + 1")) == 9


def test_host_functions_see_the_context_variables_of_the_task():
    engine = hr.Engine()
    user = contextvars.ContextVar("user")

    @engine.fn
    def current() -> str:
        return user.get()

    async def main(name):
        user.set(name)
        return await engine.eval_async("sleep(0.001); current()")

    async def both():
        return await asyncio.gather(main("a"), main("b"))

    assert run(both()) == ["a", "b"]


def test_limits_of_copies_belong_to_the_script_that_copies():
    small = hr.Engine(hr.Limits(max_array_size=10))
    large = hr.Engine()

    async def main():
        turn = asyncio.Event()

        async def wait():
            await turn.wait()

        async def go():
            turn.set()

        small.register_fn("wait", wait)
        large.register_fn("proceed", go)
        first = asyncio.create_task(small.eval_async("wait(); let a = [[1, 2], [3]]; let b = a; b.len"))
        await asyncio.sleep(0)
        second = await large.eval_async("let a = []; a.pad(100, [1]); proceed(); let b = a; b.len")
        return second, await first

    assert run(main()) == (100, 2)


def test_without_greenlet_the_error_says_how_to_get_it(monkeypatch, engine):
    monkeypatch.setitem(__import__("sys").modules, "greenlet", None)
    with pytest.raises(RuntimeError) as caught:
        run(engine.eval_async("1"))
    assert str(caught.value) == "async scripts need the package greenlet: pip install 'horus-runtime[async]'"
