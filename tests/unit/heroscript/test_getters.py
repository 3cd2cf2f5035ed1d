"""Typed getters: what each accepts, gives, and says about a wrong value."""

import pytest

from horus_runtime.errors import ParseError
from horus_runtime.heroscript.parser import parse_params
from horus_runtime.heroscript.units import Amount, moment

GOOD = [
    ("get", "a:x", "x"),
    ("get_int", "a:-1_000", -1000),
    ("get_int", "a:+5", 5),
    ("get_i64", "a:9223372036854775807", 2**63 - 1),
    ("get_u8", "a:255", 255),
    ("get_u32", "a:4294967295", 2**32 - 1),
    ("get_u64", "a:18446744073709551615", 2**64 - 1),
    ("get_float", "a:1.5e2", 150.0),
    ("get_float", "a:250%", 2.5),
    ("get_percentage", "a:40%", 0.4),
    ("get_percentage", "a:%40", 0.4),
    ("get_percentage", "a:0.5", 0.005),
    ("get_default_true", "b:1", True),
    ("get_default_true", "a:", True),
    ("get_default_true", "a:Yes", True),
    ("get_default_true", "a:on", False),
    ("get_default_false", "b:1", False),
    ("get_default_false", "a:off", True),
    ("get_default_false", "a:No", False),
    ("get_list", "a:x,y", ["x", "y"]),
    ("get_list", "a:'b c','d, e'", ["b c", "d, e"]),
    ("get_list", "a:'x, \"y\" ,,z'", ["x", "y", "z"]),
    ("get_list", "a:[x, 'y z']", ["x", "y z"]),
    ("get_list", "a:'[x, y]'", ["x", "y"]),
    ("get_list", "a:", []),
    ("get_list_namefix", "a:'Foo Bar','Baz-1'", ["foo_bar", "baz_1"]),
    ("get_list_u8", "a:[1, 255]", [1, 255]),
    ("get_list_u16", "a:65535", [65535]),
    ("get_list_u32", "a:1,2", [1, 2]),
    ("get_list_u64", "a:1,2", [1, 2]),
    ("get_list_i8", "a:-128,127", [-128, 127]),
    ("get_list_i16", "a:-5", [-5]),
    ("get_list_int", "a:1,-2", [1, -2]),
    ("get_list_i64", "a:1,-2", [1, -2]),
    ("get_list_f32", "a:1.5,50%", [1.5, 0.5]),
    ("get_list_f64", "a:1.5", [1.5]),
    ("get_list_bool", "a:true,t,yes,1", [True, True, False, False]),
    ("get_email", "a:Ann@Example.ORG", "ann@example.org"),
    ("get_emails", "a:[A@b.io, C@d.io]", ["a@b.io", "c@d.io"]),
    ("get_telnr", "a:'+32 470-12-34'", "32 4701234"),
    ("get_telnrs", "a:'+32-1','+32-2'", ["321", "322"]),
    ("get_storagecapacity_in_bytes", "a:10", 10),
    ("get_storagecapacity_in_bytes", "a:2kb", 2048),
    ("get_storagecapacity_in_bytes", "a:8MB", 8 * 1024**2),
    ("get_storagecapacity_in_gigabytes", "a:3", 3),
    ("get_storagecapacity_in_gigabytes", "a:1025MB", 2),
    ("get_timestamp", "a:9", 9 * 3600),
    ("get_timestamp", "a:9:30", 9 * 3600 + 1800),
    ("get_timestamp", "a:'9:30 PM'", 21 * 3600 + 1800),
    ("get_timestamp", "a:12PM", 24 * 3600),
    ("get_currencyamount", "a:10usd", Amount(10.0, "USD")),
    ("get_currencyamount", "a:'USD 10'", Amount(10.0, "USD")),
    ("get_currencyamount", "a:$1", Amount(1.0, "USD")),
    ("get_currencyamount", "a:£2", Amount(2.0, "GBP")),
    ("get_currencyamount", "a:€3", Amount(3.0, "EUR")),
    ("get_currencyamount", "a:10", Amount(10.0, "USD")),
    ("get_currencyamount", "a:10k", Amount(10_000.0, "USD")),
    ("get_currencyamount", "a:'20 k tft'", Amount(20_000.0, "TFT")),
    ("get_currencyamount", "a:5mEUR", Amount(5_000_000.0, "EUR")),
    ("get_currencyfloat", "a:'1_000 EUR'", 1000.0),
]  # fmt: skip

