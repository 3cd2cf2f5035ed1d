"""The twin does the same by hand with sqlite3 and JSON documents: no identifiers checked, no policy, no schema."""

import json
import sqlite3
import tempfile
import uuid
from functools import cache
from pathlib import Path


@cache
def folder():
    return tempfile.TemporaryDirectory()


def host(text):
    import horus_runtime as hr

    engine = hr.Engine.osiris(Path(folder().name) / "horus.db")
    tree = engine.compile(text)
    return lambda: engine.eval_ast(tree)


def run():
    db = sqlite3.connect(Path(folder().name) / "python.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, data TEXT NOT NULL)")
    records = [
        {"customer": f"c{i % 60}", "state": "open" if i % 3 == 0 else "done", "total": i * 31 % 700}
        for i in range(1500)
    ]
    db.execute("BEGIN IMMEDIATE")
    made = 0
    for record in records:
        db.execute("INSERT INTO orders VALUES (?, ?)", (uuid.uuid4().hex, json.dumps(record)))
        made += 1
    db.execute("COMMIT")
    total = "json_extract(data, '$.total')"
    state = "json_extract(data, '$.state')"
    rows = db.execute(f"SELECT {total} FROM orders WHERE {total} >= 600 AND {state} = 'open' ORDER BY {total} DESC")
    large = [row[0] for row in rows]
    customer = "json_extract(data, '$.customer')"
    count = db.execute(f"SELECT count(*) FROM orders WHERE {customer} = 'c7'").fetchone()[0]
    rows = db.execute(f"SELECT data FROM orders WHERE {state} = 'open' ORDER BY {total} LIMIT 200")
    result = sum(json.loads(row[0])["total"] for row in rows)
    removed = db.execute(f"DELETE FROM orders WHERE {total} >= 0").rowcount
    left = db.execute("SELECT count(*) FROM orders").fetchone()[0]
    db.close()
    return [made, len(large), large[0], count, result, removed, left]
