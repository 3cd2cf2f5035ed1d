"""Times the model store against the same work in plain sqlite3, sqlite-utils and peewee, all in one run.

    .venv/bin/python benchmarks/osiris.py                # the table, about five minutes on an idle machine
    .venv/bin/python benchmarks/osiris.py --quick        # a tenth of everything, to see that it works
    .venv/bin/python benchmarks/osiris.py --report FILE  # also writes the table as Markdown
    .venv/bin/python benchmarks/osiris.py --plot FILE    # also draws `where` by size (needs matplotlib)

Everybody writes the same: an id, a JSON document, a version, two times, in a table with a unique index on the id, in
WAL mode with `synchronous = NORMAL`. Within a round all drivers run one after the other; the ratio is taken within the
round, and the median of the rounds is shown. peewee is no dependency of the package: without it its column is empty.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from horus_runtime.engine import Engine
from horus_runtime.engine.presets import add_osiris
from horus_runtime.modules.osiris import Store

LAYOUT = (
    "CREATE TABLE t (pk INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, doc TEXT NOT NULL, version INTEGER NOT NULL,"
    " created_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT"
)
LONG_ROUNDS = 3
INTO = "INSERT INTO t (id, doc, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?)"
SAME = """SELECT * FROM m_users WHERE json_extract(doc, '$."group"') = ? ORDER BY pk"""


def document(number: int) -> dict:
    return {"name": f"user {number}", "age": number % 90, "email": f"user{number}@example.com", "tags": ["a", "b"]}


def row(number: int) -> tuple:
    now = datetime.now(UTC).isoformat()
    return (str(uuid.uuid4()), json.dumps(document(number)), 1, now, now)


class Raw:
    """Hand-written sqlite3."""

    label = "sqlite3"

    def __init__(self, folder: Path) -> None:
        self.connection = sqlite3.connect(folder / f"{type(self).__name__}.db", isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute(LAYOUT)

    def create(self, count: int) -> None:
        execute = self.connection.execute
        for number in range(count):
            execute(INTO, row(number))

    def create_many(self, count: int) -> None:
        self.connection.execute("BEGIN")
        self.connection.executemany(INTO, map(row, range(count)))
        self.connection.execute("COMMIT")

    def ids(self, count: int) -> list[str]:
        return [key for (key,) in self.connection.execute("SELECT id FROM t LIMIT ?", (count,))]

    def lookup(self, ids: list[str]) -> None:
        execute = self.connection.execute
        for key in ids:
            found = execute("SELECT id, doc, version, created_at, updated_at FROM t WHERE id = ?", (key,)).fetchone()
            json.loads(found[1])


class SqliteUtils(Raw):
    """The layer below the model store."""

    label = "sqlite-utils"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        from sqlite_utils import Database

        self.table = Database(self.connection).table("t", pk="id")

    def _record(self, number: int) -> dict:
        return dict(zip(("id", "doc", "version", "created_at", "updated_at"), row(number), strict=True))

    def create(self, count: int) -> None:
        for number in range(count):
            self.table.insert(self._record(number))

    def create_many(self, count: int) -> None:
        self.table.insert_all(map(self._record, range(count)))

    def lookup(self, ids: list[str]) -> None:
        for key in ids:
            json.loads(next(iter(self.table.rows_where("id = ?", (key,), limit=1)))["doc"])


class Peewee:
    """A well-kept object layer."""

    label = "peewee"

    def __init__(self, folder: Path) -> None:
        import peewee

        pragmas = {"journal_mode": "wal", "synchronous": "normal"}
        self.database = peewee.SqliteDatabase(folder / "peewee.db", pragmas=pragmas)

        class T(peewee.Model):
            pk = peewee.AutoField()
            id = peewee.TextField(unique=True)
            doc = peewee.TextField()
            version = peewee.IntegerField()
            created_at = peewee.TextField()
            updated_at = peewee.TextField()

            class Meta:
                database = self.database

        self.database.create_tables([T])
        self.model = T

    def _record(self, number: int) -> dict:
        return dict(zip(("id", "doc", "version", "created_at", "updated_at"), row(number), strict=True))

    def create(self, count: int) -> None:
        for number in range(count):
            self.model.create(**self._record(number))

    def create_many(self, count: int) -> None:
        with self.database.atomic():
            for start in range(0, count, 1000):
                batch = [self._record(number) for number in range(start, min(count, start + 1000))]
                self.model.insert_many(batch).execute()

    def ids(self, count: int) -> list[str]:
        return [found.id for found in self.model.select().limit(count)]

    def lookup(self, ids: list[str]) -> None:
        for key in ids:
            json.loads(self.model.get(self.model.id == key).doc)


class Osiris:
    """The model store from Python."""

    label = "Store"

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / f"{type(self).__name__}.db", quota_bytes=0)
        self.model = self.store.model("users")

    def create(self, count: int) -> None:
        for number in range(count):
            self.model.create(document(number))

    def create_many(self, count: int) -> None:
        self.model.create_many([document(number) for number in range(count)])

    def ids(self, count: int) -> list[str]:
        return self.model.query().limit(count).ids()

    def lookup(self, ids: list[str]) -> None:
        for key in ids:
            self.model.get(key)


class Scripted(Osiris):
    """The model store from a script, and what Python needs for a loop that makes the same calls."""

    label = "script"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.engine = add_osiris(Engine(), self.store)
        document = """#{name: `user ${i}`, age: i % 90, email: `user${i}@example.com`, tags: ["a", "b"]}"""
        self.creating = self.engine.compile(
            f'fn run(count) {{ let users = osiris.model("users"); for i in 0..count {{ users.create({document}); }} }}'
        )
        self.creating_many = self.engine.compile(
            'fn run(count) { let users = osiris.model("users"); let all = [];'
            f" for i in 0..count {{ all.push({document}); }} users.create_many(all); }}"
        )
        self.looking_up = self.engine.compile(
            'fn run(ids) { let users = osiris.model("users"); for id in ids { users.get(id); } }'
        )

    def create(self, count: int) -> None:
        self.engine.call_fn(self.creating, "run", count)

    def create_many(self, count: int) -> None:
        self.engine.call_fn(self.creating_many, "run", count)

    def lookup(self, ids: list[str]) -> None:
        self.engine.call_fn(self.looking_up, "run", ids)


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def drivers() -> list[type]:
    found: list[type] = [Raw, SqliteUtils, Peewee, Osiris, Scripted]
    try:
        import peewee  # noqa: F401 - only to see whether it is there
    except ImportError:
        found.remove(Peewee)
    return found


