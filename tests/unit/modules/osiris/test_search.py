"""Full-text search: ranking, prefixes, accents, and signs that mean nothing."""

import pytest

from horus_runtime.errors import HostFailure


@pytest.fixture
def notes(store):
    model = store.model("notes").searchable(["title", "body"])
    for title, body in (("Zoë", "the quick brown fox"), ("Fox", "a fox and another fox"), ("Dog", "lazy, not quick")):
        model.create({"title": title, "body": body})
    return model


def titles(found) -> list[str]:
    return [record["title"] for record in found]


def test_best_matches_come_first_with_a_score(notes):
    found = notes.search("fox")
    assert titles(found) == ["Fox", "Zoë"]
    assert found[0]["_score"] > found[1]["_score"] > 0


def test_words_prefixes_and_accents(notes):
    assert titles(notes.search("zoe")) == ["Zoë"]
    assert sorted(titles(notes.search("qui"))) == ["Dog", "Zoë"]
    assert notes.search("qui", prefix=False) == []
    assert titles(notes.search("quick fox")) == ["Zoë"]
    assert len(notes.search("lazy fox", match="any")) == 3
    assert titles(notes.search("fox", fields=["title"])) == ["Fox"]
    assert titles(notes.search("fox", weights={"body": 0.0})) == ["Fox", "Zoë"]
    assert titles(notes.search("quick", filter_={"title__ne": "Dog"})) == ["Zoë"]
    assert titles(notes.search("fox", limit=1, offset=1)) == ["Zoë"]
    assert notes.search("fox", snippet=True)[0]["_snippet"].count("[") > 0


@pytest.mark.parametrize(
    "text", ["", "   ", '"', "-x", "a:b", "(", "*", "AND", "NEAR(", "title:", "'; DROP", "^", "{x}"]
)
def test_ordinary_text_is_never_a_syntax_error(notes, text):
    assert isinstance(notes.search(text), list)


def test_the_index_follows_the_records(notes):
    record = notes.search("lazy")[0]
    notes.update(record["id"], {"body": "eager"})
    assert (notes.search("lazy"), titles(notes.search("eager"))) == ([], ["Dog"])
    notes.delete(record["id"])
    assert notes.search("eager") == []
    notes.create_many([{"title": "New", "body": "eager again"}])
    assert titles(notes.search("eager")) == ["New"]


def test_existing_records_are_indexed_and_open_models_refuse(store):
    model = store.model("old")
    model.create({"a": "hello", "b": {"c": ["deep words"]}})
    with pytest.raises(HostFailure) as caught:
        model.search("hello")
    assert caught.value.message == "InvalidArgument: 'old' has no searchable fields"
    assert len(model.searchable(["a", "b"]).search("deep")) == 1
    with pytest.raises(HostFailure):
        model.search("x", fields=["z"])


def test_a_schema_can_ask_for_the_index(store):
    model = store.model("posts").declare({"title": "string! search", "n": "int"})
    model.create({"title": "Hello world"})
    assert len(model.search("world")) == 1
