"""How values of the evidence are written for a reader.

Rounding is of the shortest decimal that stands in `audit.json`, half to even, so that a reader with
the JSON at hand comes to the same digits.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import Any

MINUS = "\N{MINUS SIGN}"
FIRST_CONTROL_PICTURE = 0x2400
DELETE = 0x7F
NONCHARACTER = 0xFFFE
SMALL_P = 0.001
MOST_PLACES = 8
FEW_PLACES, LONG_WHOLE = 6, 15
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def decimal(value: float, places: int, *, scale: int = 1, signed: bool = False) -> str:
    """Write a number with a fixed number of decimals and a true minus sign.

    Parameters
    ----------
    value : float
    places : int
        Decimals after rounding half to even.
    scale : int, default 1
        100 for percentages.
    signed : bool, default False
        Whether a positive number carries its sign. Zero never does.
    """
    exact = Decimal(repr(value)) * scale
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{abs(rounded):,f}"


def visible(text: str) -> str:
    """Return `text` with control characters as visible signs; nothing else is changed.

    U+0000 to U+001F become their control pictures (NUL is ␀), U+007F becomes ␡; U+0080 to
    U+009F, lone surrogates and noncharacters become U+FFFD.
    """
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    code = ord(char)
    if code < ord(" "):
        return chr(FIRST_CONTROL_PICTURE + code)
    if code == DELETE:
        return "\N{SYMBOL FOR DELETE}"
    if unicodedata.category(char) in ("Cc", "Cs") or code & NONCHARACTER == NONCHARACTER:
        return "\N{REPLACEMENT CHARACTER}"
    return char


def group_name(group: Mapping[str, str], order: tuple[str, ...] = ()) -> str:
    """Name a group as ``sex = Female, race = Black``; the empty group is ``everyone``.

    `order` is the order of the attributes; those it does not name come last, by name.
    """
    if not group:
        return "everyone"
    rank = {attribute: place for place, attribute in enumerate(order)}
    names = sorted(group, key=lambda name: (rank.get(name, len(rank)), name))
    return visible(", ".join(f"{name} = {group[name]}" for name in names))


def _p(value: float) -> str:
    return f"< {SMALL_P}" if value < SMALL_P else decimal(value, 3)


def _digits(value: float, *, signed: bool = False) -> str:
    """Write four significant digits without an exponent, all digits before the point."""
    whole = Decimal(repr(value)).adjusted() if value else 0
    places = min(max(3 - whole, 0), MOST_PLACES)
    return decimal(value, places, signed=signed)


def _of_target(value: float, *, signed: bool = False) -> str:
    """Write four significant digits; with a power of ten where there would be too many zeros."""
    whole = Decimal(repr(value)).adjusted() if value else 0
    if -FEW_PLACES <= whole < LONG_WHOLE:
        return _digits(value, signed=signed)
    digits, power = f"{Decimal(repr(value)):.3e}".split("e")
    power = str(int(power)).translate(SUPERSCRIPT)
    return f"{decimal(float(digits), 3, signed=signed)}\N{MULTIPLICATION SIGN}10{power}"


def tick(value: float, step: float, *, signed: bool = False) -> str:
    """Write a value of an axis whose ticks lie `step` apart."""
    if not value:
        return "0"
    places = max(0, -Decimal(repr(step)).adjusted())
    if places > MOST_PLACES or abs(value) >= 10**LONG_WHOLE:
        return _of_target(value, signed=signed)
    return decimal(round(value, places + 1), places, signed=signed)


def _with(unit: str, write: Callable[[float], str], value: float) -> str:
    return write(value) + unit


def _setting(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if value is None or value in ([], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list):
        return ", ".join(_setting(item) for item in value)
    return json.dumps(value)


_hundred1 = partial(decimal, places=1, scale=100)
_signed1 = partial(decimal, places=1, scale=100, signed=True)
_signed2 = partial(decimal, places=2, scale=100, signed=True)
_signed4 = partial(decimal, places=4, scale=100, signed=True)

FORMATS: dict[str, Callable[[Any], str]] = {
    "percent0": partial(_with, "%", partial(decimal, places=0, scale=100)),
    "percent1": partial(_with, "%", _hundred1),
    "hundred1": _hundred1,
    "points1": partial(_with, "\N{NO-BREAK SPACE}pp", _signed1),
    "points2": partial(_with, "\N{NO-BREAK SPACE}pp", _signed2),
    "points4": partial(_with, "\N{NO-BREAK SPACE}pp", _signed4),
    "size1": partial(_with, "\N{NO-BREAK SPACE}pp", _hundred1),
    "size2": partial(_with, "\N{NO-BREAK SPACE}pp", partial(decimal, places=2, scale=100)),
    "signed1": _signed1,
    "signed2": _signed2,
    "ratio3": partial(decimal, places=3),
    "signed3": partial(decimal, places=3, signed=True),
    "fixed3": partial(decimal, places=3),
    "fixed4": partial(decimal, places=4),
    "digits4": _digits,
    "change4": partial(_digits, signed=True),
    "target4": _of_target,
    "move4": partial(_of_target, signed=True),
    "significant3": lambda value: f"{value:.3g}".replace("-", MINUS),
    "integer": partial(decimal, places=0),
    "p": _p,
    "sha12": lambda value: str(value)[:12],
    "text": lambda value: visible(str(value)),
    "sentence": lambda value: visible(str(value)).capitalize(),
    "words": lambda value: visible(str(value)).replace("_", " "),
    "setting": _setting,
}
"""Format by name: what `data-format` in the report refers to."""
