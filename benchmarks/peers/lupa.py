"""LuaJIT by way of lupa: `NAME.lua` is a chunk that returns the result as JSON text.

It runs without any budget: LuaJIT ignores a count hook inside its compiled traces.
"""

import json

from harness.driver import Absent, Driver, Prepared
from harness.workload import Workload

label = "LuaJIT"


def start() -> Driver:
    try:
        from lupa import luajit21
    except ImportError:
        raise Absent("pip install lupa") from None

    def prepare(workload: Workload) -> Prepared:
        runtime = luajit21.LuaRuntime()
        chunk = runtime.compile(workload.other_text(".lua"))
        return Prepared(lambda: json.loads(chunk()), one_number_type=True)

    return prepare
