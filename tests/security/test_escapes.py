"""Published ways out of Python sandboxes that run in the host's process, each shown to lead nowhere.

The idea stands in the docstring of each test. What all of them share: a script has no attribute access on Python
objects, only registered functions, getters and indexers.
"""

import gc
import marshal
import pickle
import threading
import types

import pytest

import horus_runtime as hr


class Account:
    """A host object with a secret and every kind of attribute."""

    secret = "class secret"

    def __init__(self):
        self.password = "hunter2"
        self.__private = "mangled"

    def method(self):
        return self.password

    def __str__(self):
        return f"Account({self.password})"

    __repr__ = __str__


@pytest.fixture
def engine():
    made = hr.Engine()
    made.register_type(Account, name="Account")
    made.register_fn("account", Account)
    made.on_print(lambda text: None)
    return made


def refused(engine, script):
    """The error that a script ends with."""
    with pytest.raises(hr.HorusError) as caught:
        engine.eval(script)
    assert not isinstance(caught.value, hr.InternalError)
    assert "hunter2" not in str(caught.value)
    return caught.value


def outcome(engine, script):
    """What a script gives, or the error it ends with, which is never a defect of ours and never tells the secret."""
    try:
        return engine.eval(script)
    except hr.HorusError as error:
        return checked(error, script)


def checked(error, script):
    assert not isinstance(error, hr.InternalError), script
    assert "hunter2" not in str(error), script
    return error


DUNDERS = [
    "__class__", "__dict__", "__init__", "__globals__", "__subclasses__", "__bases__", "__mro__", "__builtins__",
    "__code__", "__closure__", "__getattribute__", "__reduce__", "__reduce_ex__", "__module__", "__doc__", "__self__",
    "__func__", "__wrapped__", "__import__", "__call__", "__traceback__", "__cause__", "__context__", "__hash__",
    "__eq__", "__format__", "__sizeof__", "__slots__", "__weakref__", "__annotations__", "_Account__private",
    "gi_frame", "gi_code", "cr_frame", "ag_frame", "tb_frame", "tb_next", "f_back", "f_globals", "f_locals",
    "f_builtins", "f_code", "co_code", "co_consts", "func_globals", "im_func", "mro", "secret", "password", "method",
]  # fmt: skip

VALUES = ["account()", "1", "1.5", "true", "`text`", "'c'", "[1]", "#{a: 1}", "()", "1..5", "|x| x", "Fn(`print`)",
          "timestamp()", "blob(2)"]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_no_attribute_of_any_value_is_reachable_as_a_property_or_method(engine, value):
    """Attribute chains: `().__class__.__base__.__subclasses__()` is the classic start of every escape."""
    for name in DUNDERS:
        for use in (f"x.{name}", f"x.{name}()", f"x[`{name}`]"):
            found = outcome(engine, f"let x = {value}; {use}")
            if not isinstance(found, hr.HorusError):
                assert value.startswith("#{"), (use, found)
                assert found is None  # a map simply has no such entry


@pytest.mark.parametrize("name", DUNDERS)
def test_no_attribute_can_be_set(engine, name):
    """Attribute names through property syntax: writing `__class__` or `__dict__` changes what an object is."""
    error = refused(engine, f"let x = account(); x.{name} = 1; x")
    assert error.kind in {"ErrorDotExpr", "ErrorIndexingType"}


@pytest.mark.parametrize(
    "text", ["{0.__class__}", "{x.password}", "%(password)s", "${x.password}", "{!r}", "{:>{width}}", "$password"]
)
def test_format_strings_are_plain_text(engine, text):
    """Format strings: `"{0.__class__.__init__.__globals__}".format(obj)` reads attributes without any dot in code."""
    scope = hr.Scope({"text": text})
    assert engine.eval("let x = account(); text", scope=scope) == text
    assert refused(engine, "text.format(account())").kind in {"ErrorFunctionNotFound", "ErrorVariableNotFound"}


def test_interpolation_shows_the_type_name_and_never_calls_str_or_repr(engine):
    """`str(obj)` and `repr(obj)` of host objects leak what their authors put there for themselves."""
    assert engine.eval("let x = account(); `${x} ${[x]} ${#{a: x}}` + x") == 'Account [Account] #{"a": Account}Account'


