"""Kills a process that writes to a model store, again and again, and compares the store with what it acknowledged.

    python tests/reliability/osiris_kills.py --kills 300

The victim says on a pipe what it is about to do and what it has done; the pipe outlives it. Everything acknowledged
must be there, nothing else but the one step that was under way, and that wholly or not at all: in the records, in the
full-text index and in the history.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from horus_runtime.modules.osiris import Store

State = dict[str, dict[str, dict[str, Any]]]
ACCOUNTS = ("left", "right")


def prepare(path: Path) -> State:
    """A store with everything that writing can touch: schema, unique index, references, search, history."""
    with Store(path) as store:
        items = store.model("items").declare({"n": "int index", "text": "string search", "code": "string unique"})
        items.keep_history()
        accounts = store.model("accounts")
        accounts.create_many([{"id": name, "sum": 0} for name in ACCOUNTS])
        store.model("moves").declare({"item": {"type": "ref(items)", "on_delete": "cascade"}, "by": "int"})
    return {"items": {}, "accounts": {name: {"sum": 0} for name in ACCOUNTS}, "moves": {}}


def next_step(chance: random.Random, state: State, serial: int) -> dict[str, Any]:
    """A random step that makes sense in a state."""
    known = sorted(state["items"])
    kinds = ["create", "many", "create"] + (
        ["update", "increment", "delete", "move", "move", "failed"] if known else []
    )
    kind = chance.choice(kinds)
    step: dict[str, Any] = {"kind": kind, "id": f"x{serial}", "n": chance.randrange(1000)}
    if kind == "many":
        step["ids"] = [f"x{serial}-{number}" for number in range(chance.randrange(2, 20))]
    elif kind != "create":
        step["item"] = chance.choice(known)
    return step


def expected(state: State, step: dict[str, Any]) -> State:
    """The state after a step."""
    after: State = {model: {key: dict(record) for key, record in records.items()} for model, records in state.items()}
    items, kind = after["items"], step["kind"]
    if kind == "create":
        items[step["id"]] = _item(step["id"], step["n"])
    elif kind == "many":
        items.update({key: _item(key, step["n"]) for key in step["ids"]})
    elif kind == "update":
        items[step["item"]]["n"] = step["n"]
    elif kind == "increment":
        items[step["item"]]["n"] += 1
    elif kind == "delete":
        del items[step["item"]]
        after["moves"] = {key: move for key, move in after["moves"].items() if move["item"] != step["item"]}
    elif kind == "move":
        after["accounts"]["left"]["sum"] -= step["n"]
        after["accounts"]["right"]["sum"] += step["n"]
        after["moves"][step["id"]] = {"item": step["item"], "by": step["n"]}
    return after


def _item(key: str, number: int) -> dict[str, Any]:
    return {"n": number, "text": f"word number{number}", "code": key}


def perform(store: Store, step: dict[str, Any]) -> None:
    """Do a step."""
    items, accounts, kind = store.model("items"), store.model("accounts"), step["kind"]
    if kind == "create":
        items.create({"id": step["id"], **_item(step["id"], step["n"])})
    elif kind == "many":
        items.create_many([{"id": key, **_item(key, step["n"])} for key in step["ids"]])
    elif kind == "update":
        items.update(step["item"], {"n": step["n"]})
    elif kind == "increment":
        items.increment(step["item"], "n")
    elif kind == "delete":
        items.delete(step["item"])
    elif kind == "move":
        with store.transaction():
            accounts.increment("left", "sum", -step["n"])
            store.model("moves").create({"id": step["id"], "item": step["item"], "by": step["n"]})
            accounts.increment("right", "sum", step["n"])
    else:  # a transaction that is given up halfway
        try:
            with store.transaction():
                items.update(step["item"], {"n": -1})
                raise KeyError
        except KeyError:
            pass


def victim(path: Path, pipe: int, seed: int, state: State) -> None:
    """Write until killed."""
    chance = random.Random(seed)
    with Store(path) as store:
        for serial in range(1_000_000):
            step = next_step(chance, state, seed * 1_000_000 + serial)
            os.write(pipe, f"> {json.dumps(step)}\n".encode())
            perform(store, step)
            os.write(pipe, b"<\n")
            state = expected(state, step)


def kill_once(path: Path, seed: int, state: State, chance: random.Random) -> tuple[State, State | None, int]:
    """Run a victim and kill it. Gives the acknowledged state, the one with the step under way, and the steps done."""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.close(reader)
            victim(path, writer, seed, state)
        finally:
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader, "rb", buffering=0) as told:
        lines = _until_killed(told, process, chance)
    os.waitpid(process, 0)
    pending, done = None, 0
    for line in lines:
        if line.startswith(b"> "):
            pending = expected(state, json.loads(line[2:]))
        elif pending is not None:
            state, pending, done = pending, None, done + 1
    return state, pending, done


def _until_killed(told: Any, process: int, chance: random.Random) -> list[bytes]:
    """Read some acknowledgements, wait for a random part of a step, kill, and read what was still on the way."""
    wanted, text = chance.randrange(0, 60), b""
    while text.count(b"<") < wanted:
        text += told.read(65536)
    time.sleep(chance.random() * 0.01)  # the moment is what is tested; spinning would keep the victim from running
    os.kill(process, signal.SIGKILL)
    while piece := told.read(65536):
        text += piece
    return text.split(b"\n")[:-1]  # the last line may be cut off


def actual(store: Store) -> State:
    """What the store has."""
    own = {"id", "created_at", "updated_at", "_version"}
    return {
        model: {
            record["id"]: {name: value for name, value in record.items() if name not in own}
            for record in store.model(model).each()
        }
        for model in ("items", "accounts", "moves")
    }


def faults_of(store: Store, acknowledged: State, pending: State | None) -> tuple[list[str], State]:
    """What is wrong after a kill, and the state to go on from."""
    found = [f"damaged: {fault}" for fault in store.check()]
    have = actual(store)
    if have not in (acknowledged, pending):
        found.append(f"{_difference(acknowledged, have)} (or {_difference(pending, have) if pending else 'nothing'})")
    items = store.model("items")
    if items.search_count("word") != len(have["items"]):
        found.append("the full-text index does not have all records")
    for record in items.each():
        changes = items.history(record["id"], limit=1_000_000)
        if len(changes) != record["_version"] or changes[-1].record != record:
            found.append(f"the history of {record['id']} does not end in the record")
    return found, have


def _difference(wanted: State, have: State) -> str:
    return "; ".join(
        f"{model}: missing {sorted(wanted[model].keys() - have[model].keys())[:3]},"
        f" too many {sorted(have[model].keys() - wanted[model].keys())[:3]},"
        f" different {[key for key, record in wanted[model].items() if have[model].get(key, record) != record][:3]}"
        for model in wanted
        if wanted[model] != have[model]
    )


def run(folder: Path, kills: int, seed: int) -> dict[str, Any]:
    """Kill so often; the report has the faults, and what the victims did meanwhile."""
    path, chance = folder / "kills.db", random.Random(seed)
    state = prepare(path)
    report: dict[str, Any] = {"kills": 0, "steps": 0, "kept_whole": 0, "undone": 0, "between": 0, "faults": []}
    for number in range(kills):
        acknowledged, pending, done = kill_once(path, seed * 1000 + number, state, chance)
        with Store(path) as store:
            found, state = faults_of(store, acknowledged, pending)
        report["kills"] += 1
        report["steps"] += done
        outcome = "between" if pending in (None, acknowledged) else "kept_whole" if state == pending else "undone"
        report[outcome] += 1
        report["faults"] += [f"kill {number}: {fault}" for fault in found]
        if len(state["items"]) > 400:  # small stores are checked fast
            path.unlink()
            state = prepare(path)
    report["records"] = {model: len(records) for model, records in state.items()}
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = run(Path(folder), options.kills, options.seed)
    print(json.dumps({"seed": options.seed, **report}))  # noqa: T201 - the report
    return 1 if report["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
