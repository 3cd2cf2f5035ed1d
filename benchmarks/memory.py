#!/usr/bin/env python3
"""Measures what one more engine and one compiled script keep in memory, with tracemalloc."""

import argparse
import gc
import json
import sys
import tempfile
import tracemalloc
from pathlib import Path

from compile import script

import horus_runtime as hr
from horus_runtime.engine import compiling
from horus_runtime.engine.programs import ProgramStore

ENGINES = 20
LINES = 1000
"""Of the hundred lines in `compile_template.rhai`: a script of a thousand."""


def kept(action) -> tuple[float, object]:
    """Bytes that are still in use after the action, and its result, which has to be held meanwhile."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    result = action()
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return used, result


def compiled(text: str, folder: str | bool) -> object:
    compiling.STORE = ProgramStore()
    engine = hr.Engine()
    engine.cache = folder
    tree = engine.compile(text)
    return engine, tree, engine.program(tree, hr.Scope())


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/memory.py", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    hr.Engine().eval("let a = [3, 1, 2]; a.sort(); a.map(|x| x + 1).len().to_string()")
    text = script(lines=LINES)
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        compiled(text, folder)  # imports everything and fills the cache
        used, _ = kept(lambda: [hr.Engine() for _ in range(ENGINES)])
        figures["one more Engine()"] = used / ENGINES
        used, _ = kept(lambda: [hr.Engine.sal() for _ in range(ENGINES)])
        figures["one more Engine.sal()"] = used / ENGINES
        figures["1 000 lines, compiled"], _ = kept(lambda: compiled(text, False))
        figures["1 000 lines, from the cache"], _ = kept(lambda: compiled(text, folder))
    for name, used in figures.items():
        print(f"{name:<30}{used / 1024:10.1f} KB")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
