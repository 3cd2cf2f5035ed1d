"""References and relations between models."""

import pytest

from horus_runtime.errors import HostFailure


def failure(function, *args, **options) -> dict:
    with pytest.raises(HostFailure) as caught:
        function(*args, **options)
    return caught.value.value


@pytest.fixture
def library(store):
    """Two authors, three books by them, and tags."""
    authors = store.model("authors")
    authors.create_many([{"id": "a", "name": "Ann"}, {"id": "b", "name": "Bob"}])
    books = store.model("books").declare({"title": "string!", "author_id": "ref(authors)"})
    for title, author in (("T1", "a"), ("T2", "a"), ("T3", "b"), ("T4", None)):
        books.create({"id": title, "title": title, "author_id": author})
    authors.has_many("books", "books")
    authors.has_one("debut", "books", "author_id")
    books.many_to_many("tags", "tags")
    return store


def test_related_gives_a_record_or_a_query(library):
    authors, books = library.model("authors"), library.model("books")
    assert books.related("T1", "author")["name"] == "Ann"
    assert books.related(books.get("T1"), "author_id")["name"] == "Ann"
    assert books.related("T4", "author") is None
    assert authors.related("a", "books").order("-title").pluck("title") == ["T2", "T1"]
    assert authors.related("a", "debut")["title"] == "T1"
    assert authors.related("x", "debut") is None


def test_include_embeds_with_one_read_each(library, monkeypatch):
    authors, books = library.model("authors"), library.model("books")
    statements = []
    rows = type(library).rows
    monkeypatch.setattr(
        type(library), "rows", lambda self, sql, values=(): statements.append(sql) or rows(self, sql, values)
    )
    found = books.query().include("author").all()
    assert [record["author"] and record["author"]["name"] for record in found] == ["Ann", "Ann", "Bob", None]
    assert sum('FROM "m_authors"' in sql for sql in statements) == 1
    many = authors.query().include("books", "debut").all()
    assert [[book["id"] for book in record["books"]] for record in many] == [["T1", "T2"], ["T3"]]
    assert [record["debut"]["id"] for record in many] == ["T1", "T3"]
    assert [record["author"]["id"] for record in books.where("title", "in", ["T1", "T3"]).include("author").each()] == [
        "a",
        "b",
    ]
    assert books.query().include("author").first()["author"]["id"] == "a"


def test_many_to_many_by_a_model_in_between(library):
    books, tags = library.model("books"), library.model("tags")
    red, blue = (tags.create({"name": name})["id"] for name in ("red", "blue"))
    assert (books.attach("T1", "tags", red), books.attach("T1", "tags", red)) == (True, False)
    books.attach(books.get("T1"), "tags", tags.get(blue))
    books.attach("T2", "tags", red)
    assert books.related("T1", "tags").order("name").pluck("name") == ["blue", "red"]
    found = books.where("title", "in", ["T1", "T2", "T3"]).include("tags").all()
    assert [sorted(tag["name"] for tag in record["tags"]) for record in found] == [["blue", "red"], ["red"], []]
    assert (books.detach("T1", "tags", blue), books.detach("T1", "tags", blue)) == (True, False)
    tags.delete(red)
    assert library.model("books_tags").count() == 0
    assert failure(books.attach, "T1", "tags", "ghost")["kind"] == "ReferenceViolation"


def test_attach_to_one_and_to_many(library):
    authors, books = library.model("authors"), library.model("books")
    assert books.attach("T4", "author", "b") is True
    assert authors.attach("a", "books", "T4") is True
    assert books.get("T4")["author_id"] == "a"
    assert authors.attach("a", "books", "T4") is False
    assert authors.detach("a", "books", "T4") is True
    assert books.get("T4")["author_id"] is None
    assert authors.detach("a", "books", "T4") is False


def test_relations_that_are_not_there(library):
    books = library.model("books")
    assert (
        failure(books.related, "T1", "writer")["message"] == "'books' has no relation 'writer'; known: tags, author_id"
    )
    assert failure(books.query().include, "writer")["kind"] == "InvalidArgument"
    found = failure(books.has_many, "x", "authors")
    assert (found["message"], found["hint"]) == (
        "has_many: 'authors' has no field that refers to 'books'", "name the field",
    )  # fmt: skip
    assert failure(books.related, 7, "author")["message"] == "a record of 'books' or its id is needed, not 7"


def test_references_are_indexed_and_may_point_at_their_own_record(store):
    nodes = store.model("nodes").declare({"parent": {"type": "ref(nodes)", "on_delete": "cascade"}})
    assert [index.fields for index in nodes.indexes()] == [("parent",)]
    nodes.create({"id": "root", "parent": "root"})
    nodes.create({"id": "leaf", "parent": "root"})
    assert failure(nodes.create, {"parent": "ghost"})["kind"] == "ReferenceViolation"
    assert nodes.delete("root") is True
    assert nodes.count() == 0


def test_create_many_checks_references_and_names_the_index(library):
    books = library.model("books")
    found = failure(books.create_many, [{"title": "A", "author_id": "a"}, {"title": "B", "author_id": "zz"}])
    assert (found["kind"], found["index"]) == ("ReferenceViolation", 1)
    assert books.count() == 4
