"""Hammers one model store from threads and processes at once, and counts what became of it.

    python tests/reliability/osiris_hammer.py --seconds 60

Eight threads share a store object, four processes have their own, some work through scripts. No update may be lost,
and nobody may see an error.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from horus_runtime.engine import Engine
from horus_runtime.engine.presets import add_osiris
from horus_runtime.errors import HorusError
from horus_runtime.modules.osiris import Store

THREADS, PROCESSES = 8, 4
SCRIPT = """
    let counters = osiris.model("counters");
    osiris.transaction(|| {
        let c = counters.get("shared");
        counters.update("shared", #{n: c.n + 1});
        osiris.model("log").create(#{by: "script"});
    });
"""


class Worker:
    """One thread or process: random operations, each counted when it has succeeded."""

    def __init__(self, store: Store, name: str, seed: int) -> None:
        self.store, self.name = store, name
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.errors: list[str] = []
        self.longest = 0.0
        self.engine = add_osiris(Engine(), store)
        self.tree = self.engine.compile(SCRIPT)
        self.steps: list[Callable[[], Any]] = [
            self.increment, self.read_and_write, self.script, self.create, self.upsert, self.read, self.search,
            self.bulk,
        ]  # fmt: skip

    def run(self, goes_on: Callable[[], bool]) -> None:
        while goes_on():
            step = self.chance.choice(self.steps)
            started = time.perf_counter()
            try:
                step()
                self.done[step.__name__] += 1
            except HorusError as error:
                self.errors.append(f"{step.__name__}: {error}")
            self.longest = max(self.longest, time.perf_counter() - started)

    def increment(self) -> None:
        self.store.model("counters").increment("shared", "n")

    def read_and_write(self) -> None:
        with self.store.transaction():
            counter = self.store.model("counters").get("shared")
            self.store.model("counters").update({**counter, "n": counter["n"] + 1})

    def script(self) -> None:
        self.engine.eval_ast(self.tree)

    def create(self) -> None:
        self.store.model("notes").create({"by": self.name, "text": "some words"})

    def upsert(self) -> None:
        key = self.chance.randrange(20)
        with self.store.transaction():
            record = self.store.model("slots").upsert("slot", {"slot": key})["record"]
            self.store.model("slots").increment(record["id"], "n")

    def bulk(self) -> None:
        self.store.model("log").create_many([{"by": "bulk"} for _ in range(5)])

    def read(self) -> None:
        self.store.model("notes").where("by", self.name).order("-created_at").limit(5).all()

    def search(self) -> None:
        self.store.model("notes").search("words", limit=3)

    def report(self) -> dict[str, Any]:
        return {"done": dict(self.done), "errors": self.errors, "longest": self.longest}


def prepare(path: Path) -> None:
    with Store(path) as store:
        store.model("counters").create({"id": "shared", "n": 0})
        store.model("slots").index("slot", unique=True)
        store.model("notes").searchable("text").index("by")


def run(folder: Path, seed: int, *, seconds: float = 0.0, rounds: int = 0) -> dict[str, Any]:
    """Hammer for some seconds, or so many rounds each. Gives counts, errors and what was lost."""
    path = folder / "hammer.db"
    prepare(path)
    readers = [_process(path, number, seed, seconds, rounds) for number in range(PROCESSES)]
    with Store(path) as store:
        workers = [Worker(store, f"thread-{number}", seed + number) for number in range(THREADS)]
        threads = [threading.Thread(target=worker.run, args=(_limit(seconds, rounds),)) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        reports = [worker.report() for worker in workers]
        for process, pipe in readers:
            with os.fdopen(pipe) as stream:
                reports.append(json.loads(stream.read()))
            os.waitpid(process, 0)
        return _judged(store, reports)


def _limit(seconds: float, rounds: int) -> Callable[[], bool]:
    if rounds:
        left = iter(range(rounds))
        return lambda: next(left, None) is not None
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def _process(path: Path, number: int, seed: int, seconds: float, rounds: int) -> tuple[int, int]:
    """A process with a store of its own; its report comes through the pipe."""
    reader, writer = os.pipe()
    process = os.fork()
    if process:
        os.close(writer)
        return process, reader
    try:
        with Store(path) as store:
            worker = Worker(store, f"process-{number}", seed + 100 + number)
            worker.run(_limit(seconds, rounds))
        os.write(writer, json.dumps(worker.report()).encode())
    finally:
        os._exit(0)


def _judged(store: Store, reports: list[dict[str, Any]]) -> dict[str, Any]:
    done: Counter[str] = Counter()
    for report in reports:
        done.update(report["done"])
    have = {
        "counter": store.model("counters").get("shared")["n"],
        "notes": store.model("notes").count(),
        "found": store.model("notes").search_count("words"),
        "slots": store.model("slots").query().total("sum", "n") or 0,
        "log": store.model("log").count(),
    }
    want = {
        "counter": done["increment"] + done["read_and_write"] + done["script"],
        "notes": done["create"],
        "found": done["create"],
        "slots": done["upsert"],
        "log": done["script"] + 5 * done["bulk"],
    }
    return {
        "operations": sum(done.values()),
        "lost": {name: want[name] - have[name] for name in want if want[name] != have[name]},
        "errors": [error for report in reports for error in report["errors"]],
        "longest_seconds": round(max(report["longest"] for report in reports), 3),
        "damaged": store.check(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=0, help="so many operations each, instead of a time")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = run(Path(folder), options.seed, seconds=options.seconds, rounds=options.rounds)
    print(json.dumps(report))  # noqa: T201 - the report
    return 1 if report["lost"] or report["errors"] or report["damaged"] else 0


if __name__ == "__main__":
    sys.exit(main())
