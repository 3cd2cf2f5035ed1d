"""`horus docs`: pages from doc comments, and definition files."""

import json

LIB = """\
#!/usr/bin/env horus
//! Shapes.
//!
//!     area(2, 3)

/// The area of a rectangle.
///
/// Both sides must be positive.
fn area(width, height) { width * height }

/** Shout. */
fn string.shout() { this.to_upper() }

private fn hidden() { 1 }

export const UNITS = 1;
"""
PAGE = """\
# shapes.rhai

Shapes.

    area(2, 3)

## Functions

### `area(width, height)`

The area of a rectangle.

Both sides must be positive.

### `string.shout()`

Shout.

## Exports

- `UNITS`
"""


def test_a_script_becomes_a_page(horus, work):
    (work / "shapes.rhai").write_text(LIB)
    assert horus("docs", "shapes.rhai") == (0, PAGE, "")


def test_pages_are_written_to_a_folder(horus, work):
    (work / "shapes.rhai").write_text(LIB)
    (work / "empty.rhai").write_text("")
    assert horus("docs", "--out=pages", "shapes.rhai", "empty.rhai") == (
        0,
        "wrote pages/shapes.md\nwrote pages/empty.md\n",
        "",
    )
    assert (work / "pages" / "shapes.md").read_text() == PAGE
    assert (work / "pages" / "empty.md").read_text() == "# empty.rhai\n"


def test_a_script_with_an_error_has_no_page(horus, work):
    (work / "wrong.rhai").write_text("fn f( {")
    done = horus("docs", "--out=pages", "wrong.rhai")
    assert (done.code, done.out, (work / "pages").exists()) == (1, "", False)
    assert done.err.startswith("wrong.rhai:1:7\n")


def test_the_modules_of_the_engine_have_a_page(horus):
    page = horus("docs").out
    assert page.startswith(
        "# What scripts can use\n\n## crypto\n\nHashes and random values.\n\n### `equal(first, second)`\n"
    )
    assert "\n## osiris\n" in page


def test_definition_files_and_json_name_everything(horus, work):
    done = horus("docs", "--definitions=defs")
    assert done.code == 0
    assert "fn sha256(data);" in (work / "defs" / "crypto.d.rhai").read_text()
    assert "crypto" in json.loads(horus("docs", "--json").out)["modules"]


def test_wrong_uses_are_told(horus, work):
    assert horus("docs", "--out=pages") == (2, "", "name the files to document\n")
    refused = horus("docs", "--json", "x.rhai")
    assert (refused.code, json.loads(refused.out)["error"]["message"]) == (
        2,
        "--json stands alone: it shows what the engine offers",
    )