def compared(rounds: int, scale: int) -> dict[str, dict[str, list[float]]]:
    """Seconds by kind of work and driver, one entry per round; the long `create_many` only in the first rounds."""
    seconds: dict[str, dict[str, list[float]]] = {}
    for turn in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            made = [(driver.label, driver(Path(folder))) for driver in drivers()]
            for label, driver in made:
                driver.create(50)
                spent = timed(lambda driver=driver: driver.create(5_000 // scale))
                seconds.setdefault("create", {}).setdefault(label, []).append(spent)
            for label, driver in made:
                ids = driver.ids(5_000 // scale)
                driver.lookup(ids[:50])
                spent = timed(lambda driver=driver, ids=ids: driver.lookup(ids))
                seconds.setdefault("lookup", {}).setdefault(label, []).append(spent)
            for label, driver in made if turn < LONG_ROUNDS else ():
                spent = timed(lambda driver=driver: driver.create_many(100_000 // scale))
                seconds.setdefault("create_many", {}).setdefault(label, []).append(spent)
    return seconds


def ratio(of: list[float], to: list[float]) -> float:
    """How fast, compared within each round: 1 is as fast, 0.5 takes twice as long."""
    return statistics.median(base / mine for mine, base in zip(of, to, strict=True))


MEMORY = """
import re, sys
from horus_runtime.modules.osiris import Store

def peak():  # of this process alone: what the system calls ru_maxrss begins with the parent's
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])

with Store(sys.argv[1], quota_bytes=0) as store:
    model = store.model("users")
    queries = {"plain": model.query(), "filtered": model.where("group", ">=", 0), "sorted": model.order("-name")}
    query = queries[sys.argv[2]]
    first = next(query.limit(1).each())
    before = peak()
    print(sum(1 for _ in query.each()), before, peak())
"""


def by_size(scale: int) -> tuple[list, list]:
    """For stores of growing size: microseconds of queries that find ten records, and what `each` needs of memory.

    The first list has records, an indexed `where`, the same in sqlite3, and a `where` without index; the second has
    records, and by how many MiB a process grows at most while it goes through all of them.
    """
    times, memories = [], []
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "size.db", quota_bytes=0) as store:
        model, total = store.model("users"), 0
        model.index("group")
        for size in (1_000, 10_000, 100_000, 1_000_000 // scale):
            while total < size:
                upto = min(size, total + 50_000)
                model.create_many([{"group": n // 10, "name": f"n{n}"} for n in range(total, upto)])
                total = upto
            groups = [(n * 7919) % (size // 10) for n in range(500)]
            # Once without the clock: whoever comes first would read the pages from the disk for those who follow.
            assert all(len(model.where("group", group).all()) == 10 for group in groups)
            batches = [groups[at : at + 50] for at in range(0, 500, 50)]
            own = min(timed(lambda some=some: [model.where("group", g).all() for g in some]) for some in batches)
            plain = min(timed(lambda some=some: same_in_sqlite3(store.path, some)) for some in batches)
            scan = min(timed(lambda: model.where("name", "n5").all()) for _ in range(3))
            times.append((size, own / 50 * 1e6, plain / 50 * 1e6, scan * 1e6))
            memories.append((size, {kind: grown(store.path, kind, size) for kind in ("plain", "filtered", "sorted")}))
            print(*times[-1], memories[-1][1], flush=True)
    return times, memories


def same_in_sqlite3(path: str, groups: list[int]) -> None:
    raw = sqlite3.connect(path, isolation_level=None)
    for group in groups:
        assert len([json.loads(found[2]) for found in raw.execute(SAME, (group,))]) == 10
    raw.close()


def grown(path: str, kind: str, size: int) -> float:
    words = [sys.executable, "-c", MEMORY, path, kind]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    count, before, after = map(int, done.stdout.split())
    assert count == size
    return (after - before) / 1024


def markdown(seconds: dict, sizes: list, memories: list, scale: int) -> str:
    counts = {"create": 5_000 // scale, "lookup": 5_000 // scale, "create_many": 100_000 // scale}
    names = {
        "create": "`create`, autocommit",
        "lookup": "`get` by id",
        "create_many": f"`create_many` of {100_000 // scale:,}",
    }
    labels = [driver.label for driver in drivers()]
    lines = ["| | " + " | ".join(f"{label}, per second" for label in labels) + " | Store : sqlite3 | script : Store |"]
    lines.append("|---|" + "---|" * (len(labels) + 2))
    for kind, times in seconds.items():
        rates = " | ".join(f"{counts[kind] / statistics.median(times[label]):,.0f}" for label in labels)
        against = ratio(times["Store"], times["sqlite3"])
        script = ratio(times["script"], times["Store"])
        lines.append(f"| {names[kind]} | {rates} | {against:.2f} | {script:.2f} |")
    lines += ["", "| Records | indexed `where`, 10 found | the same in sqlite3 | without index |", "|---|---|---|---|"]
    lines += [f"| {size:,} | {own:,.0f} µs | {raw:,.0f} µs | {scan:,.0f} µs |" for size, own, raw, scan in sizes]
    lines += ["", "```", *plot(sizes), "```"]
    lines += ["", "| Records | `each` grows by | filtered | sorted |", "|---|---|---|---|"]
    lines += [
        f"| {size:,} | {grown['plain']:.1f} MiB | {grown['filtered']:.1f} MiB | {grown['sorted']:.1f} MiB |"
        for size, grown in memories
    ]
    return "\n".join(lines) + "\n"


def plot(sizes: list) -> list[str]:
    """Bars on a logarithmic scale: an indexed query stays where it is, a search through everything grows."""
    import math

    lines = []
    for title, column in (("indexed", 1), ("no index", 3)):
        for size, *times in sizes:
            value = times[column - 1]
            bar = "█" * round(8 * math.log10(max(value, 10)) - 7)
            lines.append(f"{title:9}{size:>10,}  {bar} {value:,.0f} µs")
    return lines


def draw(sizes: list, path: Path) -> None:
    """The same as a picture; matplotlib is no dependency of the package: install benchmarks/requirements.txt."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2), dpi=120)
    records = [size for size, *_ in sizes]
    for column, label, marker in (
        (1, "where, indexed", "o"),
        (2, "the same in sqlite3", "s"),
        (3, "where, no index", "^"),
    ):
        axes.plot(records, [row[column] for row in sizes], marker=marker, label=label)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="records in the model",
        ylabel="microseconds for a query that finds its records",
        title="Queries that find ten records, by the size of the model",
    )
    axes.grid(visible=True, which="major", alpha=0.4)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, one round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--report", type=Path, help="write the table as Markdown to this file")
    parser.add_argument("--plot", type=Path, help="draw the queries by size into this PNG file")
    parser.add_argument("--only-rates", action="store_true", help="leave out sizes and memory")
    options = parser.parse_args()
    scale = 10 if options.quick else 1
    seconds = compared(1 if options.quick else options.rounds, scale)
    print(markdown(seconds, [], [], scale), flush=True)
    sizes, memories = ([], []) if options.only_rates else by_size(scale)
    text = markdown(seconds, sizes, memories, scale)
    print(text)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    if options.plot and sizes:
        draw(sizes, options.plot)
    if options.report:
        options.report.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