BAD = [
    ("get_int", "1.5", "is not a whole number"),
    ("get_int", "2147483648", "is not between -2147483648 and 2147483647"),
    ("get_u8", "256", "is not between 0 and 255"),
    ("get_u8", "-1", "is not a whole number without sign"),
    ("get_u64", "1_0", "is not a whole number without sign"),
    ("get_float", "ten", "is not a number"),
    ("get_percentage", "101%", "is not between 0 and 100 percent"),
    ("get_percentage", "half", "is not a percentage"),
    ("get_storagecapacity_in_bytes", "1TB", "is not a size: a whole number with KB, MB or GB right behind it"),
    ("get_storagecapacity_in_bytes", "10G", "is not a size: a whole number with KB, MB or GB right behind it"),
    ("get_time", "+1x", "is not a relative time: signed numbers with one of the units s m h d w M Q Y"),
    ("get_time", "soon", "is not a time: YYYY-MM-DD, perhaps with HH, HH:mm or HH:mm:ss"),
    ("get_time", "2026-02-30", "is not a day of the calendar"),
    ("get_timestamp", "25", "is not a time of day"),
    ("get_timestamp", "13PM", "is not a time of day"),
    ("get_timestamp", "1:2:3", "is not a time of day: H, H:M, perhaps with AM or PM"),
    ("get_currencyamount", "10 XQX", "has a currency 'XQX' that is not known"),
    ("get_currencyamount", "much", "is not an amount of money"),
]


@pytest.mark.parametrize(("getter", "text", "expected"), GOOD)
def test_a_getter_gives_the_typed_value(getter, text, expected):
    value = getattr(parse_params(text), getter)("a")
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(("getter", "value", "problem"), BAD)
def test_a_wrong_value_is_named_with_its_parameter(getter, value, problem):
    params = parse_params(f"a:'{value}'")
    with pytest.raises(ParseError) as caught:
        getattr(params, getter)("a")
    assert (caught.value.kind, caught.value.message) == (
        "InvalidParameter", f"parameter 'a': the value '{value}' {problem}",
    )  # fmt: skip


def test_a_default_stands_in_for_a_missing_value_and_for_no_wrong_one():
    params = parse_params("n:x")
    assert (params.get_int("a", 7), params.get_int_default("a", 7), params.get_list_default("a", ["z"])) == (
        7,
        7,
        ["z"],
    )
    assert params.get_percentage_default("a", "25%") == 0.25
    with pytest.raises(ParseError) as wrong:
        params.get_int_default("n", 7)
    assert wrong.value.message == "parameter 'n': the value 'x' is not a whole number"
    with pytest.raises(ParseError) as missing:
        params.get_int("a")
    assert (missing.value.kind, missing.value.message) == ("MissingParameter", "the parameter 'a' is missing")


def test_a_bad_item_of_a_list_is_an_error_with_a_default_too():
    with pytest.raises(ParseError) as caught:
        parse_params("a:1,x").get_list_int_default("a", [])
    assert caught.value.message == "parameter 'a': the value 'x' is not a whole number"


def test_arguments_by_index():
    params = parse_params("one '22' three")
    assert (params.get_arg(0), params.get_arg_int(1), params.get_arg_default(9, "z")) == ("one", 22, "z")
    assert (params.get_arg_int_default(9, 4), params.get_arg_check(2, 3)) == (4, "three")
    assert (params.exists_arg("ONE"), params.exists_arg("four")) == (True, False)
    with pytest.raises(ParseError) as caught:
        params.get_arg(3)
    assert caught.value.message == "there is no argument 3, there are 3"
    with pytest.raises(ParseError) as counted:
        params.check_arg_len(2)
    assert counted.value.message == "2 arguments are expected, there are 3"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+1w +2d -4h", 1000 + 763_200), ("-15s", 985), ("- 1 s + 1 h", 1000 + 3599), ("", 1000), ("0", 1000),
        ("+1M", 1000 + 2_592_000), ("+1Q", 1000 + 7_776_000), ("+1Y", 1000 + 31_536_000), ("+2m", 1120),
        ("1970-01-02", 86_400), ("1970-1-2 3", 86_400 + 10_800), ("2022-12-05 10:30", 1_670_236_200),
        ("2022/12/05 10:30:15", 1_670_236_215), ("05/12/2022", 1_670_198_400), ("5-12-2022", 1_670_198_400),
    ],
)  # fmt: skip
def test_times(text, expected):
    assert moment(text, 1000) == expected


def test_get_time_takes_the_present_from_the_caller():
    assert parse_params("a:'+1h'").get_time("a", now=50) == 3650


def test_paths(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_params("a:~/new").get_path_create("a") == str(tmp_path / "new")
    assert parse_params("a:~/new").get_path("a") == str(tmp_path / "new")
    with pytest.raises(ParseError) as caught:
        parse_params("a:~/none").get_path("a")
    assert caught.value.message == f"the parameter 'a' names '{tmp_path}/none', which does not exist"


def test_nested_params_and_synonyms():
    params = parse_params("inner:'x:1 y' size:Large")
    assert params.get_params("inner").to_dict() == {"x": "1"}
    assert params.get_params("inner").arguments() == ["y"]
    sizes = {"s,small": "1", "l,large,big": "3"}
    assert params.get_from_hashmap("size", "s", sizes) == "3"
    assert params.get_from_hashmap("none", "small", sizes) == "1"
    with pytest.raises(ParseError) as caught:
        params.get_from_hashmap("none", "huge", sizes)
    assert caught.value.message == "the parameter 'none' has the value 'huge', which is none of s,small, l,large,big"
