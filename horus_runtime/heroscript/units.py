"""Quantities as people write them in values: numbers, percentages, sizes, times, money. Text in, number out.

Every function raises `ValueError` whose message continues "the value '...'"; `getters` adds the parameter's name.
"""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Mapping
from typing import Final, NamedTuple

UNITS: Final[Mapping[str, int]] = {
    "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 2_592_000, "Q": 7_776_000, "Y": 31_536_000,
}  # fmt: skip
"""Seconds of the units of relative times: a month has 30 days, a quarter 90, a year 365."""
SIGNS: Final[Mapping[str, str]] = {"$": "USD", "£": "GBP", "€": "EUR"}
CODES: Final = frozenset(
    """
    AED ARS AUD BGN BRL BTC CAD CHF CLP CNY COP CZK DKK EGP ETH EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW MAD MXN
    MYR NGN NOK NZD PEN PHP PLN RON RSD SAR SEK SGD TFT THB TRY TWD TZS UAH UGX USD USDC VND XLM ZAR
    """.split()
)
"""Codes of currencies that amounts may have."""

_INTEGER: Final = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*")
_UNSIGNED: Final = re.compile(r"[0-9]+")
_FLOAT: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_CAPACITY: Final = re.compile(r"([0-9]+)(KB|MB|GB)?", re.IGNORECASE)
_FACTORS: Final = {"": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
_TERM: Final = re.compile(r"([+-])([0-9]+)([smhdwMQY])")
_DATE: Final = re.compile(
    r"([0-9]{1,4})[-/]([0-9]{1,2})[-/]([0-9]{1,4})(?:\s+([0-9]{1,2})(?::([0-9]{1,2})(?::([0-9]{1,2}))?)?)?"
)
_CLOCK: Final = re.compile(r"([0-9]{1,2})(?::([0-9]{1,2}))?\s*(AM|PM)?")
_AMOUNT: Final = re.compile(r"([A-Za-z]{3,4}|[$£€])?([+-]?[0-9]*\.?[0-9]+)([A-Za-z]*|[$£€])")


class Amount(NamedTuple):
    """Money: so much of a currency."""

    value: float
    currency: str


def integer(text: str, low: int, high: int) -> int:
    """A whole number between two bounds; unsigned ones (`low` 0) have digits only."""
    pattern = _UNSIGNED if low == 0 else _INTEGER
    if pattern.fullmatch(text) is None:
        raise ValueError("is not a whole number" if low else "is not a whole number without sign")
    number = int(text.replace("_", ""))
    if not low <= number <= high:
        raise ValueError(f"is not between {low} and {high}")
    return number


def decimal(text: str) -> float:
    """A number; a `%` anywhere divides it by 100."""
    plain = text.replace("%", "").strip()
    if _FLOAT.fullmatch(plain) is None:
        raise ValueError("is not a number")
    return float(plain) / 100 if "%" in text else float(plain)


def percentage(text: str) -> float:
    """`40`, `40%` or `%40` as 0.4; without the sign, too, the number is a percentage."""
    plain = text.removeprefix("%").removesuffix("%").strip()
    if _FLOAT.fullmatch(plain) is None:
        raise ValueError("is not a percentage")
    if not 0 <= float(plain) <= 100:
        raise ValueError("is not between 0 and 100 percent")
    return float(plain) / 100


def capacity(text: str, *, gigabytes: bool = False) -> int:
    """Bytes of `10`, `10KB`, `8MB`, `2gb`; or whole gigabytes, rounded up, where a bare number means them already."""
    match = _CAPACITY.fullmatch(text)
    if match is None:
        raise ValueError("is not a size: a whole number with KB, MB or GB right behind it")
    unit = (match[2] or "").upper()
    size = int(match[1]) * _FACTORS[unit]
    if not gigabytes:
        return size
    return int(match[1]) if not unit else -(-size // _FACTORS["GB"])


def moment(text: str, now: float | None = None) -> int:
    """Unix time of a relative (`+1w -4h`) or absolute (`2026-01-31 10:30`, UTC) time; empty and `0` are now."""
    base = int(time.time() if now is None else now)
    if text in {"", "0"}:
        return base
    if text[0] in "+-":
        return base + _relative(text)
    return _absolute(text)


def _relative(text: str) -> int:
    terms = "".join(text.split())
    total = at = 0
    while at < len(terms):
        match = _TERM.match(terms, at)
        if match is None:
            raise ValueError("is not a relative time: signed numbers with one of the units s m h d w M Q Y")
        total += int(match[1] + match[2]) * UNITS[match[3]]
        at = match.end()
    return total


def _absolute(text: str) -> int:
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError("is not a time: YYYY-MM-DD, perhaps with HH, HH:mm or HH:mm:ss")
    first, month, last = int(match[1]), int(match[2]), int(match[3])
    year, day = (first, last) if len(match[1]) > 2 else (last, first)
    hour, minute, second = (int(part or 0) for part in match.group(4, 5, 6))
    limits = ((1970, year, 9999), (1, month, 12), (0, hour, 23), (0, minute, 59), (0, second, 59))
    if not all(low <= number <= high for low, number, high in limits):
        raise ValueError("is not a time of the calendar")
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise ValueError("is not a day of the calendar")
    return calendar.timegm((year, month, day, hour, minute, second))


def clock(text: str) -> int:
    """Seconds since midnight of `9`, `9:30`, `9:30 PM`; `12 PM` is the end of the day, as the original has it."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError("is not a time of day: H, H:M, perhaps with AM or PM")
    hour, minute = int(match[1]), int(match[2] or 0)
    if hour > (12 if match[3] else 24) or minute > 60:
        raise ValueError("is not a time of day")
    return (hour + (12 if match[3] == "PM" else 0)) * 3600 + minute * 60


def amount(text: str) -> Amount:
    """Money: `10usd`, `USD 10`, `$1`, `10k` (thousand), `5mEUR` (million); without a code it is USD."""
    plain = re.sub(r"[\s_,]", "", text)
    match = _AMOUNT.fullmatch(plain)
    if match is None:
        raise ValueError("is not an amount of money")
    before, number, after = match[1] or "", float(match[2]), match[3] or ""
    factor = 1.0
    if after[:1].lower() in {"k", "m"} and after.upper() not in CODES and len(after) in {1, 4, 5}:
        factor, after = (1e3 if after[0].lower() == "k" else 1e6), after[1:]
    if before and after:
        raise ValueError("names two currencies")
    code = before or after or "USD"
    code = SIGNS.get(code, code.upper())
    if code not in CODES:
        raise ValueError(f"has a currency '{code}' that is not known")
    return Amount(number * factor, code)
