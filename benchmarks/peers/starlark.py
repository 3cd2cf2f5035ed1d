"""Starlark in Rust by way of starlark-pyo3: `NAME.star` defines `run()`.

The language has no `while`, no exceptions, no square root and no comparators, so some workloads have no version.
"""

from harness.driver import Absent, Driver, Prepared
from harness.workload import Workload

label = "Starlark"


def start() -> Driver:
    try:
        import starlark
    except ImportError:
        raise Absent("pip install starlark-pyo3") from None

    def prepare(workload: Workload) -> Prepared:
        dialect = starlark.Dialect.extended()
        dialect.enable_f_strings = True
        allowed = starlark.Globals.extended_by([starlark.LibraryExtension.Json])
        module = starlark.Module()
        text = workload.other_text(".star")
        starlark.eval(module, starlark.parse(workload.name, text, dialect), allowed)
        frozen = module.freeze()
        return Prepared(lambda: frozen.call("run"))

    return prepare
