"""What holds for all functions of the standard packages."""

from __future__ import annotations

import inspect

import pytest

from horus_runtime.modules.std import core_package, standard_package

NATIVES = [fn for overloads in standard_package().functions.values() for fn in overloads]
TYPES = {
    "i64",
    "u8",
    "f64",
    "bool",
    "char",
    "string",
    "()",
    "array",
    "blob",
    "map",
    "Fn",
    "timestamp",
    "range",
    "range=",
    "any",
}


def label(fn) -> str:
    return f"{fn.name}({', '.join(fn.params)})"


def test_every_function_has_a_sentence_as_help() -> None:
    bad = [label(fn) for fn in NATIVES if not fn.doc.endswith(".") or not (fn.doc[0].isupper() or fn.doc[0] in "-`")]
    assert bad == []


def test_parameter_and_result_types_are_script_types() -> None:
    assert {*(name for fn in NATIVES for name in fn.params), *(fn.returns for fn in NATIVES)} <= TYPES


def test_python_signatures_take_the_declared_arguments() -> None:
    wrong = []
    for fn in NATIVES:
        try:
            inspect.signature(fn.call).bind(*range(len(fn.params) + fn.context))
        except TypeError:
            wrong.append(label(fn))
    assert wrong == []


def test_no_overload_is_registered_twice() -> None:
    seen = [(fn.name, fn.params) for fn in NATIVES]
    assert len(seen) == len(set(seen))


def test_whatever_calls_back_or_replaces_its_receiver_says_so() -> None:
    assert [label(fn) for fn in NATIVES if fn.ref and fn.pure] == []
    assert [label(fn) for fn in NATIVES if fn.callbacks and not fn.context] == []
    assert [label(fn) for fn in NATIVES if "Fn" in fn.params[1:] and not fn.callbacks and fn.name != "contains"] == []


@pytest.mark.parametrize("name", ["timestamp", "sleep", "exit", "elapsed"])
def test_what_must_not_run_at_compile_time_is_volatile(name) -> None:
    assert all(fn.volatile for fn in NATIVES if fn.name in {name, f"get${name}"})


def test_the_core_is_a_part_of_the_whole() -> None:
    whole, core = standard_package().functions, core_package().functions
    assert core.keys() < whole.keys()
    assert standard_package() is standard_package()


def test_refusing_methods_on_constants_follows_the_reference() -> None:
    refused = {label(fn) for fn in NATIVES if not fn.pure}
    # These change nothing and are refused all the same, as in Rhai; the named forms of `some` and `reduce` are not.
    assert {
        "get(array, i64)",
        "extract(array, i64)",
        "order(array)",
        "map(array, string)",
        "filter(array, string)",
        "extract(blob, i64)",
        "contains(range, i64)",
    } <= refused
    assert refused.isdisjoint(
        {
            "get(blob, i64)",
            "map(array, Fn)",
            "some(array, string)",
            "index_of(array, string)",
            "contains(array, any)",
            "reduce(array, string)",
        }
    )
