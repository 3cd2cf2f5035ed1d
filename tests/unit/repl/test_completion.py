"""Completion knows variables, keys, methods by type, modules, files, actions and commands."""

import pytest

from horus_runtime.repl.completion import Candidate, Completer
from horus_runtime.repl.signature_help import Help, signature_help


@pytest.fixture
def completer(session):
    session.run('let users = [#{name: "Ada", address: #{city: "London"}}]; let user = users[0]; const UNIT = 3;')
    session.run("/// Adds one.\nfn plus_one(number) { number + 1 }")
    session.run('import "std/strings" as text_lib;')
    return Completer(session, [("vars", "Lists variables."), ("save", "Saves.")])


def texts(completer, before):
    return [candidate.text for candidate in completer.complete(before)]


def test_variables_come_first_the_latest_before_older_ones(completer):
    assert completer.complete("let a = us")[:2] == [
        Candidate("user", 2, "variable", "map"),
        Candidate("users", 2, "variable", "array"),
    ]


def test_constants_say_so(completer):
    assert completer.complete("UNI") == [Candidate("UNIT", 3, "variable", "const i64")]


def test_functions_of_the_session_have_their_signature(completer):
    assert completer.complete("plus") == [Candidate("plus_one", 4, "function", "plus_one(number)")]


def test_natives_modules_and_keywords_are_offered(completer):
    found = {candidate.text: candidate.kind for candidate in completer.complete("p")}
    assert (found["print"], found["process"], found["private"]) == ("function", "module", "keyword")


def test_nothing_is_offered_for_nothing_typed(completer):
    assert completer.complete("let a = ") == []


def test_keys_of_a_map_come_before_its_methods(completer):
    assert completer.complete("user.")[:2] == [
        Candidate("name", 0, "key", "string"),
        Candidate("address", 0, "key", "map"),
    ]
    assert "keys" in texts(completer, "user.")


def test_the_type_of_a_chain_of_keys_and_indexes_is_known(completer):
    assert texts(completer, "users[0].address.ci") == ["city"]
    assert "push" in texts(completer, "users.p")
    assert "push" not in texts(completer, "users[0].name.p")
    assert texts(completer, "users[0].name.to_up") == ["to_upper"]


def test_methods_follow_the_type_of_a_literal(completer):
    assert "to_upper" in texts(completer, '"abc".to_')
    assert "to_upper" not in texts(completer, "[1, 2].to_")
    assert "push" in texts(completer, "[1, 2].pu")


def test_methods_of_every_type_follow_an_unknown_receiver(completer):
    assert {"pop", "push"} <= set(texts(completer, "unknown().p"))


def test_modules_are_completed_with_both_separators(completer):
    assert "list_dir" in texts(completer, "os::list")
    assert "list_dir" in texts(completer, "os.list")
    assert "title" in texts(completer, "text_lib::ti")


def test_library_names_follow_import(completer):
    assert texts(completer, 'import "std/str') == ["std/strings"]


def test_files_are_completed_inside_strings(completer, tmp_path):
    (tmp_path / "report.txt").touch()
    (tmp_path / "reports").mkdir()
    assert completer.complete(f'os.read("{tmp_path}/rep') == [
        Candidate("report.txt", 3, "file"),
        Candidate("reports/", 3, "folder"),
    ]


def test_nothing_of_the_script_is_completed_inside_a_string(completer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert completer.complete('print("us') == []


def test_actions_and_their_parameters_are_completed(completer):
    assert "git.list" in texts(completer, "!!git.l")
    assert "filter:" in texts(completer, "!!git.list fil")


def test_commands_are_completed_with_what_they_do(completer):
    assert completer.complete(":va") == [Candidate(":vars", 3, "command", "Lists variables.")]
    assert texts(completer, ":type us") == ["user", "users"]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("plus_one(", Help(("plus_one(number)",), 0, "Adds one.")),
        ("let a = plus_one(1 + (2 * 3)", Help(("plus_one(number)",), 0, "Adds one.")),
        ("[1, 2, plus_one(", Help(("plus_one(number)",), 0, "Adds one.")),
        ("plus_one(1)", None),
        ("if plus_one(1) == 2 { ", None),
        ("unknown(", None),
        ('plus_one("a, b)', Help(("plus_one(number)",), 0, "Adds one.")),
    ],
)
def test_help_names_the_innermost_call(completer, before, expected):
    assert signature_help(before, completer) == expected


def test_help_on_a_method_counts_the_receiver(completer):
    found = signature_help('"abc".index_of(', completer)
    assert found.argument == 1
    assert "index_of(text: string, part: string) -> i64" in found.signatures


def test_help_on_a_module_function_does_not(completer):
    assert signature_help("os.list_dir(", completer).argument == 0


def test_a_variable_hides_the_module_of_its_name(completer):
    completer.session.run('let text = "abc";')
    assert signature_help("text.index_of(", completer).argument == 1


def test_files_that_only_begin_so_are_looked_at(completer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("day.txt", "other.txt", ".dark"):
        (tmp_path / name).touch()
    assert texts(completer, 'os.read("da') == ["data/", "day.txt"]
    assert texts(completer, 'os.read(".d') == [".dark"]
