"""Writes the systematic part of the corpus: every operator on every pair of types, every library function on every kind
of argument.

    python -m tests.differential.build_corpus && python -m tests.differential.record

The files are written rather than generated during the tests so that they can be read, and so that the recorded answers
have something to stand next to.
"""

# ruff: noqa: E501, RUF005 - the tables are read by rows, and a wrapped row is no row

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from tests.differential.corpus import CORPUS
from tests.differential.operators import ASSIGNING, COMPARING, COMPUTING, LOGICAL, SEARCHING

# --- Operators -------------------------------------------------------------------------------------------------------

VALUES = [
    "0", "1", "-3", "63", "9223372036854775807", "-9223372036854775808",
    "0.0", "2.5", "(1.0 / 0)", "(0.0 / 0)", "true", "()", "'a'", '"a"', '"ab"',
    "[1]", '[1, "a"]', "#{a: 1}", "blob(2, 97)", "(0..3)", "(1..=3)", 'Fn("f")',
]  # fmt: skip
LITERALS = ["7", "2.5", '"ab"', "'b'", "true", "()", "[1]", "#{b: 1}"]
BINARY = [*COMPUTING, *COMPARING, *SEARCHING, "??", ".."]
UNARY = ["-", "+", "!"]


def operator_chunks() -> Iterator[str]:
    """One script per operator and left operand, run over all right operands; so operands' types vary at one place."""
    rights = ", ".join(VALUES)
    for operator, left in product([*BINARY, *LOGICAL], VALUES):
        yield (
            f"let l = {left};\nfor r in [{rights}] {{\n"
            f"    try {{ let v = l {operator} r; print(type_of(v) + ' ' + v.to_debug()); }} catch (e) {{ print(e.message); }}\n}}"
        )
    for operator, left in product(ASSIGNING, VALUES):
        yield (
            f"for r in [{rights}] {{\n    let l = {left};\n"
            f"    try {{ l {operator} r; print(type_of(l) + ' ' + l.to_debug()); }} catch (e) {{ print(e.message); print(l); }}\n}}"
        )
    for operator in UNARY:
        yield (
            f"for r in [{rights}] {{\n"
            f"    try {{ let v = {operator}r; print(type_of(v) + ' ' + v.to_debug()); }} catch (e) {{ print(e.message); }}\n}}"
        )


def literal_lines() -> Iterator[str]:
    """Operators between literals, which the reference engine checks or folds while it compiles."""
    for operator, left, right in product([*BINARY, *LOGICAL], LITERALS, LITERALS):
        yield f"{left} {operator} {right}"
    for operator, value in product(UNARY, LITERALS):
        yield f"{operator} {value}"
    for value, target in product(
        LITERALS, ["[0]", "[-1]", '["b"]', "['b']", "[1.5]", "[0..1]", ".b", ".len", "?.b", "?[0]"]
    ):
        yield f"{value}{target}"
    for value in LITERALS:
        yield from (
            f"if {value} {{ 1 }} else {{ 2 }}",
            f"for x in {value} {{ print(x); }}",
            f"while {value} {{ break 1; }}",
        )
        yield from (f"switch {value} {{ {other} => 1, _ => 2 }}" for other in LITERALS)
        yield from (f"let x = {value}; x[0] = 'z'; x", f"let x = {value}; x.b = 5; x", f"const X = {value}; X.len()")
        yield from (f"throw {value}", f"`<${{{value}}}>`", f"print({value}); debug({value});")


# --- Library functions -----------------------------------------------------------------------------------------------

INTS = ["-99", "-2", "-1", "0", "1", "3", "99"]
FEW_INTS = ["-9", "-2", "1", "9"]
RANGES = ["0..2", "1..=2", "-3..2", "3..1", "3..=1", "2..", "..=1", "..", "99..", "0..0", "1..=1"]
ODD = ["()", "1.5", '"x"', "'x'", "true", "[1]", "#{}", 'Fn("f")']
SPANS = [*INTS, *(f"{start}, {length}" for start in FEW_INTS for length in FEW_INTS), *RANGES]
NONE = [""]

ARRAYS = ["[]", "[5, 3, 8, 1]", '["b", "a", "b", "b"]', "[1, 2.5, 'c', \"s\", (), true, [1]]"]
STRINGS = ['""', '"hello"', '" a,b,,c "', '"aAbBßé😀 wörld"']
BLOBS = ["blob()", "blob(4, 171)", '"hello wörld".to_blob()']
MAPS = ["#{}", "#{a: 1}", '#{b: 2, a: 1, "x y": [1]}']
INTEGERS = ["0", "-1", "182", "9223372036854775807", "-9223372036854775808"]
FLOATS = ["0.0", "-0.0", "1.0", "-2.5", "2.5", "0.3", "1e20", "-1e20", "1e-7", "(1.0/0)", "(-1.0/0)", "(0.0/0)"]
CHARS = ["'a'", "'Z'", "'ß'", "'é'", "'7'"]
INT_RANGES = ["(0..5)", "(1..=4)", "(5..1)", "(5..=1)", "(-3..3)", "(0..0)", "(3..=3)", "(2..)", "(..3)"]
POINTERS = ['Fn("abs")', "|x| x", 'Fn("max").curry(1)']

