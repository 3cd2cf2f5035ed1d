#!/usr/bin/env python3
"""Times whole processes against `python -c pass`: the import, `horus run` of a cached script and of a new one.

Every round starts each of them once, one after the other; the median of the rounds' ratios is printed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HELLO = 'print("hello, world");\n'
PROGRAM = "import sys\nfrom horus_runtime.cli.main import main\nsys.exit(main())\n"
"""What the `horus` script in an environment's bin folder does."""


def cases(folder: Path) -> dict[str, tuple[list[str], str]]:
    """Name to (command, value of HORUS_CACHE)."""
    script, program = folder / "hello.rhai", folder / "horus.py"
    script.write_text(HELLO)
    program.write_text(PROGRAM)
    cache = str(folder / "cache")
    run = [sys.executable, str(program), "run", str(script)]
    engine = "import horus_runtime as hr; hr.Engine()"
    return {
        "python -c pass": ([sys.executable, "-c", "pass"], cache),
        "import and Engine()": ([sys.executable, "-c", engine], cache),
        "import, Engine(), eval": ([sys.executable, "-c", f"{engine}.eval('40 + 2')"], cache),
        "horus run hello.rhai, cached": (run, cache),
        "horus run hello.rhai, no cache": (run, "off"),
    }


def seconds(command: list[str], cache: str) -> float:
    environment = os.environ | {"HORUS_CACHE": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its byte code beside it
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - started


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/startup.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=21, metavar="N", help="rounds (default 21)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        wanted = cases(Path(folder))
        for round_ in range(options.repeat + 1):  # the first round fills the cache and is not counted
            for name, (command, cache) in wanted.items():
                taken = seconds(command, cache)
                if round_:
                    figures.setdefault(name, []).append(taken)
    base = figures["python -c pass"]
    print(f"{'process':<34}{'ms':>8}{'over pass':>12}{'ratio':>8}")
    table = {}
    for name, taken in figures.items():
        ratio = statistics.median(map(float.__truediv__, taken, base))
        over = statistics.median(map(float.__sub__, taken, base))
        table[name] = {"seconds": statistics.median(taken), "over": over, "ratio": ratio}
        print(f"{name:<34}{statistics.median(taken) * 1000:8.1f}{over * 1000:12.1f}{ratio:8.2f}")
    if options.json:
        options.json.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