def test_errors_carry_no_traceback_to_scripts(engine):
    """Exceptions with tracebacks: `except E as e: e.__traceback__.tb_frame.f_back.f_globals` walks to the host."""

    @engine.fn
    def fail():
        raise KeyError("x")

    caught = engine.eval("let r = (); try { fail() } catch (e) { r = e; } r")
    assert type(caught) in {str, dict, type(None)}
    for name in ("__traceback__", "tb_frame", "args", "with_traceback"):
        script = f"let r = 0; try {{ fail() }} catch (e) {{ r = [e]; }} r[0].{name}"
        found = outcome(engine, script)
        assert found is None or isinstance(found, hr.EvalError)


def test_errors_of_host_functions_keep_their_text_to_themselves(engine):
    """Error messages: texts of exceptions quote paths, queries and secrets of the host."""

    @engine.fn
    def login():
        raise RuntimeError("password hunter2 is wrong, see /etc/app/secret.ini")

    refused(engine, "login()")
    assert "hunter2" not in str(engine.eval("let r = 0; try { login() } catch (e) { r = e; } `${r}`"))


def test_generators_and_coroutines_of_the_host_show_no_frames(engine):
    """Generator frames: `gen.gi_frame.f_back.f_back.f_globals` leaves RestrictedPython and its relatives."""

    def numbers():
        yield 1

    made = numbers()
    scope = hr.Scope()
    try:
        scope.push("g", made)
    except (TypeError, ValueError):
        return
    for name in ("gi_frame", "gi_code", "gi_yieldfrom", "send", "throw", "close"):
        with pytest.raises(hr.HorusError):
            engine.eval(f"g.{name}()", scope=scope)


def test_operators_of_host_objects_are_not_called(engine):
    """Operator overloads: `__add__`, `__eq__` or `__contains__` of an object run code that was meant for friends."""
    calls = []

    class Loud:
        def __getattr__(self, name):
            calls.append(name)
            raise AttributeError(name)

        def __add__(self, other):
            calls.append("add")
            return "leak"

        __radd__ = __mul__ = __lt__ = __getitem__ = __contains__ = __call__ = __iter__ = __len__ = __add__

        def __eq__(self, other):
            calls.append("eq")
            return True

        def __hash__(self):
            calls.append("hash")
            return 1

        def __bool__(self):
            calls.append("bool")
            return True

    engine.register_type(Loud, name="Loud")
    engine.register_fn("loud", Loud)
    for script in ("x + 1", "1 + x", "x * 2", "x[0]", "1 in x", "x()", "for i in x {}", "x.len", "if x { 1 }"):
        with pytest.raises(hr.HorusError):
            engine.eval(f"let x = loud(); {script}")
    for script in ("x < 1", "x == 1", "x == x", "[x].contains(1)", "[x] == [x]", "#{a: x} == #{a: x}"):
        found = outcome(engine, f"let x = loud(); {script}")
        assert found is False or isinstance(found, hr.EvalError)
    assert calls == []


def test_callbacks_that_run_scripts_again_are_bounded(engine):
    """Re-entrancy: a callback that evaluates again may reset the depth count and exhaust the native stack."""
    engine.register_fn("again", lambda: engine.eval("again()"))
    error = refused(engine, "again()")
    assert error.kind in {"ErrorStackOverflow", "ErrorRuntime"}
    assert engine.eval("1 + 1") == 2


def test_callbacks_cannot_break_the_array_that_is_walked(engine):
    """Mutation while iterating: `sort`, `map` and loops of C code crash when their list changes under them."""
    for method in ("map", "filter", "for_each", "retain", "drain", "some", "all", "find", "reduce", "sort", "dedup"):
        script = f"let a = [3, 1, 2]; let f = |x, y| {{ a.clear(); true }}; a.{method}(f); a.len"
        found = outcome(engine, script)
        assert isinstance(found, hr.EvalError) or found in (0, 1, 2, 3)
    script = "let a = [1, 2, 3]; let n = 0; for x in a { a.push(x); n += 1; if n > 100 { break; } } n"
    assert engine.eval(script) == 3


