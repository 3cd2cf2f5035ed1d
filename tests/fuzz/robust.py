"""Runs hostile inputs: any text must give a value or a `HorusError`, in bounded time and memory.

    python -m tests.fuzz.robust --minutes 60 [--seed 0] [--log FILE]

A supervisor starts workers under an address-space limit, one after the other. A worker that dies (native stack or
memory exhausted) or exceeds the time for one input is a finding like an exception that is no `HorusError`; the next
worker goes on behind the input.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

MEMORY_BYTES = 3 * 1024**3
DURATION = 2.0
"""Seconds an engine may run a script."""
PATIENCE = 30.0
"""Seconds after which an input counts as a hang, on a busy machine."""
MAX_OPERATIONS = 2_000_000
BATCH = 2000
LEVELS = ("simple", "none", "full")


def outcome(text: str, seed: int) -> str:
    """`""` for a value or an error as it should be, else what went wrong."""
    import horus_runtime as hr

    engine = hr.Engine()
    engine.on_print(lambda _: None)
    engine.on_debug(lambda *_: None)
    engine.max_duration = DURATION
    engine.max_operations = MAX_OPERATIONS
    engine.optimization_level = LEVELS[seed % 3]
    if seed % 5 == 0:
        engine.max_string_size, engine.max_array_size, engine.max_map_size = 1000, 100, 50
    start = time.perf_counter()
    try:
        value = engine.eval(text)
        engine.to_debug(value)
    except hr.InternalError as error:
        return f"InternalError: {error} ({error.__cause__!r})"
    except hr.HorusError as error:
        return _shown(error)
    except Exception as error:  # noqa: BLE001 - the very thing that must never happen
        return f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - start
    return f"took {seconds:.1f} s" if seconds > PATIENCE else ""


def _shown(error: Any) -> str:
    """An error must be able to show itself."""
    try:
        str(error)
        error.to_dict()
    except Exception as failure:  # noqa: BLE001 - as above
        return f"error cannot be shown: {type(failure).__name__}: {failure}"
    return ""


def work(first: int, count: int) -> None:
    """The worker: prints `seed` before each input and `seed: finding` for what went wrong."""
    from tests.fuzz.inputs import text_of

    if hasattr(resource, "setrlimit"):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    for seed in range(first, first + count):
        print(seed, flush=True)
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        found = outcome(text_of(seed), seed)
        if found:
            print(f"{seed}: {found[:300]!r}", flush=True)
    faulthandler.cancel_dump_traceback_later()


def supervise(first: int, minutes: float, log: Path | None) -> tuple[int, Counter[str], int]:
    """Runs workers until the time is over; the number of inputs, the findings, and the largest memory in KiB."""
    end = time.monotonic() + 60 * minutes
    findings: Counter[str] = Counter()
    seed, done = first, 0
    while time.monotonic() < end:
        command = [sys.executable, "-m", "tests.fuzz.robust", "--worker", str(seed), str(BATCH)]
        run = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "HORUS_CACHE": "off"}
        )
        lines = run.stdout.splitlines()
        last = next((int(line) for line in reversed(lines) if line.isdecimal()), seed)
        reports = [line for line in lines if not line.isdecimal()]
        if run.returncode:
            reports.append(f"{last}: worker died with {run.returncode}: {run.stderr[-2000:]}")
        for report in reports:
            findings[report.partition(": ")[2].split("\n")[0][:60]] += 1
            print(report, flush=True)
            if log is not None:
                with log.open("a", encoding="utf-8") as file:
                    file.write(report + "\n")
        done += last + 1 - seed
        seed = last + 1
    return done, findings, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long")
    parser.add_argument("--seed", type=int, default=0, help="the first input")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append findings to this file")
    parser.add_argument("--worker", nargs=2, type=int, metavar=("SEED", "COUNT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(*arguments.worker)
        return
    done, findings, memory = supervise(arguments.seed, arguments.minutes, arguments.log)
    print(f"{done} inputs, {findings.total()} findings, at most {memory // 1024} MiB")
    for name, count in findings.most_common():
        print(f"    {count:5}  {name}")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
