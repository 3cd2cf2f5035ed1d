"""The published Rhai engine walking its tree, in a process of its own that holds the clock.

Build it with `cargo build --release` in this folder, or name the program in `HORUS_BENCH_RHAI`.
"""

import json
import os
import subprocess
from pathlib import Path

from harness.driver import Absent, Driver, Prepared, Unsupported
from harness.workload import Workload

label = "Rhai"

BUILT = Path(__file__).parent / "target" / "release" / "horus-bench-rhai"
BINARY = Path(os.environ.get("HORUS_BENCH_RHAI", BUILT))


def start(*options: str) -> Driver:
    if not BINARY.is_file():
        raise Absent("cargo build --release in benchmarks/peers/rhai")
    process = subprocess.Popen(
        [str(BINARY), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    compiled = ""

    def ask(**request) -> dict:
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        if "error" in answer:
            raise Unsupported(answer["error"])
        return answer

    def run(workload: Workload) -> dict:
        nonlocal compiled
        if compiled != workload.name:
            ask(compile=workload.text)
            compiled = workload.name
        return ask(run=True)

    def prepare(workload: Workload) -> Prepared:
        return Prepared(lambda: run(workload)["value"], lambda: run(workload)["seconds"])

    return prepare
