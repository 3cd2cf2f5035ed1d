"""One engine runs several payloads at the same time; none sees anything of another."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from horus_runtime.engine import Engine
from horus_runtime.heroscript import ActionCall, ActionParams, run_payload
from horus_runtime.heroscript.registry import Actions
from horus_runtime.runtime.context import NativeCallContext

PAYLOAD = """!!test.meet name:{name}
let first = hero.last();
!!test.meet name:{name}{name}
fn again() {{ hero.run("test.meet", #{{name: "{name}{name}{name}"}}); hero.last() }}
let third = again();
[first, third, hero.last()]
"""


class Meet(ActionParams):
    name: str


def test_two_payloads_in_lock_step_read_their_own_results():
    barrier = Barrier(2, timeout=30)
    actions = Actions()

    @actions.action("test.meet")
    def meet(call: ActionCall, params: Meet) -> str:
        """Wait for the other payload, before and after the result is known."""
        barrier.wait()
        return params.name

    engine = Engine()
    engine.on_print(None)

    def run(name: str) -> object:
        # Each step waits until both payloads have come to it: every `last` is asked for while the other one runs.
        return run_payload(
            PAYLOAD.format(name=name),
            engine,
            actions=actions,
            on_event=lambda event: barrier.wait() if event.what == "done" else None,
        )

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, ["a", "b"]))
    assert results == [["a", "aaa", "aaa"], ["b", "bbb", "bbb"]]


def test_a_payload_leaves_nothing_in_the_services_of_its_engine():
    engine = Engine()
    actions = Actions()

    @actions.action("test.name")
    def name(call: ActionCall, params: Meet) -> str:
        """Give the name."""
        return params.name

    assert run_payload("!!test.name name:x\nhero.last()", engine, actions=actions) == "x"
    assert "hero" not in engine.services
    assert engine.eval("hero.last()") is None


def test_services_of_a_run_stand_beside_those_of_the_engine():
    engine = Engine()
    engine.services.update(place="engine", other="kept")

    @engine.fn
    def service(ctx: NativeCallContext, name: str) -> object:
        return ctx.services.get(name)

    tree = engine.compile('[service("place"), service("other"), service("extra")]')
    assert engine.eval_ast(tree, services={"place": "run", "extra": 1}) == ["run", "kept", 1]
    assert engine.eval_ast(tree) == ["engine", "kept", None]
