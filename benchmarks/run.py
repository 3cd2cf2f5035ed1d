#!/usr/bin/env python3
"""Times the workloads in this runtime against the same work in hand-written Python, and against peers.

Every result is checked before it is timed. Exit code 0: all right; 1: a wrong result; 2: usage.
"""

import argparse
import json
import sys
from pathlib import Path

import first_call
import metering
import scaling
from harness import chart, driver, measure, report, workload
from harness import publish as publishing

HERE = Path(__file__).parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="workloads to run (default: all but the payloads)")
    parser.add_argument(
        "--all", action="store_true", help="every workload and every peer that is installed, and the chart"
    )
    parser.add_argument("--peers", metavar="A,B", default="", help="only these peers beside this runtime")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="rounds, at least 5 (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw a bar chart (default with --all: results.png)")
    parser.add_argument(
        "--publish",
        action="store_true",
        help="--all, metering, first runs and scaling; writes results.json, both charts and the tables of README.md",
    )
    parser.add_argument("--check", action="store_true", help="check the results, time nothing")
    parser.add_argument("--list", action="store_true", help="list the workloads and peers")
    options = parser.parse_args()
    options.all = options.all or options.publish
    if options.publish and options.names:
        parser.error("--publish is for all workloads")
    known = workload.names()
    for name in options.names:
        if name not in known:
            parser.error(f"no workload '{name}'; there are {', '.join(known)}")
    if options.repeat < 5:
        parser.error("--repeat must be at least 5: a median of fewer rounds says nothing")
    wanted = set(filter(None, options.peers.split(",")))
    if strangers := wanted - {peer.name for peer in driver.peers()}:
        parser.error(f"no peer '{min(strangers)}'; there are {', '.join(peer.name for peer in driver.peers())}")
    return options


def start_drivers(options: argparse.Namespace) -> tuple[dict[str, driver.Driver], dict[str, str], dict[str, str]]:
    """The drivers to time, the headings of their columns, and the peers that are absent with the reason."""
    drivers = {"horus": driver.horus(native=False)}
    columns = {"python": "Python", "horus": "Horus"}
    absent = {}
    if driver.has_native():
        drivers["native"] = driver.horus(native=True)
        columns["native"] = "Native"
    else:
        absent["native"] = "pip install wasmtime"
    wanted = options.peers.split(",")
    for peer in driver.peers():
        if not (options.all or peer.name in wanted):
            continue
        try:
            drivers[peer.name] = peer.start()
        except driver.Absent as reason:
            absent[peer.name] = str(reason)
        else:
            columns[peer.name] = peer.label
    return drivers, columns, absent


def check_only(names: list[str], drivers: dict[str, driver.Driver]) -> int:
    wrong = 0
    for name in names:
        _, outcomes = measure.check(workload.load(name), drivers)
        notes = [f"{column}: {outcome.note}" for column, outcome in outcomes.items() if outcome.wrong]
        print(f"{name:<24}{'; '.join(notes) or 'ok'}")
        wrong += bool(notes)
    return 1 if wrong else 0


def write_chart(options: argparse.Namespace, results: report.Results, columns: dict[str, str]) -> None:
    path = options.chart or (HERE / "results.png" if options.all and not options.names else None)
    if path is None:
        return
    try:
        chart.draw(path, results, columns)
    except chart.NoChart as reason:
        print(f"absent: the chart ({reason})")


def publish(options: argparse.Namespace, results: report.Results, columns: dict[str, str], absent: dict) -> bool:
    """Measure what is not a matter of workloads and put all tables into the page. Are all bounds kept?"""
    sections = {
        "metering": (metering.rows(max(options.repeat, 15)), metering.table),
        "first runs": (first_call.rows(options.repeat), first_call.table),
        "scaling": (scaling.rows(options.repeat), scaling.table),
    }
    figures = report.as_json(results, columns, options.repeat, absent)
    for name, (found, table) in sections.items():
        print(f"\n{table(found)}", flush=True)
        publishing.put(name, publishing.code(table(found)))
        figures[name.replace(" ", "_")] = found
    print(scaling.draw(sections["scaling"][0], HERE / "scaling.png"))
    publishing.put("results", publishing.results(results, columns, options.repeat, absent))
    (HERE / "results.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    kept = [cost <= bound for *_, cost, bound in sections["metering"][0]]
    kept += [more <= first_call.BOUND for *_, more in sections["first runs"][0]]
    kept += [max(scaling.growth(points)) <= scaling.MOST_GROWTH for points in sections["scaling"][0].values()]
    return all(kept)


def main() -> int:
    options = arguments()
    names = options.names or (workload.names() if options.all or options.check else workload.kinds())
    if options.list:
        print("workloads:", *workload.names())
        print("peers:", *(peer.name for peer in driver.peers()))
        return 0
    drivers, columns, absent = start_drivers(options)
    if options.check:
        return check_only(names, drivers)
    print(report.heading(columns))
    results: report.Results = {}
    for name in names:
        results[name] = measure.measure(workload.load(name), drivers, options.repeat)
        print(report.row(name, results[name], columns), flush=True)
    print(report.summary(results, columns))
    for name, reason in absent.items():
        print(f"absent: {name} ({reason})")
    if options.json:
        figures = report.as_json(results, columns, options.repeat, absent)
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    write_chart(options, results, columns)
    if options.publish and not publish(options, results, columns, absent):
        print("a bound of metering, first runs or scaling is exceeded")
    return 1 if any(outcome.wrong for outcomes in results.values() for outcome in outcomes.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
