"""`horus osiris`: every command, for people and for programs."""

import io
import json
import sys

import pytest

ANN = '{"id": "a", "name": "Ann", "age": 30}'


@pytest.fixture
def osiris(horus):
    """`osiris("models")` is `horus osiris models`, without the spaces at the ends of lines."""

    def run(*words):
        found = horus("osiris", *words)
        return found._replace(out="\n".join(line.rstrip() for line in found.out.splitlines()))

    return run


@pytest.fixture
def filled(osiris):
    osiris("create", "users", ANN)
    osiris("create", "users", '[{"id": "b", "name": "Bob\\u001b[31m", "age": 4}, {"id": "c", "name": "Cy"}]')
    return osiris


def data(outcome):
    assert (outcome.code, outcome.err) == (0, "")
    return json.loads(outcome.out)


def test_help_lists_the_commands(osiris):
    shown = osiris("--help").out
    for name in ("models", "show", "query", "create", "import", "export", "migrate", "backup", "stats", "shell"):
        assert f"\n  {name} " in shown


def test_create_and_query_for_programs(osiris):
    made = data(osiris("create", "users", ANN, "--json"))
    assert (made["id"], made["name"], made["_version"]) == ("a", "Ann", 1)
    assert data(osiris("query", "users", "--json")) == [made]
    assert data(osiris("query", "users", "age__gte=31", "--json")) == []
    assert data(osiris("query", "users", "--count", "--json")) == 1
    assert data(osiris("query", "users", "--where", '{"or": [{"age": 1}, {"name": "Ann"}]}', "--json")) == [made]
    assert data(osiris("show", "users", "a", "--json")) == made


def test_tables_for_people_show_control_characters(filled):
    shown = filled("query", "users", "--select", "name,age", "--order=-name")
    assert shown.out.splitlines() == [
        "id   name           age",
        "───────────────────────",
        "c    Cy            null",
        "b    Bob\\x1b[31m      4",
        "a    Ann             30",
    ]
    assert filled("query", "users", "name=zz").out == "no records"
    assert filled("query", "users", "--count").out == "3"
    assert filled("show", "users", "a").out.splitlines()[:3] == [
        "id           a",
        "name         Ann",
        "age          30",
    ]


def test_models_and_declarations(filled):
    assert filled("models").out.splitlines()[2].split() == ["users", "3", "68", "[]", "[]", "false"]
    assert data(filled("models", "--json"))[0]["rows"] == 3
    declared = data(filled("show", "users", "--json"))
    assert (declared["records"], declared["mode"], declared["schema"]) == (3, "open", {})
    assert data(filled("query", "users", "--explain", "--json"))["uses_index"] is False


def test_what_is_wrong_is_said_with_the_right_code(osiris, filled):
    cases = (
        (("models", "--db", "none.db"), 2, "there is no store 'none.db'"),
        (("query", "users", "name"), 2, "'name' is not a filter"),
        (("query", "users", "age__near=1"), 1, "QuerySyntax: unknown operator 'near' on 'age'"),
        (("create", "users", "{"), 2, "the record is not JSON: Expecting property name enclosed in double quotes"),
        (("create", "Users", "{}"), 1, "InvalidArgument: 'Users' cannot be a model's name"),
        (("create", "users", ANN), 1, "AlreadyExists: 'users' has a record 'a' already"),
        (("show", "users", "zz"), 1, "NotFound: there is no record 'zz' in 'users'"),
        (("import", "none.csv", "--model", "users"), 1, "NotFound: the file cannot be read: 'none.csv'"),
        (("import", "x.csv", "--dry-run"), 2, "these options need --model NAME"),
        (("export", "age=1"), 2, "filters, --format and --select need --model NAME"),
        (("migrate",), 2, "name the scripts to apply, or a folder of them"),
        (("migrate", "none"), 2, "there is no script or folder 'none'"),
        (("models", "--namespace", "../x"), 1, "InvalidArgument: '../x' cannot be a namespace's name"),
    )
    for words, code, message in cases:
        found = osiris(*words)
        assert (found.code, found.err[: len(message)]) == (code, message), words
    assert osiris("query", "users", "--at", "2020-01-01", "--json").code == 1


def test_files_that_are_no_stores(osiris, work):
    (work / "osiris.db").write_text("hello " * 500)
    found = osiris("models")
    assert (found.code, found.err) == (1, "StorageError: the file is not a store: 'osiris.db'\n")


