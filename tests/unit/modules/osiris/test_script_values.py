"""What scripts hand to the store is borrowed, not copied: neither side may see later changes of the other."""

from __future__ import annotations

import re

import pytest

import horus_runtime as hr
from horus_runtime.codegen.program import compile_script, dump


@pytest.fixture
def engine(store):
    return hr.Engine.osiris(store)


def test_a_record_shares_nothing_with_the_map_that_it_was_made_from(engine):
    script = """
        let m = osiris.model("users");
        let given = #{tags: ["a"], inner: #{n: 1}};
        let made = m.create(given);
        given.tags.push("b");
        given.inner.n = 2;
        made.tags.push("c");
        [given, made.tags, made.inner, m.get(made.id).tags, m.get(made.id).inner]
    """
    expected = [{"tags": ["a", "b"], "inner": {"n": 2}}, ["a", "c"], {"n": 1}, ["a"], {"n": 1}]
    assert engine.eval(script) == expected


def test_records_share_nothing_with_the_array_that_they_were_made_from(engine):
    script = """
        let m = osiris.model("users");
        let all = [#{tags: ["a"]}, #{tags: ["b"]}];
        let made = m.create_many(all);
        all[0].tags.push("x");
        made[1].tags.push("y");
        [all, made[0].tags, made[1].tags, m.all().map(|r| r.tags)]
    """
    assert engine.eval(script) == [[{"tags": ["a", "x"]}, {"tags": ["b"]}], ["a"], ["b", "y"], [["a"], ["b"]]]


def test_arguments_are_copied_for_functions_that_keep_them_and_for_no_others(engine):
    tree = engine.compile('let m = osiris.model("users"); let a = []; m.create_many(a); m.where(a); a')
    emitted = dump(compile_script(tree.script, tree.source_file, engine.compile_config(keep_tree=True)))
    assert re.search(r"_to_create_many_1\(_d, \w+, a\)", emitted)
    assert re.search(r"_to_where_1\(_d, \w+, _copy\(a\)\)", emitted)
