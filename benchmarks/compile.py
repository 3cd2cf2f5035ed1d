#!/usr/bin/env python3
"""Times the way from a text to a code object, without and with the cache, on two scripts of 2 000 lines.

Lines per second of every stage and of all together, and how much faster the same script starts from the cache on disk
than it compiles. `payload` is made of copies, under other names, of a hundred lines of an ordinary payload; `functions`
of a library of functions. The best run counts, in seconds of the processor: other programs on the machine only slow a
run down.
"""

import argparse
import gc
import json
import sys
import tempfile
import time
from pathlib import Path

import horus_runtime as hr
from horus_runtime.codegen.program import compile_script
from horus_runtime.engine import compiling
from horus_runtime.engine.programs import ProgramStore
from horus_runtime.optimize.passes import optimize
from horus_runtime.source import SourceFile
from horus_runtime.syntax.options import DEFAULT
from horus_runtime.syntax.rhai import parse_script, tokenize

LINES = 2000
TEMPLATES = {"payload": "compile_template.rhai", "functions": "compile_functions.rhai"}


def script(name: str = "payload", lines: int = LINES) -> str:
    """A text of at least so many lines: every `NN` of the template is the number of the copy."""
    template = (Path(__file__).parent / TEMPLATES[name]).read_text(encoding="utf-8")
    copies = -(-lines // template.count("\n"))
    return "".join(template.replace("NN", f"{number:02}") for number in range(copies))


def best(action, repeat: int) -> float:
    """The fastest of so many runs, in seconds of the processor."""
    taken = []
    for _ in range(repeat):
        gc.collect()
        started = time.process_time()
        action()
        taken.append(time.process_time() - started)
    return min(taken)


def stages(text: str, repeat: int) -> dict[str, float]:
    """Seconds of each stage, and of all of them."""
    source = SourceFile(text)
    tree = parse_script(text, DEFAULT)
    config = hr.Engine().compile_config()
    optimized = optimize(tree, "simple", None)

    def whole() -> None:
        engine = hr.Engine()
        engine.cache = False
        compiling.STORE.clear()
        engine.program(engine.compile(text), hr.Scope())

    return {
        "tokens alone": best(lambda: tokenize(text), repeat),
        "text to tree": best(lambda: parse_script(text, DEFAULT), repeat),
        "optimizer": best(lambda: optimize(tree, "simple", None), repeat),
        "tree to code object": best(lambda: compile_script(optimized, source, config), repeat),
        "text to code object": best(whole, repeat),
    }


def cached(text: str, repeat: int) -> float:
    """Seconds until the code of the script is there in a process that has never seen it, but the disk has."""
    with tempfile.TemporaryDirectory() as folder:

        def load() -> None:
            compiling.STORE = ProgramStore()
            engine = hr.Engine()
            engine.cache = folder
            engine.program(engine.compile(text), hr.Scope())

        load()
        return best(load, repeat)


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/compile.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=7, metavar="N", help="runs of every stage (default 7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    found = {}
    for name in TEMPLATES:
        text = script(name)
        lines = text.count("\n")
        figures = stages(text, options.repeat)
        figures["from the cache on disk"] = cached(text, options.repeat)
        print(f"{name}: {lines} lines, {len(text)} characters\n{'stage':<26}{'ms':>9}{'lines/s':>12}")
        for stage, seconds in figures.items():
            print(f"{stage:<26}{seconds * 1000:9.1f}{lines / seconds:12,.0f}")
        ratio = figures["text to code object"] / figures["from the cache on disk"]
        print(f"The cache is {ratio:.1f} times faster than compiling.\n")
        found[name] = figures | {"lines": lines, "ratio": ratio}
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
