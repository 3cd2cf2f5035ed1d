"""File functions against the plain Python calls, on a folder of many small files.

    python benchmarks/files.py            10 000 files, a table of ratios
    python benchmarks/files.py 2000       another number of files

Each pair does the same work: the script through a policy whose root is the folder, Python with the bare calls. Best of
several rounds, both sides in turn. Listing and reading should take at most twice the time of Python. `exists` and
`size` are shown without a limit: one stat takes Python a few microseconds, less than any guarded call of a script.
"""

import fnmatch
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from horus_runtime.engine import Engine
from horus_runtime.modules.policy import Policy
from horus_runtime.runtime.scope import Scope

ROUNDS = 7
LIMIT = 2.0
SINGLE_CALLS = ("exists", "size")


def pairs(root: str, count: int) -> dict[str, tuple[str, Callable[[], object]]]:
    names = [f"f{number:05}" for number in range(count)]

    def scan() -> list[str]:
        with os.scandir(root) as entries:
            return sorted(entry.name for entry in entries)

    def details() -> list[tuple[str, int]]:
        with os.scandir(root) as entries:
            return sorted((entry.name, entry.stat(follow_symlinks=False).st_size) for entry in entries)

    def read() -> int:
        total = 0
        for name in names:
            with open(f"{root}/{name}", encoding="utf-8") as file:
                total += len(file.read())
        return total

    def exists() -> int:
        return sum(os.path.exists(f"{root}/{name}") for name in names)

    def size() -> int:
        return sum(os.stat(f"{root}/{name}").st_size for name in names)

    def walk() -> list[str]:
        return sorted(f"{top}/{name}" for top, _, found in os.walk(root) for name in fnmatch.filter(found, "f*"))

    return {
        "list_dir": ('os.list_dir(".")', scan),
        "list_dir details": ('os.list_dir(".", #{details: true})', details),
        "find_files": ('os.find_files(".", "f*")', walk),
        "read": ("let t = 0; for n in names { t += os.read(n).len(); } t", read),
        "exists": ("let t = 0; for n in names { if os.exists(n) { t += 1; } } t", exists),
        "size": ("let t = 0; for n in names { t += os.size(n); } t", size),
    }


def best(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as root:
        for number in range(count):
            (Path(root) / f"f{number:05}").write_text(f"content of file {number}\n" * 4)
        engine = Engine.sal(Policy(read=(root,)), cwd=root)
        names = engine.eval('os.list_dir(".")')
        worst = 0.0
        print(f"{count} files; seconds, best of {ROUNDS}\n{'':18}{'script':>10}{'python':>10}{'ratio':>8}")
        for name, (script, plain) in pairs(root, count).items():
            tree = engine.compile(script)
            times = [float("inf"), float("inf")]
            for _ in range(ROUNDS):
                scope = Scope()
                scope.push("names", names)
                times[0] = min(times[0], best(lambda tree=tree, scope=scope: engine.eval_ast(tree, scope=scope)))
                times[1] = min(times[1], best(plain))
            ratio = times[0] / times[1]
            worst = max(worst, 0.0 if name in SINGLE_CALLS else ratio)
            print(f"{name:18}{times[0]:10.4f}{times[1]:10.4f}{ratio:8.2f}")
    print(f"worst ratio {worst:.2f}, limit {LIMIT:g}")
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
