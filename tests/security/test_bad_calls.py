"""Every function of the system modules, read from the registry, against wrong types, unknown options and bad values."""

import itertools

import pytest

from horus_runtime.errors import HostFailure, LimitError
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import host_modules, sal_modules
from tests.support.host_calls import FakeContext

MODULES = sal_modules()
WRONG = object()
"""A value of a class that no parameter takes."""


def functions():
    for module in host_modules():
        for item in module.described:
            name = f"{module.name}.{item.name}" if item.handle is None else f"{module.name}.{item.handle}.{item.name}"
            yield pytest.param(module.name, item, id=f"{name}/{len(item.arguments)}")


ALL = list(functions())


@pytest.fixture
def context(tmp_path):
    policy = Policy(
        read=(str(tmp_path),), write=(str(tmp_path),), net=("127.0.0.1",), run=("none",), env=("NONE",), git="local",
        docker="inspect", sys=True, shell=True, kill_user=True,
    )  # fmt: skip
    return FakeContext(policy, 20.0, cwd=str(tmp_path), code_root=str(tmp_path), search_path=str(tmp_path))


def natives(module: str, item):
    wanted = 1 if item.handle else 0
    for count in range(item.required, len(item.arguments) + 1):
        for native in MODULES[module].functions.get((item.name, count + wanted), []):
            first = native.params[0] if native.params else ""
            if (first == item.handle) if item.handle else first not in MODULES[module].types.values():
                yield native, item.arguments[:count]


def call(native, context, item, values):
    receiver = (WRONG,) if item.handle else ()
    return native.call(context, *receiver, *values)


ALIASES = {"docker.list": "ps", "os.rename": "move"}
"""Second names, which errors do not use."""
GOOD = {"str": "x", "int": 1, "float": 1.0, "bool": True, "list": [], "dict": {}, "bytearray": bytearray()}


def good(argument):
    """A value of the right class."""
    names = [cls.__name__ for cls in argument.classes]
    return next((GOOD[name] for name in names if name in GOOD), None)


@pytest.mark.parametrize(("module", "item"), ALL)
def test_a_wrong_type_is_refused_by_name_before_anything_happens(context, module, item):
    for native, arguments in natives(module, item):
        for at, argument in enumerate(arguments):
            if not argument.classes:
                continue
            values = [good(other) for other in arguments]
            values[at] = WRONG
            with pytest.raises(HostFailure) as caught:
                call(native, context, item, values)
            assert caught.value.failure == "TypeMismatch"
            assert f"'{argument.name}' must be {argument.words}, not " in caught.value.value["message"]
            assert (caught.value.value["module"], caught.value.value["function"]) in {
                (module, item.name), (module, ALIASES.get(f"{module}.{item.name}")),
            }  # fmt: skip


@pytest.mark.parametrize(("module", "item"), ALL)
def test_an_unknown_option_is_refused_by_name(context, module, item):
    for native, arguments in natives(module, item):
        if not arguments or arguments[-1].options is None:
            continue
        values = [*map(good, arguments[:-1]), {"no_such_option": 1}]
        with pytest.raises(HostFailure) as caught:
            call(native, context, item, values)
        assert caught.value.failure == "InvalidArgument"
        assert "unknown option 'no_such_option'" in caught.value.value["message"]


SLOW = {"os.sleep", "net.wait_for", "net.ping", "process.kill", "process.kill_matching", "vault.open"}
"""Functions that wait, cost, or end processes; their bad values are tested with them."""
BAD = {
    str: ["", "\0", "../../../etc/passwd", "/etc/passwd", "-x", "a" * 5000, "\udcff", "é\n", "{{", "["],
    int: [-1, 0, 2**63 - 1, -(2**63)],
    float: [-1.0, float("nan"), float("inf"), 1e308],
    bool: [False],
    list: [[], [WRONG], [None], [""], [{}], [[]]],
    dict: [{}, {"": WRONG}, {"a": None}, {"-x": "\0"}],
    bytearray: [bytearray(), bytearray(b"\xff\0")],
}


def bad_values(argument):
    if argument.options is not None:
        return [{}]
    if not argument.classes:
        return [None, WRONG, "x", -1, [WRONG], {"a": {"b": float("nan")}}]
    return [value for cls in argument.classes for value in BAD.get(cls, [])][:12] or [None]


@pytest.mark.parametrize(
    ("module", "item"),
    [param for param in ALL if param.values[1].handle is None and param.id.split("/")[0] not in SLOW],
)
def test_bad_values_give_an_error_map_and_never_a_python_error(context, module, item, tmp_path):
    for native, arguments in natives(module, item):
        choices = [bad_values(argument) for argument in arguments]
        for values in itertools.islice(itertools.product(*choices), 150):
            try:
                native.call(context, *values)
            except (HostFailure, LimitError):
                continue
    assert all(entry.name[-4:] != ".tmp" for entry in tmp_path.iterdir())
