"""Which variables and loops look at the original instead of a copy."""

import pytest

import horus_runtime as hr
from horus_runtime.analysis.scopes import ProgramInfo, analyze
from horus_runtime.ast import nodes
from horus_runtime.ast.visitor import walk
from horus_runtime.syntax.rhai import parse_script

PURE = frozenset({"len", "is_empty", "print"})


def analyzed(script: str) -> ProgramInfo:
    own = {"see"}
    return analyze(parse_script(script), lambda name, _count: name in PURE | own, lambda _name, _count: False)


def borrowers(script: str) -> set[str]:
    return {variable.name for variable in analyzed(script).bindings.values() if variable.borrowed}


def lent_walks(script: str) -> int:
    info = analyzed(script)
    loops = [node for statement in info.script.body for node in walk(statement) if isinstance(node, nodes.For)]
    return sum(id(loop) in info.lent_walks for loop in loops)


@pytest.mark.parametrize(
    "body",
    [
        "let v = p[0]; print(v);",
        "let v = p.x.y; if v.len() > 0 { p.push(1); }",
        "let v = p[0]; p = [1]; print(v);",
        "let v = p[0]; let w = v; p.clear(); 0",
        "let v = p[0]; print(v); p[0].push(1);",
        "let v = p[0]; switch v.len() { 1 => p.push(1), _ => p.pop() }",
        "let q = []; let v = p[0]; q.push(v); v.len()",
        "for i in 0..3 { let v = p[i]; print(v); p[i].push(1); }",
    ],
)
def test_variables_that_borrow(body: str) -> None:
    assert "v" in borrowers(f"fn f(p) {{ {body} }}")


@pytest.mark.parametrize(
    "body",
    [
        "let v = p[0]; p[0].push(1); print(v);",
        "let v = p[0]; print(v.len() + { p.push(1); 1 });",
        "let v = p[0]; v.push(1);",
        "let v = p[0]; v = 1;",
        "let v = p[0]; p += [1]; print(v);",
        "let v = p[0]; for i in 0..2 { print(v); p[0].push(1); }",
        "let v = p[0]; while v.len() > 0 { p[0].pop(); }",
        "let v = p[0]; do { p[0].pop(); } while v.len() > 0;",
        "let v = p[0]; let w = v[0]; p[0].push(1); print(w);",
        "let v = p[0]; for x in v { p[0].push(1); }",
        "let v = p[0]; let g = || p.push(1); g.call(); print(v);",
        "let v = p[0]; let g = || v; g",
        "let v = p.see().x; v",
        "let v = this.x; v",
        "let v = p[0]; eval(`p = 1`); v",
        "let v = [p][0]; v",
    ],
)
def test_variables_that_copy(body: str) -> None:
    assert "v" not in borrowers(f"fn f(p) {{ {body} }}")


def test_what_goes_into_the_hosts_scope_is_a_copy() -> None:
    assert borrowers("let a = [[1]]; let v = a[0]; { let w = a[0]; print(w); }") == {"w"}


def test_a_chain_of_borrowers_lasts_until_the_last_use_of_any() -> None:
    late = "let v = p[0]; let w = v.x; p[0].push(1); let u = w; u"
    assert borrowers(f"fn f(p) {{ {late} }}") == {"w", "u"}
    early = "let v = p[0]; let w = v.x; let u = w; print(u); p[0].push(1); 0"
    assert borrowers(f"fn f(p) {{ {early} }}") == {"v", "w", "u"}


def test_arrays_that_are_walked_in_their_place() -> None:
    assert lent_walks("let a = [1]; a.push(2); for x in a { print(x); } a.push(3);") == 1
    assert lent_walks("let m = #{}; for x in m.items { m = x; }") == 1
    assert lent_walks("let a = [1]; for x in a { a.push(x); }") == 0
    assert lent_walks("let m = #{}; for x in m.items { m.items.pop(); }") == 0
    assert lent_walks("for x in given { print(x); }") == 0


def test_the_last_change_wins() -> None:
    engine = hr.Engine()
    script = "fn f(p) { let v = p[1]; let w = v; p[1].push(3); let x = p[1]; p.pop(); [v, w, x] } f([0, [2]])"
    assert engine.eval(script) == [[2], [2], [2, 3]]
