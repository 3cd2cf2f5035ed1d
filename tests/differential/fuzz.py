"""Runs random programs on both engines and shows where they part, each difference reduced to a small script.

python -m tests.differential.fuzz --count 500 --seed 1 [--kind aliasing] [--mutants] [--optimize none] [--log FILE]

Compared is what the reference engine does at its default level. A script on which this engine does what the reference
does without its optimizer differs as well, but is counted apart: "optimizer only".
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.differential.compare import Difference, difference
from tests.differential.corpus import Case, normalise
from tests.differential.engine import engine_or_skip_reason, run_case
from tests.differential.generate import KINDS, generate, options_of
from tests.differential.minimise import minimise
from tests.differential.redeclared import without_redeclaring
from tests.support.oracle import Oracle, oracle_or_skip_reason

MAX_OPERATIONS = 300_000
EARLY_CALLS = "Level `full` calls fewer functions ahead of time"
_UNCOUNTABLE = ("ErrorTooManyOperations", "ErrorStackOverflow")
"""How far a run comes before such a limit is not compared here."""


class Fuzzer:
    """Compares programs under one set of options."""

    def __init__(self, oracle: Oracle, optimize: str | None, attempts: int = 2500) -> None:
        self._oracle = oracle
        self.attempts = attempts
        self._options: dict[str, Any] = {"max_operations": MAX_OPERATIONS, "timeout": 5}
        if optimize:
            self._options["optimize"] = optimize

    def compare(self, script: str, options: dict[str, Any] | None = None) -> Difference | None:
        """How the engines differ on a script; `None` also where the reference has no comparable answer."""
        case = Case("fuzz", 1, script, {**self._options, **(options or {})})
        theirs = normalise(self._oracle.ask(script, **case.options))
        if theirs.get("error", {}).get("kind") in _UNCOUNTABLE or "crash" in theirs:
            return None
        ours = run_case(case)
        found = difference(case, theirs, ours)
        if found is None or "optimize" in case.options:
            return found
        plain = normalise(self._oracle.ask(script, **case.options, optimize="none"))
        if difference(case, plain, ours) is None:
            return Difference(case, (("optimizer only", None, None), *found.parts))
        return found

    def is_redeclared(self, found: Difference) -> bool:
        """Does the difference go away, but for the scope, where nothing is declared in a place that moved?"""
        script = without_redeclaring(found.case.script)
        if script is None:
            return False
        theirs = normalise(self._oracle.ask(script, **found.case.options))
        ours = run_case(found.case)
        theirs.pop("scope", None)
        ours.pop("scope", None)
        return difference(found.case, theirs, ours) is None

    def is_early_call(self, found: Difference) -> bool:
        """Does this engine do at level `full` what the reference does at level `simple`?"""
        options = {**found.case.options, "optimize": "simple"}
        theirs = normalise(self._oracle.ask(found.case.script, **options))
        return difference(found.case, theirs, run_case(found.case)) is None

    def is_charged(self, found: Difference) -> bool:
        """Do the operations last here where there are more of them?"""
        kinds = (ours.get("kind") for name, _, ours in found.parts if name == "error" and isinstance(ours, dict))
        if "ErrorTooManyOperations" not in kinds:
            return False
        options = {**found.case.options, "max_operations": MAX_OPERATIONS * 100}
        return self.compare(found.case.script, options) is None

    def reduce(self, found: Difference) -> Difference:
        """The same kind of difference on a smaller script."""
        wanted = signature(found)

        def keeps(script: str) -> bool:
            again = self.compare(script, found.case.options)
            return again is not None and signature(again) == wanted

        small = minimise(found.case.script, keeps, attempts=self.attempts)
        return self.compare(small, found.case.options) or found


def explanation(found: Difference) -> str:
    """Which heading of `grammars/DIVERGENCES.md` a difference shows; `""` when it shows none."""
    theirs = " ".join(str(left) for _, left, _ in found.parts)
    ours = " ".join(str(right) for _, _, right in found.parts)
    if "tags on values of type" in ours:
        return "Four types have no tags"
    if "NOT AN ERROR" in theirs:
        return "`exit` ends the script from a callback, too"
    if "parse_json" in found.case.script and ("at line" in ours or "ErrorParsing" in theirs):
        return "JSON is JSON"
    if "parse_json" in found.case.script and "Output type incorrect" in theirs:
        return "JSON is JSON"
    names = [name for name, _, _ in found.parts]
    if names == ["value"] and "to_json" in found.case.script and json_texts_differ(theirs, ours):
        return "JSON is JSON"
    if _MARKS.search(theirs) and _bare(theirs) == _bare(ours):
        return "Function pointers in raw texts"
    if re.search(r"\b(sort|order)\(", found.case.script) and _same_items(found):
        return "Values of different types that a comparer cannot order"
    if found.case.options.get("optimize") == "full" and called_early(found.case.script, names, theirs, ours):
        return EARLY_CALLS
    if "Too many operations" in theirs and spends_all(found):
        return "Spent operations cannot be caught"
    if re.search(r"\|\s*(let|const)\s+\w+\s*[-+*/%&|^<>=!.?]", found.case.script) and "Expecting" in ours:
        return "Operators behind a closure that only declares"
    if names == ["value"] and {len(theirs), len(ours)} == {1} and _NAMED.search(found.case.script):
        return "Names of closures have other digits"
    if names == ["output"] and _DIGIT.search(theirs) and _DIGIT.search(ours) and _SHOWN.search(found.case.script):
        return "Names of closures have other digits"
    if reads_on(found, theirs):
        return "Syntax errors come before undefined names"
    if "range (u8, u8)" in ours:
        return "Ranges of the items of a blob"
    return ""


_CASES = ("error.syntax", "Expecting literal expression", "Expecting a literal expression")
"""What the engines say to a name that is no variable where a case of a `switch` begins."""
_NAMED = re.compile(r"\|.*\|.*\bname\b", re.DOTALL)
"""A closure, whose name is asked for."""
_SHOWN = re.compile(r"\bfor\b.*\bin\b.*(\$\{|to_string|to_debug|\bname\b)", re.DOTALL)
"""A loop over the characters of a text, perhaps of such a name."""
_DIGIT = re.compile(r"^line \d+: [0-9a-f]$")
_MARKS = re.compile(r"Fn[*+]*\((\\*['\"])?")
_ENDS = re.compile(r"(\bFn\(\w*\$?)\\*['\"]\)")


def reads_on(found: Difference, theirs: str) -> bool:
    """Does the reference stop at an undefined name, in front of a fault that this engine reports?"""
    names = [name for name, _, _ in found.parts]
    if "error.syntax" in names and re.search("(Variable|Module)Undefined ", theirs):
        return True
    return bool(found.case.options.get("strict_variables")) and _CASES in found.parts


def spends_all(found: Difference) -> bool:
    """Does the run end here because its operations are spent?"""
    kinds = (ours.get("kind") if isinstance(ours, dict) else ours for name, _, ours in found.parts if "error" in name)
    return "ErrorTooManyOperations" in kinds


def json_texts_differ(theirs: str, ours: str) -> bool:
    """Do two JSON texts differ in the quotes of characters and in fractions only?"""
    return re.sub(r"'(\\?.)'", r'\\"\1\\"', theirs) == ours


def called_early(script: str, names: list[str], theirs: str, ours: str) -> bool:
    """Is it the value of a `try`, the place of an operand, a raw text, or a constant changed in a closure?"""
    if re.search(r"Cannot modify constant|Non-pure method", ours) and "|" in script:
        return re.search(r"\bconst \w+ = (\w+\(|.* \+ )", script) is not None
    if names == ["error.position"]:
        return re.search(r"&&|\|\||\?\?|\bconst \w+ = \w+\(", script) is not None
    if not set(names) <= {"type", "value", "output"}:
        return False
    return re.search(r"\btry\b", script) is not None or _RAW.sub("", theirs) == _RAW.sub("", ours)


_RAW = re.compile(r"[\\'\"*+]")


def _bare(text: str) -> str:
    """The text without marks of function pointers and quotes around their names."""
    return _ENDS.sub(r"\1)", _MARKS.sub("Fn(", text))


def _same_items(found: Difference) -> bool:
    """Do values and scopes have the same characters, in another order?"""
    return all(sorted(str(theirs)) == sorted(str(ours)) for _, theirs, ours in found.parts)


def signature(found: Difference) -> str:
    """What makes two differences the same: the most telling part, worded without names and numbers.

    A wrong error usually changes the value, the output and the scope as well, so only the first part counts.
    """
    parts = {name: (theirs, ours) for name, theirs, ours in found.parts}
    if "optimizer only" in parts:
        return "optimizer only"
    for name in ("crash", "error", "error.syntax", "error.message", "error.kind", "output"):
        if name in parts:
            theirs, ours = parts[name]
            return f"{name}: {_words(theirs)} / {_words(ours)}"
    return "+".join(parts)


def _words(value: object) -> str:
    text = str(value.get("message") or value.get("syntax")) if isinstance(value, dict) else str(value)
    return re.sub(r"^line \d+: .*?(?=#\{\"|$)|'[^']*'|\(.*|\d+", "_", text)[:70]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300, help="how many programs")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first; the others follow")
    parser.add_argument("--kind", default="grammar", choices=KINDS, help="what the programs are about")
    parser.add_argument("--mutants", action="store_true", help="nearly valid programs")
    parser.add_argument("--optimize", choices=("none", "simple", "full"), help="only this level")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append one line with the counts to this file")
    parser.add_argument("--attempts", type=int, default=2500, help="how long to reduce an example")
    parser.add_argument("--examples", type=int, default=2, help="reduced scripts shown per kind of difference")
    arguments = parser.parse_args()
    binary, reason = oracle_or_skip_reason()
    if binary is None or (reason := engine_or_skip_reason()):
        sys.exit(reason)
    groups: dict[str, list[Difference]] = defaultdict(list)
    explained: Counter[str] = Counter()
    start = time.perf_counter()
    with Oracle(binary) as oracle:
        fuzzer = Fuzzer(oracle, arguments.optimize, arguments.attempts)
        for seed in range(arguments.seed, arguments.seed + arguments.count):
            script = generate(seed, arguments.kind, mutants=arguments.mutants)
            found = fuzzer.compare(script, options_of(seed, arguments.kind))
            if found is None:
                continue
            reason = explanation(found)
            if reason == EARLY_CALLS and not fuzzer.is_early_call(found):
                reason = ""
            if not reason and fuzzer.is_redeclared(found):
                reason = "Redeclaring by an `eval` that declares"
            if not reason and fuzzer.is_charged(found):
                reason = "The operation counter charges basic blocks"
            if reason:
                explained[reason] += 1
                continue
            group = groups[signature(found)]
            group.append(found)
            if len(group) <= arguments.examples:
                print(f"seed {seed}: {signature(found)}\n{fuzzer.reduce(found)}\n", flush=True)
    differing = sum(map(len, groups.values()))
    only = len(groups.get("optimizer only", ()))
    apart = f"{only} by the optimizer only, {explained.total()} explained"
    summary = f"{arguments.count} programs, {differing - only} differ, {apart}"
    print(f"{summary}, {time.perf_counter() - start:.0f} s")
    if arguments.log:
        mutants = " mutants" if arguments.mutants else ""
        what = f"{arguments.kind}{mutants} {arguments.optimize or ''} from {arguments.seed}"
        with arguments.log.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC):%H:%M} {what}: {summary}\n")
    for name, group in sorted(groups.items(), key=lambda item: -len(item[1])):
        print(f"    {len(group):5}  {name}")
    for name, count in explained.most_common():
        print(f"    {count:5}  explained: {name}")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