PREDICATES = [
    "|x| x == 1",
    "|x, i| i > 0",
    "|| this == 1",
    "|x| 5",
    "|x| throw x",
    "|x, y, z| true",
    '"is_odd"',
    '"nope"',
    'Fn("is_odd")',
    'Fn("nope")',
]
MAPPERS = [
    "|x| [x]",
    "|x, i| [x, i]",
    "|| this",
    "|| { this = 0; 1 }",
    "|x| x.nope",
    "|a, b, c| 1",
    '"to_string"',
    'Fn("type_of")',
    '"nope"',
    "|x| ()",
]
REDUCERS = [
    "|a, x| `${a}${x}`",
    "|a, x, i| `${a}${i}`",
    "|a| `${a}${this}`",
    "|| 1",
    "|a, b, c, d| 1",
    "|a, x| throw x",
]
COMPARERS = [
    "|a, b| 0",
    "|a, b| a < b",
    "|a, b| if a == b { 0 } else if a > b { -1 } else { 1 }",
    "|a, b| ()",
    "|a| 0",
    "|a, b| throw a",
    '"nope"',
]
TEXTS = ['""', '"a"', '"l"', '"ll"', '","', "'l'", "'z'", '"zz"']
Table = list[tuple[list[str], dict[str, list[str]]]]


def _pairs(left: Iterable[str], right: Iterable[str]) -> list[str]:
    return [f"{a}, {b}" for a, b in product(left, right)]


