"""No way from a script to the insides of the Python objects that a host handed over.

Every test holds one idea against in-process sandboxes, published somewhere, in its docstring.
"""

from __future__ import annotations

import pickle
from typing import Any

import pytest

import horus_runtime as hr

SECRET = "hunter2"


class Account:
    """A host object with something to hide."""

    kinds: dict[str, str] = {"a": "b"}  # noqa: RUF012 - a class attribute is the point

    def __init__(self) -> None:
        self.name = "Ann"
        self._password = SECRET
        self.callback = lambda: SECRET

    def greet(self, text: str) -> str:
        return f"{text} {self.name}"

    def __getattr__(self, name: str) -> Any:
        return SECRET

    def __repr__(self) -> str:
        return f"<Account {SECRET}>"

    def __format__(self, spec: str) -> str:
        return SECRET

    def __eq__(self, other: object) -> bool:
        raise RuntimeError(SECRET)

    def __hash__(self) -> int:
        raise RuntimeError(SECRET)

    def __bool__(self) -> bool:
        raise RuntimeError(SECRET)


@pytest.fixture
def engine() -> hr.Engine:
    engine = hr.Engine()
    engine.register_type(Account, expose=["name", "greet"])
    return engine


def outcome(engine: hr.Engine, text: str, **variables: Any) -> str:
    """The value or the error as text: what a script could learn."""
    try:
        return engine.to_debug(engine.eval(text, scope=hr.Scope({"o": Account(), **variables})))
    except hr.HorusError as error:
        return f"{error.kind} {error.message}"


DUNDERS = [
    "__class__", "__dict__", "__globals__", "__init__", "__subclasses__", "__mro__", "__bases__", "__builtins__",
    "__code__", "__closure__", "__getattribute__", "__reduce_ex__", "__module__", "__doc__", "__self__", "__func__",
    "__wrapped__", "__annotations__", "__import__", "mro", "func_globals", "gi_frame", "f_back", "tb_frame", "cr_frame",
    "_password", "callback", "kinds",
]  # fmt: skip


@pytest.mark.parametrize("name", DUNDERS)
@pytest.mark.parametrize("form", ["o.{0}", "o.{0}()", 'o["{0}"]', "{0}(o)", "o.{0} = 1", "o?.{0}", "o.greet.{0}"])
def test_attributes_that_are_not_exposed_do_not_exist(engine, name, form):
    """Dunder chains: `().__class__.__base__.__subclasses__()` and the same for frames, code and closures."""
    found = outcome(engine, form.format(name))
    assert SECRET not in found
    assert found.startswith("Error") or found.split()[0] in {
        "MissingToken",
        "Reserved",
        "BadInput",
        "ForbiddenVariable",
    }


@pytest.mark.parametrize(
    "text",
    [
        "`${o}`", "o.to_string()", "o.to_debug()", "print(o)", "debug(o)", '"" + o', "[o].to_string()",
        "#{a: o}.to_json()",
        "`{0.__class__} ${o}`", '"{0._password}".format(o)', '"%s" % o', "throw o", "type_of(o)", "o.type_of()",
    ],
)  # fmt: skip
def test_texts_of_objects_show_nothing_but_their_type(engine, text):
    """Format strings: `"{0.__class__.__init__.__globals__}".format(obj)`; `__repr__` and `__format__` of the object."""
    shown: list[str] = []
    engine.on_print(shown.append)
    engine.on_debug(lambda line, _source, _position: shown.append(line))
    assert SECRET not in outcome(engine, text) + "".join(shown)


@pytest.mark.parametrize(
    "text",
    [
        "o == o", "o != 1", "[o] == [o]", "[o].contains(o)", "[o].index_of(1)", "o in [o]", "#{a: o} == #{a: o}", "!o",
        "if o { 1 }", "o && true", "switch o { 1 => 2, _ => 3 }", "[o, o].dedup()", "[o].sort()", "o < o", "o + 1",
        "-o",
    ],
)  # fmt: skip
def test_operators_of_objects_are_not_run_unless_they_are_registered(engine, text):
    """Hash and comparison tricks: code of the host object runs where the host did not expect it."""
    assert SECRET not in outcome(engine, text)


