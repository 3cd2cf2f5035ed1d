#!/usr/bin/env python3
"""Times the prompt: how soon `horus repl` is ready, and how long completion and help take, a row for each kind.

"ready" is a process on a terminal of its own, from its start to the first `horus> ` on the screen. Completion runs in
this process, over a session with many variables, functions, keys and files. The first answer is told apart from the
others, since it makes what later ones use; actions are made in the background while the first line is typed. Exit code
1 with `--check` when a bound is missed.
"""

import argparse
import contextlib
import json
import os
import pty
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

READY, ANSWER = 0.400, 0.050
"""Seconds that a person at a prompt takes for at once."""
MANY = 2000
PROGRAM = "import sys\nfrom horus_runtime.cli.main import main\nsys.exit(main())\n"
REPLIES = {b"\x1b[6n": b"\x1b[1;1R", b"\x1b[c": b"\x1b[?6c"}
"""What a terminal answers when it is asked where its cursor is, and what it is."""


class Nothing:
    """The user's files and keys: completion asks for none."""


def ready(command: list[str], environment: dict[str, str]) -> float:
    """Seconds from the start of the command to its prompt."""
    master, slave = pty.openpty()
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    )
    os.close(slave)
    try:
        return _prompt_seen(master) - started
    finally:
        process.kill()
        process.wait()
        os.close(master)


def _prompt_seen(master: int) -> float:
    seen, deadline = b"", time.perf_counter() + 30
    while time.perf_counter() < deadline:
        if not select.select([master], [], [], 0.5)[0]:
            continue
        part = os.read(master, 65536)
        for question, reply in REPLIES.items():
            if question in part:
                os.write(master, reply)
        seen += part
        if b"horus> " in seen:
            return time.perf_counter()
    raise SystemExit(f"no prompt within 30 s: {seen[-400:]!r}")


@contextlib.contextmanager
def session(folder: Path, size: int) -> Iterator[object]:
    """A prompt whose session holds `size` variables, functions and keys, in a folder of as many files."""
    from horus_runtime.engine import Engine
    from horus_runtime.modules.policy import Policy
    from horus_runtime.repl.loop import Repl
    from horus_runtime.repl.output import Output
    from horus_runtime.repl.session import Session

    with open(os.devnull, "w") as nowhere:
        made = Session(Engine.sal(policy=Policy()), lambda text: None)
        repl = Repl(made, Output(nowhere, color=False), Nothing(), quiet=True)
        made.run('import "std/strings" as strings;')
        made.run("".join(f"fn own_{n}(a, b) {{ a + b }}\n" for n in range(size // 20)))
        made.scope.push("table", {f"key_{n}": n for n in range(size)})
        made.scope.push("rows", [{"name": "a", "tags": ["x"]} for _ in range(size)])
        made.scope.push("text", "word " * size)
        for n in range(size):
            made.scope.push(f"var_{n}", n)
        for n in range(size):
            (folder / f"file_{n}.txt").touch()
        yield repl


def kinds(repl: object, folder: Path) -> dict[str, Callable[[], object]]:
    """What is completed or looked up, by kind."""
    from horus_runtime.repl.completeness import is_complete
    from horus_runtime.repl.signature_help import signature_help
    from horus_runtime.syntax.highlighting import RhaiLexer

    completer = repl.completer  # type: ignore[attr-defined]
    long = "\n".join(f"let v{n} = {n} + var_{n};" for n in range(200))
    texts = {
        "variables": "let x = var_",
        "functions": "own_",
        "native functions": "par",
        "methods of a string": "text.",
        "methods of an array": "rows.so",
        "keys of a map": "table.key_",
        "through an index": "rows[0].na",
        "methods of a literal": '"abc".',
        "modules": "os",
        "members, os::": "os::",
        "members, strings::": "strings::",
        "libraries": 'import "std/',
        "files": f'let f = "{folder}/file_1',
        "actions": "!!git.",
        "parameters of an action": "!!git.clone ",
        "commands": ":h",
        "behind 200 lines": f"{long}\nlet y = var_1",
    }
    found: dict[str, Callable[[], object]] = {
        name: (lambda text=text: completer.complete(text)) for name, text in texts.items()
    }
    found["signature of a call"] = lambda: signature_help("os::list_dir(text, ", completer)
    found["signature of a method"] = lambda: signature_help("text.sub_string(1, ", completer)
    found["colours, 200 lines"] = lambda: list(RhaiLexer().get_tokens(long))
    found["is it complete, 200 lines"] = lambda: is_complete(long, repl.session.engine)  # type: ignore[attr-defined]
    return found


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measured(size: int, repeat: int) -> dict[str, dict[str, float]]:
    """Seconds by row: the first answer, the median and the slowest of the others."""
    table: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "horus.py").write_text(PROGRAM)
        environment = os.environ | {"HORUS_HOME": name, "HORUS_CACHE": f"{name}/cache", "TERM": "xterm-256color"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its byte code beside it
        command = [sys.executable, str(folder / "horus.py"), "repl"]
        taken = [ready(command, environment) for _ in range(repeat + 1)]
        table["ready"] = _row(taken)
        with session(folder, size) as repl:
            for kind, work in kinds(repl, folder).items():
                table[kind] = _row([seconds(work) for _ in range(repeat + 1)])
    return table


def _row(taken: list[float]) -> dict[str, float]:
    return {"first": taken[0], "median": statistics.median(taken[1:]), "slowest": max(taken[1:])}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/prompt.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=15, metavar="N", help="rounds after the first (default 15)")
    parser.add_argument("--size", type=int, default=MANY, metavar="N", help=f"variables, keys, files (default {MANY})")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a median misses its bound")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    table = measured(options.size, options.repeat)
    print(f"{'ms':<28}{'first':>9}{'median':>9}{'slowest':>9}{'bound':>9}")
    missed = 0
    for name, row in table.items():
        bound = READY if name == "ready" else ANSWER
        missed += row["median"] > bound
        shown = "".join(f"{row[column] * 1000:9.1f}" for column in ("first", "median", "slowest"))
        print(f"{name:<28}{shown}{bound * 1000:9.0f}{'  missed' if row['median'] > bound else ''}")
    if options.json:
        options.json.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    return int(bool(missed) and options.check)


if __name__ == "__main__":
    sys.exit(main())