FUNCTIONS: Table = [
    (
        ARRAYS,
        {
            "len is_empty pop shift clear reverse sort sort_desc order order_desc dedup to_string to_debug": NONE,
            "get remove truncate chop split": [*INTS, *ODD],
            "set insert": _pairs(INTS, ["9"]) + ODD,
            "push append contains index_of": ["1", "3", *ODD, "[5, 3]", '"b"', '"nope"', "99"],
            "index_of ": _pairs(["1", "3"], INTS) + _pairs(PREDICATES[:4], ["0", "1", "-1", "9"]),
            "pad": _pairs(FEW_INTS, ["0", "[]"]) + ["3", "()", '"x", 1'],
            "extract drain retain": SPANS,
            "drain retain filter some all find index_of  ": PREDICATES,
            "find find_map": _pairs(PREDICATES[:3], FEW_INTS),
            "map find_map filter": MAPPERS,
            "for_each": ["|| print(this)", "|i| print([i, this])", "|| { this = 0; }", "|a, b| 1", '"print"', "|i| throw i"],
            "reduce reduce_rev": REDUCERS + _pairs(REDUCERS[:3], ["0", "()", '"x"']),
            "zip": [f"[7, 8, 9], {f}" for f in ("|a, b| [a, b]", "|a, b, i| [a, b, i]", "|a| a", "|a, b| throw a")],
            "sort sort_by order order_by dedup": COMPARERS,
            "splice": [f"{span}, [7, 8, 9]" for span in (*_pairs(FEW_INTS, FEW_INTS), *RANGES)] + ["0, 1, 5", "0..1, []"],
            "join concat slice first last sum flatten unique nope": NONE,
        },
    ),
    (
        STRINGS,
        {
            "len bytes is_empty to_blob to_chars chars clear trim pop to_upper to_lower make_upper make_lower split": NONE,
            "to_string to_debug parse_int parse_float to_int to_float type_of": NONE,
            "get truncate pop split": [*INTS, *ODD],
            "set": _pairs(INTS, ["'X'"]) + ['0, "X"', "0, 5"],
            "append": ["1", "1.0", *ODD, "blob(2, 65)"],
            "remove contains starts_with ends_with index_of split split_rev": [*TEXTS, *ODD],
            "index_of": _pairs(TEXTS[:6], INTS),
            "split split_rev": _pairs(['""', '","', "'l'", '"l"'], ["-1", "0", "1", "2", "3", "99"]),
            "sub_string crop": [*SPANS, "()", '"x"'],
            "chars": SPANS,
            "replace": _pairs(['""', '"l"', "'l'", '"zz"'], ['""', '"LL"', "'L'"]) + ['"a"', '5, "a"'],
            "pad": _pairs(FEW_INTS, ["'x'", '"xyz"', "5"]),
            "max min": ['"b"', '""', '"hello"', "5", "'c'"],
            "repeat join format lines reverse trim_start nope": NONE,
        },
    ),
    (
        BLOBS,
        {
            "len is_empty to_array as_string pop shift clear reverse to_string to_debug": NONE,
            "get remove truncate chop split contains push": [*INTS, "300", "-1.5", '"x"'],
            "set insert": _pairs(INTS, ["300"]) + ["0, 'x'"],
            "append": ["1", "300", "-1", "'é'", '"é"', "blob(2, 9)", "[1]", "1.5"],
            "pad": _pairs(FEW_INTS, ["0", "300"]) + ["3"],
            "extract drain retain": SPANS,
            "splice": [f"{span}, blob(2, 1)" for span in (*_pairs(FEW_INTS, FEW_INTS), *RANGES)],
            "parse_le_int parse_be_int parse_le_float parse_be_float": ["0, 8", "0, 2", "1, 3", "-2, 9", "9, 1", "0, 0", *RANGES],
            "write_le write_be": [f"{span}, {value}" for span in ("0, 8", "0, 2", "1, 3", "-2, 9", "9, 1", "0..3", "1..=2") for value in ("305419896", "-2", "1.5")],
            "write_utf8 write_ascii": [f"{span}, {value}" for span in ("0, 8", "0, 2", "1, 3", "-2, 9", "0..3") for value in ('"xyz"', '"éa"')],
            "map filter sort nope": ["|x| x"],
        },
    ),
    (
        MAPS,
        {
            "len is_empty clear keys values to_json to_string to_debug": NONE,
            "contains get remove": ['"a"', '"nope"', '"x y"', "5", "'a'"],
            "set": ['"a", 5', '"n", [1]', "5, 5", '"a"'],
            "mixin fill_with": ["#{a: 9, z: 8}", "#{}", "5"],
            "map filter drain retain": ["|k, v| v == 1", '|k| k == "a"', "|k, v| [k, v]", "|k| this", "|k| { this = 0; true }", "|| 1", "|a, b, c| 1", "|k, v| throw k", '"nope"', 'Fn("nope")'],
            "for_each reduce nope": ["|k, v| 1"],
        },
    ),
    (
        INTEGERS,
        {
            "abs sign is_zero is_odd is_even to_int to_float to_hex to_octal to_binary to_string to_debug bits": NONE,
            "sqrt sin floor nope to_decimal to_char": NONE,
            "max min": ["0", "5", "2.5", '"a"', "()"],
            "get_bit": [*INTS, "63", "64", "-64", "-65", "1.0"],
            "set_bit": _pairs(["0", "1", "63", "64", "-1", "-64", "-65"], ["true", "false"]) + ["0, 1"],
            "get_bits": [*_pairs(["0", "1", "60", "63", "64", "-1", "-4", "-65"], ["-1", "0", "1", "3", "64", "99"]), *RANGES, "0..64", "0..65", "0..=63", "0..=64", "1"],
            "set_bits": [f"{span}, {value}" for span in ("0, 4", "60, 9", "-4, 2", "64, 1", "-65, 1", "0, 0", "4..8", "4..=8", "0..64", "0..65", "0..=64", "8..4") for value in ("5", "-1")] + ["0, 4, true"],
            "bits": ["0", "60", "63", "64", "-3", "-65", "0, 3", "60, 9", "0, 0", "0, -1", "1..3", "1..=3", "3..1", "3..=1", "60.."],
        },
    ),
    (
        FLOATS,
        {
            "abs sign is_zero floor ceiling round int fraction is_nan is_finite is_infinite to_int to_float": NONE,
            "to_string to_debug sqrt exp ln log is_odd to_hex nope": NONE,
            "max min": ["0.0", "5", "2.5", "(0.0/0)", '"a"'],
            "log": ["10.0", "2.0", "10"],
            "round": ["1", "2"],
        },
    ),
    (
        ["0.5", "1.0", "-0.25", "0.0", "3.0"],
        {"sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh to_degrees to_radians": NONE, "atan hypot": ["2.0", "0.0", "-1.5", "1"]},
    ),
    (
        CHARS,
        {
            "to_upper to_lower make_upper make_lower to_int to_string to_debug to_float len nope": NONE,
            "max min": ["'b'", '"b"', "5"],
            "contains": ["'a'"],
        },
    ),
    (
        INT_RANGES,
        {
            "start end is_inclusive is_exclusive is_empty to_string to_debug len": NONE,
            "contains": ["0", "1", "5", "-1", "1.0", '"a"'],
        },
    ),
    (POINTERS, {"name is_anonymous to_string to_debug": NONE, "call": ["", "5", "5, 6"], "curry": ["1", "1, 2"]}),
    (["()", "true", "false"], {"to_string to_debug type_of is_empty len tag is_shared nope": NONE, "max": ["true"]}),
]  # fmt: skip

