"""The files that travel with the package are found, and only those."""

from pathlib import Path

import pytest

from horus_runtime import resources

ROOT = Path(__file__).parents[2]


def test_a_checkout_serves_its_own_folders():
    assert resources.resource_root("grammars") == ROOT / "grammars"
    assert resources.resource_root("stdlib") == ROOT / "stdlib"


def test_a_path_is_named_without_suffix():
    assert resources.grammar_path("rhai") == ROOT / "grammars" / "rhai.lark"
    assert resources.stdlib_path("text/wrap") == ROOT / "stdlib" / "text" / "wrap.rhai"


def test_text_is_read_from_the_named_file(tmp_path, monkeypatch):
    (tmp_path / "tiny.lark").write_text("start: “x”", encoding="utf-8")
    (tmp_path / "tiny.rhai").write_text("fn one() { 1 }", encoding="utf-8")
    monkeypatch.setattr(resources, "resource_root", lambda kind: tmp_path)
    assert resources.grammar_text("tiny") == "start: “x”"
    assert resources.stdlib_text("tiny") == "fn one() { 1 }"


def test_an_installed_package_is_served_before_a_checkout(tmp_path, monkeypatch):
    package = tmp_path / "horus_runtime"
    (package / "_data" / "stdlib").mkdir(parents=True)
    (tmp_path / "stdlib").mkdir()
    monkeypatch.setattr(resources, "_PACKAGE", package)
    assert resources.resource_root.__wrapped__("stdlib") == package / "_data" / "stdlib"


def test_a_damaged_installation_says_where_it_looked(tmp_path, monkeypatch):
    package = tmp_path / "horus_runtime"
    monkeypatch.setattr(resources, "_PACKAGE", package)
    with pytest.raises(resources.ResourceMissingError) as caught:
        resources.resource_root.__wrapped__("grammars")
    assert str(caught.value) == (
        f"horus_runtime is not installed completely: no grammars in {package}/_data/grammars or {tmp_path}/grammars"
    )


def test_a_missing_grammar_is_an_error_and_a_missing_script_is_none():
    with pytest.raises(resources.ResourceMissingError) as caught:
        resources.grammar_text("klingon")
    where = ROOT / "grammars" / "klingon.lark"
    assert str(caught.value) == f"horus_runtime is not installed completely: no grammar 'klingon' at {where}"
    assert resources.stdlib_text("klingon") is None


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "..", "../README", "a/../../b", "a//b", ".hidden", "a\\b", "a\0b", "a" * 5000, "README.md/x"],
)
def test_no_name_leads_out_of_the_library(name):
    assert resources.stdlib_text(name) is None


def test_a_name_that_climbs_is_refused():
    with pytest.raises(ValueError, match=r"^'\.\./pyproject' is not the name of a file in stdlib$"):
        resources.stdlib_path("../pyproject")
