"""Runs a script in a process of its own and tells what it ended with and by how much its memory grew at most."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, NamedTuple

MEGABYTE = 1 << 20

_PROGRAM = """
import json, resource, sys
import horus_runtime as hr

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

job = json.loads(sys.stdin.read())
limits = hr.Limits(max_data_size=job["limit"], max_duration=60.0)
engine = hr.Engine()
engine.limits = limits
engine.on_print(lambda text: None)
engine.eval("[1].map(|x| x).to_string() + `[1]`.parse_json() + #{}.to_json() + `a b`.split().len")
before = peak()
try:
    engine.eval(job["script"])
    ended = {"kind": "", "message": "", "limit": None, "usage": None}
except hr.HorusError as error:
    ended = {"kind": error.kind, "message": error.message}
    ended |= {"limit": getattr(error, "limit", None), "usage": getattr(error, "usage", None)}
print(json.dumps(ended | {"growth": peak() - before}))
"""


class Outcome(NamedTuple):
    """How a script ended."""

    kind: str
    message: str
    limit: float | None
    usage: float | None
    growth: int
    """Bytes by which the peak of the process's memory grew."""


def run_measured(script: str, limit: int) -> Outcome:
    """Run a script with `max_data_size` set to `limit`."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        input=json.dumps({"script": script, "limit": limit}),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return Outcome(**found)
