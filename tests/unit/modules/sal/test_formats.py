"""`yaml`, `toml` and `csv`: what goes round, what is refused and how that is said."""

import pytest

from horus_runtime.errors import HostFailure
from horus_runtime.modules.policy import Policy
from horus_runtime.modules.sal import sal_modules
from tests.support.host_calls import Caller, FakeContext

MODULES = sal_modules()
VALUE = {"name": "é", "list": [1, 2.5, True, None], "inner": {"a": "multi\nline", "b": []}}


@pytest.fixture
def use(tmp_path):
    context = FakeContext(Policy(read=(str(tmp_path),), write=(str(tmp_path),)), cwd=str(tmp_path))
    return lambda name: Caller(MODULES[name], context)


def refusal(call, *args):
    with pytest.raises(HostFailure) as caught:
        call(*args)
    return caught.value.failure, caught.value.value["message"]


def test_yaml_goes_round_through_files(use, tmp_path):
    yaml = use("yaml")
    assert yaml.parse(yaml.format(VALUE)) == VALUE
    assert yaml.format({"b": [1], "a": None}) == "b:\n- 1\na: null\n"
    assert yaml.format("x") == "x\n"
    yaml.write("v.yml", VALUE)
    assert yaml.read("v.yml") == VALUE


def test_yaml_has_the_types_of_scripts_only(use):
    yaml = use("yaml")
    assert yaml.parse("d: 2026-01-02\nt: 2026-01-02 03:04:05\nn: 0x10\n1: one") == {
        "d": "2026-01-02", "t": "2026-01-02 03:04:05", "n": 16, "1": "one",
    }  # fmt: skip
    assert refusal(yaml.parse, "!!python/object/apply:os.system [id]")[0] == "InvalidArgument"
    assert refusal(yaml.parse, "a: &x [1]\nb: *x") == (
        "InvalidArgument", "yaml.parse: the text is not YAML: aliases are not supported at line 2, column 4",
    )  # fmt: skip
    assert refusal(yaml.parse, "a: [1") == (
        "InvalidArgument",
        "yaml.parse: the text is not YAML: expected ',' or ']', but got '<stream end>' at line 1, column 6",
    )
    assert refusal(yaml.parse, "a: 1\n---\nb: 2")[0] == "InvalidArgument"
    assert refusal(yaml.parse, "n: 99999999999999999999") == (
        "InvalidArgument", "yaml.parse: the text: 'n' is an integer beyond 64 bits",
    )  # fmt: skip
    assert refusal(yaml.parse, "[" * 5000)[0] == "InvalidArgument"


def test_toml_goes_round_through_files(use):
    toml = use("toml")
    value = {"title": "x", "n": 1, "owner": {"list": [1, 2]}}
    assert toml.parse(toml.format(value)) == value
    toml.write("v.toml", value)
    assert toml.read("v.toml") == value
    assert toml.parse("d = 2026-01-02T03:04:05Z") == {"d": "2026-01-02T03:04:05+00:00"}
    assert refusal(toml.parse, "a = ") == (
        "InvalidArgument", "toml.parse: the text is not TOML: Invalid value (at end of document)",
    )  # fmt: skip
    assert refusal(toml.format, {"a": None})[0] == "InvalidArgument"


def test_csv_with_and_without_a_heading(use):
    csv = use("csv")
    assert csv.parse('a,b\n1,"x,y"\n') == [{"a": "1", "b": "x,y"}]
    assert csv.parse("a;b\n1;2\n", {"separator": ";", "header": False}) == [["a", "b"], ["1", "2"]]
    assert csv.format([{"a": 1, "b": None}, {"a": "x,y"}]) == 'a,b\n1,\n"x,y",\n'
    assert csv.format([[1, 2], ["a", "b"]]) == "1,2\na,b\n"
    csv.write("v.csv", [{"a": "1"}])
    assert csv.read("v.csv") == [{"a": "1"}]
    assert refusal(csv.parse, "a,b\n1\n") == (
        "InvalidArgument", "csv.parse: 'text' has 1 values in row 2, and 2 names",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["yaml", "toml", "csv"])
def test_files_pass_the_policy_and_name_what_is_wrong(use, tmp_path, name):
    module = use(name)
    assert refusal(module.read, "none") == ("NotFound", "there is no file or directory 'none'")
    assert refusal(module.read, "/etc/hostname")[0] == "PolicyDenied"
    (tmp_path / "bad").write_bytes(b"\xff")
    assert refusal(module.read, "bad")[0] == "InvalidEncoding"
    assert refusal(module.read, ".") == ("IsADirectory", "'.' is a directory")
