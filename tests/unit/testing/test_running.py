"""Cases run apart from each other, and what came of them is told."""

import json

import pytest

from horus_runtime.modules.policy import Policy
from horus_runtime.testing.discovery import TestFileError as WrongFileError
from horus_runtime.testing.discovery import find_files
from horus_runtime.testing.running import Settings
from horus_runtime.testing.suite import Plan, run_one, run_suite

USES = 'import "std/testing" as t;\n'


@pytest.fixture
def run(tmp_path):
    def run(text, **settings):
        path = tmp_path / "sample_test.rhai"
        path.write_text(text)
        return run_one(path, Plan((path,), Settings(**settings))).outcomes

    return run


def told(outcomes):
    return [(outcome.case.name, outcome.status) for outcome in outcomes]


def test_functions_named_test_are_cases_in_the_order_of_the_text(run):
    found = run(f"{USES}fn test_b() {{ t::assert(true); }}\nfn helper() {{}}\nfn test_a() {{ t::assert_eq(1, 1); }}")
    assert told(found) == [("test_b", "passed"), ("test_a", "passed")]


def test_a_failure_says_what_was_expected_and_where(run, tmp_path):
    [outcome] = run(f"{USES}fn test_sum() {{\n    t::assert_eq(1 + 1, 3);\n}}")
    assert (outcome.status, outcome.line) == ("failed", 3)
    assert outcome.message.splitlines()[:3] == [
        f"{tmp_path}/sample_test.rhai:3:8",
        "3:     t::assert_eq(1 + 1, 3);",
        "          ^ Runtime error: assertion failed: expected 3, got 2 @ 'std/testing' (line 8, position 20)",
    ]


def test_every_case_line_is_a_case(run):
    doc = "/// Squares.\n/// @case 2, 4\n/// @case 3, 8\n"
    text = f"{USES}{doc}fn test_square(n, square) {{ t::assert_eq(n * n, square); }}"
    assert told(run(text)) == [("test_square[2, 4]", "passed"), ("test_square[3, 8]", "failed")]


def test_arguments_of_a_case_may_be_any_expression(run):
    assert told(run('/// @case [1, 2].len(), #{a: "x, y"}\nfn test_it(n, map) { if map.a != "x, y" { throw 1 } }')) == [
        ('test_it[[1, 2].len(), #{a: "x, y"}]', "passed")
    ]


def test_a_case_with_too_few_arguments_fails(run):
    [outcome] = run("/// @case 1\nfn test_two(a, b) {}")
    assert (outcome.status, outcome.message) == ("failed", "test_two takes 2 arguments, the case '1' has 1")


def test_skipped_cases_give_their_reason(run):
    [outcome] = run("/// @skip waits for spring\nfn test_flowers() { throw 1; }")
    assert (outcome.status, outcome.message) == ("skipped", "waits for spring")


def test_an_expected_error_passes_and_its_absence_fails(run):
    found = run(
        "/// @throws out of bounds\nfn test_a() { let a = [1]; a[5] }\n"
        "/// @throws out of bounds\nfn test_b() { }\n"
        '/// @throws out of bounds\nfn test_c() { throw "other"; }'
    )
    assert told(found) == [("test_a", "passed"), ("test_b", "failed"), ("test_c", "failed")]
    assert found[1].message == "expected an error with 'out of bounds', none came"
    assert found[2].message.startswith("expected an error with 'out of bounds', but this came:\n")


def test_setup_makes_this_and_teardown_runs_after_failures(run):
    found = run(
        'fn setup() { #{n: 1} }\nfn teardown() { print("after " + this.n); }\n'
        "fn test_a() { this.n = 5; }\nfn test_b() { if this.n != 1 { throw `n is ${this.n}`; } throw 0; }"
    )
    assert [(outcome.status, outcome.output) for outcome in found] == [("passed", "after 5\n"), ("failed", "after 1\n")]
    assert "Runtime error: 0" in found[1].message


def test_cases_have_files_and_stores_of_their_own(run):
    found = run(
        f'{USES}fn test_a() {{ os.write("f.txt", "a"); osiris.model("m").create(#{{v: 1}}); }}\n'
        'fn test_b() { t::assert_false(os.exists("f.txt")); t::assert_eq(osiris.model("m").count(), 0); }'
    )
    assert told(found) == [("test_a", "passed"), ("test_b", "passed")]


def test_the_outside_is_closed_unless_it_was_granted(run, tmp_path):
    (tmp_path / "data.txt").write_text("data")
    text = f'fn test_read() {{ if os.read("{tmp_path}/data.txt") != "data" {{ throw 1; }} }}'
    [refused] = run(text)
    [granted] = run(text, policy=Policy(read=(str(tmp_path),)))
    assert (refused.status, granted.status) == ("failed", "passed")
    assert f"the capability 'read' is missing, grant it with --allow-read={tmp_path}/data.txt" in refused.message


def test_a_loop_without_end_fails_with_its_limit(run):
    [outcome] = run("fn test_loop() { loop {} }", limits={"max_operations": 1000})
    assert outcome.message.endswith("^ Too many operations\nhint: max_operations is 1000")