PLAIN_CALLS = [
    *(f"range({a})" for a in ("0, 3", "3, 0", "0, 10, 3", "10, 0, -3", "0, 3, 0", "0, 3, -1", "0.0, 1.0, 0.3", "1.0, 0.0, -0.3",
                              "0.0, 1.0", "0, 1.0, 0.5", "0..9, 4", "0..=9, 4", "0..3", '"a", "c"', "9223372036854775800, 9223372036854775807, 5",
                              "-9223372036854775800, -9223372036854775808, -5", "0, 5, 100", "5, 5, 1")),
    *(f"blob({a})" for a in ("", "3", "3, 5", "3, 300", "-1", "0, 1", '"x"', "3, 'x'", "1.5")),
    *(f"parse_int({a})" for a in ('"7"', '" -7 "', '"+7"', '"7x"', '""', '" "', '"1_0"', '"0x7"', '"99999999999999999999"', '"7f", 16',
                                  '"7F", 16', '"z", 36', '"2", 2', '"7", 1', '"7", 37', '"7", -1', '"-7f", 16', '"é"', "'7'", "7")),
    *(f"parse_float({a})" for a in ('"7"', '" -7.5 "', '"+7e2"', '".5"', '"5."', '""', '"."', '"e5"', '"inf"', '"-Infinity"', '"NaN"',
                                    '"1e999"', '"1_0"', '"0x7"', '"1e"', "7")),
    "PI()", "E()", "PI", "E", "exit", "abs()", "abs(1, 2)", "sqrt(2)", "timestamp().elapsed >= 0.0", "timestamp() - timestamp() < 1.0",
    "(timestamp() + 5) > timestamp()", "(timestamp() - 5).elapsed() > 4.0", "(timestamp() + 5).elapsed()", "timestamp() + 1.5 == timestamp()",
    "timestamp() + 9223372036854775807", "timestamp() + 1e300", "timestamp().type_of()", "type_of(timestamp() - 1)",
]  # fmt: skip
PROPERTIES = "len is_empty start end is_inclusive bytes chars name is_odd is_zero floor round int is_nan bits nope"
"""Read as properties on one value of every type; about half of them exist for each type."""


def library_chunks() -> Iterator[str]:
    """One script per function and receiver; each argument list gets a fresh receiver, shown afterwards."""
    for receivers, functions in FUNCTIONS:
        for names, receiver in product(functions, receivers):
            for name in names.split():
                yield "\n".join(_attempt(receiver, f"x.{name}({arguments})") for arguments in functions[names])
    for name, values in product(PROPERTIES.split(), [VALUES]):
        yield "\n".join(_attempt(value, f"x.{name}") for value in values)
    yield from (f"let v = {call};\nprint([type_of(v), v]);" for call in PLAIN_CALLS)
    yield from (f"for v in {call} {{ print(v); }}" for call in PLAIN_CALLS if call.startswith("range("))


def constant_chunks() -> Iterator[str]:
    """Every function once on a constant as a method and once in function style: which of them change their receiver?"""
    for receivers, functions in FUNCTIONS:
        receiver = receivers[min(2, len(receivers) - 1)]
        lines = [
            f"try {{ const X = {receiver}; let v = {call}; print(v); print(X); }} catch (e) {{ print(e); }}"
            for names, lists in functions.items()
            for name in names.split()
            for arguments in lists[:2]
            for call in (f"X.{name}({arguments})", f"{name}({', '.join(filter(None, ('X', arguments)))})")
        ]
        yield from ("\n".join(lines[start : start + 20]) for start in range(0, len(lines), 20))


def _attempt(receiver: str, call: str) -> str:
    return f"try {{ let x = {receiver}; let v = {call}; print(v); print(x); }} catch (e) {{ print(e); }}"


def main() -> None:
    for name, chunks in (
        ("generated-operators", operator_chunks()),
        ("generated-library", library_chunks()),
        ("generated-constants", constant_chunks()),
    ):
        scripts = dict.fromkeys(chunks)
        (CORPUS / f"{name}.chunks").write_text(
            "Written by build_corpus.py.\n" + "".join(f"---\n{script}\n" for script in scripts), encoding="utf-8"
        )
    lines = dict.fromkeys(literal_lines())
    (CORPUS / "generated-literals.lines").write_text(
        "# Written by build_corpus.py.\n" + "\n".join(lines) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
