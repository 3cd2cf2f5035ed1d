"""Scopes as hosts use them."""

from __future__ import annotations

import pytest

import horus_runtime as hr


@pytest.fixture
def scope() -> hr.Scope:
    return hr.Scope({"a": 1}, LIMIT=9).push("b", "x").push("a", 2)


def test_the_latest_entry_of_a_name_counts(scope):
    assert (scope["a"], len(scope), "a" in scope, "z" in scope) == (2, 4, True, False)
    assert list(scope) == [("a", False, 1), ("LIMIT", True, 9), ("b", False, "x"), ("a", False, 2)]
    assert (scope.get("z"), scope.get("z", 5)) == (None, 5)
    with pytest.raises(KeyError):
        scope["z"]


def test_constants_are_not_assigned(scope):
    assert [scope.is_constant(name) for name in ("LIMIT", "a", "z")] == [True, False, None]
    with pytest.raises(hr.EvalError) as raised:
        scope["LIMIT"] = 1
    assert (raised.value.kind, raised.value.message) == ("ErrorAssignmentToConstant", "Cannot modify constant LIMIT")


def test_assigning_or_adding(scope):
    scope["a"] = 5
    scope.set_or_push("new", 6).update({"b": "y", "c": 7})
    assert list(scope)[2:] == [("b", False, "y"), ("a", False, 5), ("new", False, 6), ("c", False, 7)]


def test_removing(scope):
    assert (scope.remove("a"), scope["a"], scope.remove("z"), scope.pop()) == (2, 1, None, "x")
    del scope["a"]
    assert list(scope) == [("LIMIT", True, 9)]
    with pytest.raises(KeyError):
        del scope["a"]
    scope.clear()
    with pytest.raises(IndexError):
        scope.pop()


def test_rewinding(scope):
    mark = len(scope)
    hr.Engine().eval("let local = 1; const K = 2;", scope=scope)
    assert [name for name, _, _ in scope][mark:] == ["local", "K"]
    scope.rewind(mark)
    assert len(scope) == mark


def test_copies(scope):
    assert [name for name, _, _ in scope.visible()] == ["LIMIT", "b", "a"]
    copy = scope.copy()
    copy["a"] = 100
    assert (scope["a"], copy["a"]) == (2, 100)


def test_a_scope_as_data_and_back(scope):
    data = scope.to_list()
    assert data[:2] == [
        {"name": "a", "value": 1, "is_constant": False},
        {"name": "LIMIT", "value": 9, "is_constant": True},
    ]
    assert list(hr.Scope.from_list(data)) == list(scope)
    assert list(hr.Scope.from_list([{"name": "x", "value": 1}])) == [("x", False, 1)]
    with pytest.raises(KeyError):
        hr.Scope.from_list([{"name": "x"}])


def test_a_scope_as_text(scope):
    scope.push("c", hr.Char("q")).push("m", {"k": [1.5, None]})
    assert repr(scope) == (
        '[1] a = 1\n[2] const LIMIT = 9\n[3] b = "x"\n[4] a = 2\n[5] c = \'q\'\n[6] m = #{"k": [1.5, ()]}'
    )
    assert repr(hr.Scope()) == ""


def test_aliases_are_exported():
    engine = hr.Engine()
    scope = hr.Scope({"x": 5})
    scope.set_alias("x", "shown").set_alias("x")
    with pytest.raises(KeyError):
        scope.set_alias("z")
    module = engine.eval_module(engine.compile("let y = 1; export y;"), scope)
    assert module.variables == {"shown": 5, "x": 5, "y": 1}


def test_a_variable_captured_by_a_closure_stays_shared():
    engine = hr.Engine()
    scope = hr.Scope({"n": 1})
    add = engine.eval("|k| n += k", scope=scope)
    add.call(engine, 5)
    assert scope["n"] == 6
    scope["n"] = 10
    add.call(engine, 1)
    assert scope["n"] == 11