def test_export_and_import(filled, work):
    assert filled("export", "--model", "users", "-o", "users.csv", "age__gte=5").code == 0
    assert (work / "users.csv").read_text().splitlines()[1].startswith("a,30,Ann,")
    assert filled("export", "--model", "users", "--format", "json", "--select", "name", "age=30").out == (
        '[\n{"id":"a","name":"Ann"}\n]'
    )
    assert filled("export", "-o", "all.jsonl").err.startswith("all.jsonl: ")
    assert data(filled("import", "all.jsonl", "--db", "copy.db", "--json"))["users"]["created"] == 3
    assert data(filled("import", "users.csv", "--model", "users", "--on-conflict", "skip", "--json"))["skipped"] == 1
    (work / "bad.jsonl").write_text('{"age": 1}\n{"_x": 1}\n')
    assert filled("import", "bad.jsonl", "--model", "users").err.startswith(
        "ValidationFailed: line 2 cannot be imported"
    )
    assert data(filled("query", "users", "--count", "--json")) == 3
    shown = filled("import", "bad.jsonl", "--model", "users", "--max-errors", "1").out
    assert "line   kind              message" in shown


def test_migrations_are_scripts_that_run_once(filled, work):
    (work / "steps").mkdir()
    (work / "steps" / "001_level.rhai").write_text(
        'osiris.model("users").add_field("level", #{type: "int", "default": 1});'
    )
    (work / "steps" / "002_bad.rhai").write_text('osiris.model("users").get("nobody");')
    assert data(filled("migrate", "steps/001_level.rhai", "--dry-run", "--json"))["applied"][0]["name"] == "001_level"
    found = filled("migrate", "steps")
    assert (
        found.code,
        found.err.splitlines()[0].endswith(
            "the migration '002_bad' failed: NotFound: there is no record 'nobody' in 'users'"
        ),
    ) == (1, True)
    assert [step["name"] for step in data(filled("migrate", "--list", "--json"))] == ["001_level"]
    assert data(filled("query", "users", "--json"))[0]["level"] == 1
    (work / "steps" / "002_bad.rhai").write_text("let x = ;")
    assert "Unexpected" in filled("migrate", "steps").err
    (work / "steps" / "002_bad.rhai").unlink()
    (work / "steps" / "001_level.rhai").write_text("1")
    assert (
        filled("migrate", "steps").err == "warning: the migration '001_level' was changed after it had been applied\n"
    )
    assert filled("migrate", "steps", "--strict").code == 1


def test_backup_and_stats(filled, work):
    found = data(filled("backup", "copy.db", "--json"))
    assert (work / "copy.db").stat().st_size == found["bytes"]
    assert filled("stats", "--check", "--db", "copy.db").out.splitlines()[-1] == "the file is whole"
    assert data(filled("stats", "--json"))["models"]["users"]["rows"] == 3


def test_namespaces(osiris):
    osiris("create", "notes", "{}", "--namespace", "team")
    assert data(osiris("models", "--json")) == []
    assert data(osiris("models", "--namespace", "team", "--json"))[0]["model"] == "notes"


def test_the_shell_runs_statements_from_a_pipe(filled, monkeypatch):
    lines = """let u = osiris.model("users");
u.nope()
fn older(x) {
  x + 1
}
older(u.get("a").age)
u.where("age", ">", 5).select("name").all()
print("hi " +
  u.count())
.models
.schema users
u.nope(1)
.help
u.get("c")
[1,

.quit
never
"""
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    found = filled("shell")
    shown = found.out.splitlines()
    assert shown[:6] == ["31", "id   name", "─────────", "a    Ann", "hi 3", "model   rows"]
    assert "the model is open" in shown
    assert "id           c" in shown
    assert [line for line in found.err.splitlines() if "^" in line] == [
        "     ^ Function not found: nope (Model)",
        "     ^ Function not found: nope (Model, i64)",
        "   ^ Expecting ']' to end this array literal",
    ]
    assert "never" not in found.out + found.err


def test_a_read_only_shell_changes_nothing(filled, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO('osiris.model("users").create(#{})\nosiris.model("users").count()\n'))
    found = filled("shell", "--read-only")
    assert found.out == "3"
    assert "grant it with --allow-osiris=write" in found.err
