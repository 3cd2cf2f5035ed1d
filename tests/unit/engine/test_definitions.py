"""What an engine offers, as signatures, metadata and definition files."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

import horus_runtime as hr


@dataclass
class Point:
    """A place."""

    x: int


@pytest.fixture
def engine() -> hr.Engine:
    engine = hr.Engine()

    @engine.fn
    def add(a: int, b: int = 1) -> int:
        """Add two numbers."""
        return a + b

    engine.register_fn("anything", lambda value: value)
    engine.register_type(Point, expose="fields", operators=["=="])
    engine.register_indexer(Point, lambda point, index: index)
    module = hr.Module("geo", "Geometry.\nIn the plane.").set_var("ORIGIN", 0)

    @module.fn
    def distance(a: float, b: float) -> float | int:
        """How far it is."""
        return abs(a - b)

    module.set_sub_module("units", hr.Module("units").set_var("METER", 1.0))
    engine.register_static_module("geo", module)
    engine.register_global_module(hr.Module().set_var("LIMIT", "x"))
    return engine


def test_signatures(engine):
    tree = engine.compile("fn helper(a) { a } private fn inner() { } fn int.twice() { this }")
    assert engine.signatures(tree=tree) == [
        "helper(a)",
        "inner()",
        "i64.twice()",
        "==(left: Point, right: Point)",
        "add(a: i64) -> i64",
        "add(a: i64, b: i64) -> i64",
        "anything(value)",
        "geo::distance(a: f64, b: f64) -> f64 or i64",
    ]
    assert len(engine.signatures(include_standard=True)) > 300


def test_metadata(engine):
    document = json.loads(engine.metadata_json())
    assert list(document) == ["customTypes", "functions", "constants", "modules"]
    assert document["customTypes"] == [{"typeName": "Point", "displayName": "Point", "docComments": ["/// A place."]}]
    assert document["constants"] == {"LIMIT": "string"}
    functions = {(f["name"], f["numParams"]): f for f in document["functions"]}
    assert list(functions) == [
        ("==", 2), ("add", 1), ("add", 2), ("anything", 1), ("get$x", 1), ("index$get$", 2), ("set$x", 2),
    ]  # fmt: skip
    shown = functions["add", 2]
    hashes = (shown.pop("baseHash"), shown.pop("fullHash"))
    assert shown == {
        "namespace": "global",
        "access": "public",
        "name": "add",
        "isAnonymous": False,
        "type": "native",
        "numParams": 2,
        "params": [{"name": "a", "type": "i64"}, {"name": "b", "type": "i64"}],
        "returnType": "i64",
        "signature": "add(a: i64, b: i64) -> i64",
        "docComments": ["/// Add two numbers."],
    }
    assert hashes == tuple(
        f[key] for f in engine.metadata()["functions"] if (f["name"], f["numParams"]) == ("add", 2)
        for key in ("baseHash", "fullHash")
    )  # fmt: skip
    geo = document["modules"]["geo"]
    assert (geo["doc"], geo["constants"], geo["functions"][0]["namespace"]) == (
        "Geometry.\nIn the plane.", {"ORIGIN": "i64"}, "internal",
    )  # fmt: skip
    assert geo["modules"]["units"]["constants"] == {"METER": "f64"}


def test_metadata_of_a_script():
    tree = hr.Engine().compile("//! Rules.\n/// Checks.\nfn check(order) { }\nfn array.total() { }\nprivate fn p() { }")
    document = hr.Engine().metadata(tree=tree)
    assert document["doc"] == "Rules."
    found = [
        (f["name"], f["type"], f["access"], f.get("thisType"), f.get("docComments")) for f in document["functions"]
    ]
    assert found == [
        ("check", "script", "public", None, ["/// Checks."]),
        ("p", "script", "private", None, None),
        ("total", "script", "public", "array", None),
    ]


STATIC = """const LIMIT: string;

op ==(Point, Point);

/// Add two numbers.
fn add(a: int) -> int;

/// Add two numbers.
fn add(a: int, b: int) -> int;

fn anything(value);

fn get x(this: Point) -> int;

fn get [](point: Point, index);

fn set x(this: Point, value: int);
"""

GEO = """//! Geometry.
//! In the plane.

const ORIGIN: int;

/// How far it is.
fn distance(a: float, b: float) -> float | int;

module units {
    const METER: float;
}
"""


def test_definition_files(engine, tmp_path):
    scope = hr.Scope({"name": "x"}, RATE=1.5)
    files = engine.definitions(scope, include_standard=False).files()
    assert files == {
        "__static__.d.rhai": STATIC,
        "__scope__.d.rhai": "let name: string;\nconst RATE: float;\n",
        "geo.d.rhai": GEO,
    }
    written = engine.definitions(scope, with_headers=True).write(tmp_path / "defs")
    assert [path.name for path in written] == [
        "__builtin__.d.rhai", "__builtin-operators__.d.rhai", "__static__.d.rhai", "__scope__.d.rhai", "geo.d.rhai",
    ]  # fmt: skip
    assert (tmp_path / "defs" / "geo.d.rhai").read_text() == f"module geo;\n\n{GEO}"
    assert (tmp_path / "defs" / "__static__.d.rhai").read_text() == f"module static;\n\n{STATIC}"
    assert "fn to_upper(" in (tmp_path / "defs" / "__builtin__.d.rhai").read_text()
    operators = (tmp_path / "defs" / "__builtin-operators__.d.rhai").read_text()
    assert all(line.startswith(("op ", "///", "module static;")) or not line for line in operators.splitlines())


def test_definitions_in_one_file(engine, tmp_path):
    indented = "".join(f"    {line}\n" if line else "\n" for line in GEO.splitlines())
    definitions = engine.definitions(include_standard=False)
    assert definitions.single_file() == f"{STATIC}\nmodule geo {{\n{indented}}}\n"
    definitions.write_single(tmp_path / "all.d.rhai")
    assert (tmp_path / "all.d.rhai").read_text() == definitions.single_file()


def test_definitions_as_data(engine):
    data = engine.definitions(hr.Scope({"name": "x"}), include_standard=False).data()
    assert data["scope"] == [{"name": "name", "type": "string", "isConstant": False}]
    assert data["functions"] == engine.metadata()["functions"]