NAMES = [
    "_ops", "_rt", "_linked", "main", "_scope", "_d", "None_", "print_", "type", "int", "len", "exec", "eval_", "open",
    "lambda", "class", "def", "import_", "global", "nonlocal", "del", "yield", "assert", "raise", "with_", "pass",
    "except", "finally", "from", "is_", "not_", "and", "or", "None", "True", "False", "_MISSING", "_Cell", "fn_f",
    "anon_1_1", "v_x", "__builtins__", "__import__", "self", "_program", "_left", "_t1", "_1", "async", "await",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_of_scripts_mean_nothing_in_the_emitted_python(engine, name):
    """Code injection through identifiers: a variable called like a helper of generated code takes its place."""
    script = f"fn f(x) {{ let {name} = x; {name} += 1; {name} }} let {name} = 1; let g = || {name} + 1; f(1) + g.call()"
    found = outcome(engine, script)
    assert isinstance(found, hr.ParseError) or found == 4


TEXTS = [
    "'''", '"""', "\\", "{__import__('os')}", "{0}", "\n", "\r", "\x00", "\u2028", "}{", "%s", "'+1+'", "\\N{BULLET}",
    "\ud7ff", "\U0001f600", "#", "\x1a", "\ufeff",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_texts_of_scripts_stay_texts_in_the_emitted_python(engine, text):
    """Injection through literals and templates: a quote or a brace ends the string in generated code."""
    quoted = "".join(f"\\u{ord(c):04x}" if c in '"\\\n\r' else c for c in text)
    plain = f'"{quoted}"'
    assert engine.eval(plain) == text
    assert engine.eval("`<${" + plain + "}>`") == f"<{text}>"
    assert engine.eval(f"#{{{plain}: 1}}.keys()[0]") == text


@pytest.mark.parametrize("name", ["ﬁ", "ｅｘｅｃ", "𝒙", "ªttr", "__ｃlass__", "ſ"])
def test_names_are_not_normalised(engine, name):
    """NFKC: Python folds full-width letters into `exec` or `__class__` after a filter looked at the name."""
    try:
        assert engine.eval(f"let {name} = 7; {name}") == 7
    except hr.ParseError:
        return
    with pytest.raises(hr.HorusError):
        engine.eval(f"let {name} = 7; fi + exec + x + attr + s")


def test_the_source_name_cannot_reach_files(engine, tmp_path):
    """`linecache` and file names: a script named like a file makes tracebacks show that file's lines."""
    secret = tmp_path / "secret.py"
    secret.write_text("password = 'hunter2'\n")
    with pytest.raises(hr.EvalError) as caught:
        engine.eval("\n\nthrow 1", name=str(secret))
    assert "hunter2" not in caught.value.render()
    assert "hunter2" not in str(caught.value.to_dict())


def test_values_from_scripts_are_plain_and_pickling_them_runs_nothing(engine):
    """`pickle`: a value with `__reduce__` runs code where it is loaded."""
    value = engine.eval("#{a: [1, 2.5, `x`, true, ()], b: #{c: blob(2)}}")
    assert pickle.loads(pickle.dumps(value)) == value
    plain = {int, float, str, bool, type(None), list, dict, bytearray, bytes}
    assert {type(part) for part in _parts(value)} <= plain


def _parts(value):
    yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _parts(part)


def test_a_poisoned_cache_of_compiled_code_is_not_run(tmp_path, monkeypatch):
    """Marshal: whoever writes the code cache runs code; it must not be readable by chance and not be trusted."""
    monkeypatch.setenv("HORUS_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    engine = hr.Engine()
    assert engine.eval("40 + 2") == 42
    evil = marshal.dumps(compile("raise SystemExit('poisoned')", "evil", "exec"))
    for path in [p for p in tmp_path.rglob("*") if p.is_file()]:
        path.write_bytes(evil)
    assert hr.Engine().eval("40 + 2") == 42


@pytest.mark.parametrize(
    "script",
    [
        "let s = ``; s.pad(100000, `9`); parse_int(s)",
        "let s = ``; s.pad(100000, `9`); parse_float(s)",
        "let s = ``; s.pad(100000, `9`); parse_json(s)",
        "2 ** 1000000",
        "1 << 1000000",
        "let n = 9223372036854775807; n * n",
    ],
)
def test_numbers_stay_small(engine, script):
    """Integer strings: converting `10**10**6` to text, or a long text to a number, takes quadratic time."""
    try:
        found = engine.eval(script)
    except hr.EvalError:
        return
    assert isinstance(found, (int, float))
    assert -(1 << 63) <= found < 1 << 63 or found == float("inf") or found > 1e300


def test_keys_that_collide_are_spread_by_python_s_random_hash():
    """Hash collisions: keys that hash alike make every lookup linear; string hashes are seeded per process."""
    import sys

    assert sys.hash_info.algorithm.startswith("siphash") or sys.hash_info.algorithm == "fnv"
    assert sys.flags.hash_randomization == 1
    engine = hr.Engine()
    # Integers, whose hashes are not random, cannot be keys.
    with pytest.raises(hr.EvalError):
        engine.eval("let m = #{}; m[1] = 2;")


@pytest.mark.parametrize("use", ["x.to_string().len > 0", "`${x}`.len > 0", "x == x", "#{a: x}.to_json().len > 0"])
def test_deep_values_do_not_exhaust_the_native_stack(engine, use):
    """Recursion in `repr`, `==` and `json` of nested data crashes the interpreter or raises where nobody expects it."""
    script = f"let x = []; for i in 0..20000 {{ x = [x]; }} {use}"
    found = outcome(engine, script)
    assert found is True or isinstance(found, hr.HorusError)


def test_a_value_cannot_contain_itself(engine):
    """Cycles: a list in itself makes printing and comparing endless."""
    assert engine.eval("let a = [1]; a.push(a); a.len + a[1].len") == 3
    assert engine.eval("let m = #{}; m.m = m; m.to_string()") == '#{"m": #{}}'


def test_compiled_code_has_no_builtins():
    """Builtins: `__builtins__` in the globals of generated code brings `__import__` along."""
    engine = hr.Engine()
    tree = engine.compile("fn f(x) { x + 1 } f(1)")
    program = engine.program(tree, hr.Scope())
    names = set()
    pending = [program.code]
    while pending:
        code = pending.pop()
        names |= set(code.co_names)
        pending.extend(part for part in code.co_consts if isinstance(part, types.CodeType))
    assert names.isdisjoint({"__import__", "open", "exec", "eval", "compile", "getattr", "globals", "__builtins__"})


BUILTINS = [
    "exec", "open", "globals", "locals", "getattr", "setattr", "vars", "dir", "compile", "input", "help", "breakpoint",
    "memoryview", "object", "super", "__import__", "type", "id", "iter", "next",
]  # fmt: skip


def test_nothing_of_python_is_named_in_scripts(engine):
    """Names: `eval`, `exec`, `open`, `globals`, `__import__` as functions."""
    for name in BUILTINS:
        assert refused(engine, f"{name}(`os`)").kind in {
            "ErrorFunctionNotFound", "ErrorVariableNotFound", "Reserved", "MalformedCallExpr", "BadInput",
            "UnexpectedInput", "ImproperSymbol",
        }, name  # fmt: skip


def test_runs_leave_no_values_behind_for_the_next_one(engine):
    """Shared state: what one tenant's script stores in caches or closures shows in another's."""
    engine.eval("let leaked = 1; fn helper() { 1 } const C = 2; [1].map(|x| x)")
    for name in ("leaked", "C", "helper()"):
        refused(engine, name)


def test_a_run_on_another_thread_sees_nothing_of_this_one(engine):
    """Thread locals: state kept per thread is found by the next script on that thread."""
    found = []

    def work():
        try:
            engine.eval("secret")
        except hr.EvalError as error:
            found.append(error.message)

    engine.eval("let secret = 5; secret", scope=hr.Scope())
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["Variable not found: secret"]
    gc.collect()
