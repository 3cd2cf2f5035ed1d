"""How long a cancellation goes unseen while the library works on large values.

python benchmarks/cancel.py

Each script is cancelled at several moments while it works; the table shows the longest time until it had ended, and
how long the whole work takes when nobody cancels it. The aim is 50 ms.
"""

from __future__ import annotations

import time

import horus_runtime as hr

SETUP = {
    "ints": "let a = []; for i in 0..1000000 { a.push((i * 7919) % 1000003); } a",
    "floats": "let a = []; for i in 0..1000000 { a.push(((i * 7919) % 1000003) * 0.5); } a",
    "strings": "let a = []; for i in 0..1000000 { a.push(`${(i * 7919) % 1000003}`); } a",
    "text": "let s = ``; s.pad(8000000, `abcdefg,`); s",
    "json": "let a = []; for i in 0..100000 { a.push(#{id: i, name: `name ${i}`, ok: true}); } #{rows: a}.to_json()",
    "map": "let a = []; for i in 0..100000 { a.push(#{id: i, name: `name ${i}`, ok: true}); } #{rows: a}",
    "words": 'let s = ``; s.pad(5999994, `"word",`); `[${s}1]`',
}
WORK = {
    "sort ints": ("ints", "let y = x; y.sort(); y.len"),
    "sort floats": ("floats", "let y = x; y.sort(); y.len"),
    "sort strings": ("strings", "let y = x; y.sort(); y.len"),
    "contains": ("text", "x.contains(`hg`)"),
    "index_of": ("text", "x.index_of(`gfedcba`)"),
    "replace": ("text", "let y = x; y.replace(`g,`, `G;`); y.len"),
    "split": ("text", "x.split(`,`).len"),
    "split_rev": ("text", "x.split_rev(`,`).len"),
    "parse_json objects": ("json", "parse_json(x).len"),
    "parse_json strings": ("words", "parse_json(x).len"),
    "to_json": ("map", "x.to_json().len"),
}
MOMENTS = 5


def worst(work: str, scope: hr.Scope) -> tuple[float, float]:
    """Seconds of the whole work, and the longest time that a cancellation took."""
    engine = hr.Engine()
    whole = 0.0
    longest = 0.0
    for moment in range(MOMENTS + 1):
        handle = engine.start(work, scope=scope)
        begin = time.perf_counter()
        if moment:
            time.sleep(whole * moment / (MOMENTS + 1))
            begin = time.perf_counter()
            handle.cancel()
        try:
            handle.result(600)
        except hr.TerminatedError:
            longest = max(longest, time.perf_counter() - begin)
        if not moment:
            whole = time.perf_counter() - begin
    return whole, longest


def main() -> None:
    """Print the table."""
    scopes = {name: hr.Scope() for name in SETUP}
    for name, script in SETUP.items():
        hr.Engine().run(f"let x = {{ {script} }};", scope=scopes[name])
    print(f"{'work':20} {'whole':>9} {'cancelled':>10}")
    for name, (setup, work) in WORK.items():
        whole, longest = worst(work, scopes[setup])
        print(f"{name:20} {whole * 1000:6.0f} ms {longest * 1000:7.1f} ms", flush=True)


if __name__ == "__main__":
    main()
