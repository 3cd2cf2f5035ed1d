"""Functions of the script module that nothing else tests from a script."""

from __future__ import annotations

import pytest

import horus_runtime as hr


@pytest.fixture
def run(store):
    engine = hr.Engine.osiris(store)
    return engine.eval


def test_a_model_exists_from_its_first_record_on(run):
    script = """
        let before = osiris.has_model("users");
        osiris.model("users").create(#{name: "a"});
        [before, osiris.has_model("users"), osiris.has_model("others"), osiris.models()]
    """
    assert run(script) == [False, True, False, ["users"]]


def test_a_model_is_dropped_when_its_name_is_confirmed(run):
    script = """
        osiris.model("users").create(#{name: "a"});
        let refused = "";
        try { osiris.drop_model("users"); } catch (e) { refused = e.kind; }
        [refused, osiris.drop_model("users", #{confirm: "users"}), osiris.models()]
    """
    assert run(script) == ["InvalidArgument", True, []]


def test_indexes_come_and_go(run):
    script = """
        let users = osiris.model("users");
        users.create(#{name: "a", age: 1});
        let made = [users.index("age"), users.index("age"), users.unique(["name", "age"], #{name: "both"})];
        let names = users.indexes().map(|i| [i.name, i.fields, i.unique]);
        let gone = [users.drop_index("both"), users.drop_index("both")];
        [made, names.len(), gone, users.indexes().len()]
    """
    assert run(script) == [[True, False, True], 2, [True, False], 1]


def test_ids_and_times_are_those_of_the_store(run):
    assert run("[osiris.new_id(), osiris.new_id()]") == ["id-0001", "id-0002"]
    assert run("osiris.now()").startswith("2024-01-01T00:00:")


def test_searches_give_ids_and_counts_and_are_built_anew(run):
    script = """
        let notes = osiris.model("notes");
        notes.create_many([#{id: "a", text: "red fox"}, #{id: "b", text: "red hen"}, #{id: "c", text: "blue"}]);
        notes.searchable("text");
        let ids = notes.search_ids("red");
        ids.sort();
        [ids, notes.search_count("red"), notes.rebuild_search(), notes.search_ids("hen")]
    """
    assert run(script) == [["a", "b"], 2, 3, ["b"]]


def test_a_relation_named_by_hand_is_followed_and_filtered_by(run):
    script = """
        let users = osiris.model("users");
        let posts = osiris.model("posts");
        let ann = users.create(#{name: "Ann"});
        posts.create_many([#{title: "one", writer: ann.id}, #{title: "two"}]);
        posts.belongs_to("author", "users", "writer");
        let found = posts.where("author.name", "Ann").include("author").one();
        [found.title, found.author.name, posts.related(found, "author").name]
    """
    assert run(script) == ["one", "Ann", "Ann"]