def test_snapshots_are_compared_and_kept_when_asked_for(run, tmp_path):
    text = 'fn test_map() { snapshot(#{b: [1], a: "x"}); snapshot("text", "named"); }'
    [missing] = run(text)
    assert "there is no snapshot 'test_map 1' yet; --update keeps this one:" in missing.message
    assert told(run(text, update=True)) == [("test_map", "passed")]
    assert json.loads((tmp_path / "__snapshots__" / "sample_test.json").read_text()) == {
        "test_map 1": '#{\n  "a": "x",\n  "b": [\n    1,\n  ],\n}',
        "test_map named": "text",
    }
    assert told(run(text)) == [("test_map", "passed")]
    [changed] = run(text.replace("[1]", "[2]"))
    assert [line.strip(" |") for line in changed.message.splitlines() if line.strip(" |")[:1] in "+-"] == [
        "--- kept",
        "+++ now",
        "-    1,",
        "+    2,",
    ]


def test_programs_and_servers_are_faked(run):
    found = run(
        USES
        + r"""
        fn setup() { fake::process("git status", #{stdout: "clean\n"}); }
        fn test_program() {
            t::assert_eq(process.run("git status --short").stdout, "clean\n");
            t::assert_eq(fake::calls()[0].command, ["/fake/git", "status", "--short"]);
        }
        /// @throws 'git' ended with code 3: no
        fn test_code() { fake::process("git pull", #{code: 3, stderr: "no"}); process.run("git pull"); }
        /// @throws no answer is faked for the program 'git push'; there are answers for: git status
        fn test_unknown() { process.run("git push"); }
        fn test_several_answers() {
            fake::process("date", #{stdout: "one"});
            fake::process("date", #{stdout: "two"});
            let said = [];
            for i in 0..3 { said.push(process.run("date").stdout); }
            t::assert_eq(said, ["one", "two", "two"]);
        }
        fn test_server() {
            fake::http("GET", "https://api.example.com/users", #{json: [#{name: "Ada"}]});
            fake::http("POST", "https://api.example.com/users", #{status: 201, body: "made"});
            t::assert_eq(http.get_json("https://api.example.com/users")[0].name, "Ada");
            t::assert_eq(http.post("https://api.example.com/users", "x").status, 201);
            t::assert_eq(fake::calls()[1].body, "x");
        }
        /// @throws no answer is faked for GET https://api.example.com/other
        fn test_other_address() {
            fake::http("GET", "https://api.example.com/users", #{});
            http.get("https://api.example.com/other");
        }
        /// @throws fake::process: unknown key 'output'; an answer has code, stderr, stdout
        fn test_wrong_answer() { fake::process("x", #{output: "1"}); }
        /// @throws is not allowed
        fn test_other_host() {
            fake::http("GET", "https://api.example.com/users", #{});
            http.get("https://elsewhere.example.com/");
        }
        fn test_files() {
            fake::files(#{"notes/a.txt": "hello"});
            t::assert_eq(os.read("notes/a.txt"), "hello");
        }
        /// @throws must be a text file inside the test's folder
        fn test_files_outside() { fake::files(#{"../a.txt": "hello"}); }
        """
    )
    assert [(o.case.function, o.message) for o in found if o.status != "passed"] == []
    assert len(found) == 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fn test_a(x) {}", "test_a has parameters but no '/// @case ...' line that gives them values"),
        ("/// @case 1\nfn test_a() {}", "test_a has '@case' lines but no parameters"),
        ("/// @cases 1\nfn test_a(x) {}", "test_a: unknown directive '@cases'; there are @case, @skip and @throws"),
        ("fn test_a( {}", "Expecting name of a parameter, but '{' is found"),
    ],
)
def test_a_broken_file_is_one_outcome(run, text, message):
    [outcome] = run(text)
    assert outcome.status == "broken"
    assert message in outcome.message or outcome.message.endswith("function 'test_a'")


def test_files_are_found_below_folders_and_by_name(tmp_path):
    for name in ("b_test.rhai", "a/c_test.rhai", ".hidden/d_test.rhai", "a/other.rhai", "target/e_test.rhai"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find_files([tmp_path, tmp_path / "a" / "other.rhai", tmp_path / "b_test.rhai"])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a/c_test.rhai", "b_test.rhai", "a/other.rhai"]
    with pytest.raises(WrongFileError) as caught:
        find_files([tmp_path / "nope"])
    assert str(caught.value) == f"there is no test file '{tmp_path}/nope'"


def suite(tmp_path, **options):
    (tmp_path / "a_test.rhai").write_text("fn test_one() { throw 1; }\nfn test_two() {}")
    (tmp_path / "b_test.rhai").write_text("fn test_three() {}")
    outcomes = run_suite(Plan((tmp_path,), **options), lambda outcome: None, lambda lines: None)
    return [(outcome.case.function, outcome.status) for outcome in outcomes]


def test_a_suite_runs_in_the_order_of_files(tmp_path):
    assert suite(tmp_path) == [("test_one", "failed"), ("test_two", "passed"), ("test_three", "passed")]


def test_a_suite_stops_at_the_first_failure_when_asked_to(tmp_path):
    assert suite(tmp_path, stop_at_failure=True) == [("test_one", "failed")]


def test_a_suite_runs_what_was_chosen(tmp_path):
    assert suite(tmp_path, keyword="t and not one") == [("test_two", "passed"), ("test_three", "passed")]
    chosen = frozenset({f"{tmp_path}/b_test.rhai::test_three"})
    assert suite(tmp_path, only=chosen) == [("test_three", "passed")]
