"""Scripts as short text, trees as the optimizer has them, and scripts without an engine of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

import horus_runtime as hr
from horus_runtime.ast import nodes

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = sorted([*(ROOT / "tests" / "spec").glob("*.rhai"), *(ROOT / "stdlib").glob("*.rhai")])


def shape(text: str) -> list[object]:
    """A script's tree without places."""
    script = hr.Engine().compile(text).script
    found: list[object] = []

    def visit(value: object) -> None:
        if isinstance(value, nodes.Node):
            found.append(type(value).__name__)
            for name in value.__dataclass_fields__:
                if not name.endswith("span"):
                    visit(getattr(value, name))
        elif isinstance(value, tuple):
            for item in value:
                visit(item)
        else:
            found.append(value)

    visit(script)
    return found


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("let a = 1 ;  // one\n a   + 2", "let a=1;a+2"),
        ("let s = `x ${ a + 1 } y`;", "let s=`x ${a+1} y`;"),
        ("a - -3", "a- -3"),
        ("if  a  { b }  else { c }", "if a{b}else{c}"),
        ("5 .to_string()", "5 .to_string()"),
        ("a /* x */ b", None),
        ("/// Doc.\nfn  f( x )  { x }\n f( 1 )", "/// Doc.\nfn f(x){x}f(1)"),
        ("let a = 1;\n/** A\n * B */\nprivate fn f() { }", "let a=1;\n/** A\n * B */\nprivate fn f(){}"),
        ("let x = \"a  b\" + 'c' ;", "let x=\"a  b\"+'c';"),
        ("", ""),
    ],
)
def test_compacting_keeps_what_counts(text, short):
    engine = hr.Engine()
    if short is None:
        with pytest.raises(hr.ParseError):
            engine.compact(text)
    else:
        assert engine.compact(text) == short


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_compacted_script_has_the_same_tree(path):
    text = path.read_text(encoding="utf-8")
    short = hr.Engine().compact(text)
    assert shape(short) == shape(text)
    assert len(short) <= len(text)


def test_a_line_too_long_to_be_told_apart_stays_as_it_is():
    text = f"let a = 1;  {' ' * 70_000}a"
    assert hr.Engine().compact(text) == text


def test_optimizing_a_tree():
    engine = hr.Engine()
    tree = engine.compile("if LIMIT > 3 { 1 + 2 } else { 0 }")
    optimized = engine.optimize(tree, scope=hr.Scope(LIMIT=5))
    assert [type(node).__name__ for node in optimized if isinstance(node, (nodes.If, nodes.Binary))] == []
    assert engine.eval_ast(optimized) == 3
    assert len(list(tree)) > len(list(optimized))
    with pytest.raises(ValueError) as raised:
        engine.optimize(tree, level="most")
    assert str(raised.value) == "optimization_level is 'none', 'simple' or 'full', not 'most'"


def test_scripts_in_one_line(tmp_path, capsys):
    path = tmp_path / "a.rhai"
    path.write_text("#!/usr/bin/env horus\nprint(x); x + 1")
    assert (hr.eval("40 + 2"), hr.eval_file(path, scope=hr.Scope({"x": 1}))) == (42, 2)
    assert hr.run("print(1)") is None
    assert hr.run_file(path, scope=hr.Scope({"x": 2})) is None
    assert capsys.readouterr().out == "1\n1\n2\n"