def test_exceptions_of_the_host_carry_nothing_of_python(engine):
    """Exceptions with tracebacks: `e.__traceback__.tb_frame.f_globals`, and reprs in messages."""

    def fail() -> None:
        raise RuntimeError(f"{SECRET} {Account.__init__!r}")

    engine.register_fn("fail", fail)
    text = "let seen = (); try { fail() } catch (e) { seen = e; } [seen, type_of(seen)]"
    assert engine.eval(text) == ["function 'fail' of the host failed", "string"]
    with pytest.raises(hr.EvalError) as raised:
        engine.eval("fail()")
    assert raised.value.__cause__ is None
    assert SECRET not in repr(raised.value.to_dict()) + raised.value.render()
    again = pickle.loads(pickle.dumps(raised.value))
    assert (again.message, again.original) == (raised.value.message, None)


@pytest.mark.parametrize("step", ["gi_frame", "gi_code", "send", "close", "__next__", "next"])
def test_generators_are_opaque(engine, step):
    """Generator frames: `(x for x in ()).gi_frame.f_back.f_globals`."""
    engine.register_fn("generate", lambda: (number for number in range(3)))
    for text in (f"generate().{step}", f"generate().{step}()", f'generate()["{step}"]'):
        assert outcome(engine, text).startswith("Error")


def test_what_a_getter_gives_is_a_copy(engine):
    """Mutable internals: a list behind a read-only property is changed in place."""

    class Holder:
        def __init__(self) -> None:
            self.items = [1]

    engine.register_type(Holder, expose=["items"], readonly=True)
    holder = Holder()
    engine.eval("h.items.push(2); let i = h.items; i.push(3);", scope=hr.Scope({"h": holder}))
    assert holder.items == [1]


def test_arguments_and_results_are_not_shared(engine):
    """Aliasing: a value is changed after the host has checked it, or the host's own table is changed."""
    table = {"admin": ["Ann"]}
    kept: list[Any] = []
    engine.register_fn("table", lambda: table)
    engine.register_fn("keep", kept.append, params=("any",))
    engine.eval('let t = table(); t.admin.push("Eve"); let mine = [1]; keep(mine); mine.push(2);')
    assert (table, kept) == ({"admin": ["Ann"]}, [[1]])


@pytest.mark.parametrize("name", ["_x", "__call__", "__class__", "__getattribute__"])
def test_private_names_cannot_even_be_exposed_by_mistake(name):
    """A careless host: `expose=dir(obj)`."""
    with pytest.raises(ValueError) as raised:
        hr.Engine().register_type(Account, expose=[name])
    assert str(raised.value) == f"'{name}' of Account is private and cannot be exposed"


def test_callbacks_that_enter_again_stay_within_the_limits(engine):
    """Re-entrance: host functions and script functions call each other until the stack of Python is used up."""
    engine.register_fn("again", lambda f: f, params=("any",))

    @engine.fn
    def bounce(ctx: hr.NativeCallContext, function: hr.FnPtr) -> Any:
        return ctx.call(function, function)

    with pytest.raises(hr.LimitError) as raised:
        engine.eval("let f = |g| bounce(g); f.call(f)")
    assert raised.value.kind == "ErrorStackOverflow"


def test_a_host_function_that_runs_another_script_has_limits_of_its_own(engine):
    """Nested engines: the inner run must not lift the limits of the outer one."""
    engine.max_operations = 5_000
    engine.register_fn("inner", lambda: engine.eval("let s = 0; for i in 0..100 { s += i; } s"))
    with pytest.raises(hr.LimitError) as raised:
        engine.eval("loop { inner(); }")
    assert raised.value.kind == "ErrorTooManyOperations"


def test_a_callable_is_not_called_because_it_is_a_value(engine):
    """Callables as values: `value()` or `value.call()` on a Python function."""
    called: list[int] = []

    def function() -> int:
        called.append(1)
        return 1

    for text in ("f.call()", "call(f)", "f()", "f.curry(1)", "[1].map(f)", "Fn(f)", "f.__call__()"):
        assert outcome(engine, text, f=function).startswith("Error")
    assert called == []


def test_names_with_dollar_signs_are_no_names(engine):
    """Internal names: getters are stored as `get$name`; a script must not spell them."""
    for text in ("get$name(o)", "o.get$name()", '"get$name".call(o)', 'Fn("get$name").call(o)', 'call("get$name", o)'):
        found = outcome(engine, text)
        assert SECRET not in found
        assert "Ann" not in found
