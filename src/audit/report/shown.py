"""Values as a reader sees them, each with the place it comes from, and phrases made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from audit.metrics.headline import parts_of
from audit.report.naming import CHOICES, GAPS, metric_name
from audit.report.numbers import FORMATS

LONG = 40
SPACE = 0x20
DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LINKS = {"value": "predicted values"}
"""Links whose name alone does not say what they are."""
OWN = ("text", "group", "key", "path", "words", "setting")
"""Formats of what may be a name of the user's own."""
WRITE: dict[str, Callable[[Any], str]] = {
    **FORMATS,
    "metric": lambda value: metric_name(value).label,
    "gap": lambda value: GAPS.get(value, value),
    "link": lambda value: LINKS.get(value, value),
    "choice": lambda value: CHOICES.get(value, value),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A value of the evidence as it is shown, with the place it comes from.

    Attributes
    ----------
    text : str
        What a reader sees.
    ref : str
        JSON pointer (RFC 6901) into ``audit.json``.
    format : str
        A name of `FORMATS` or `WRITE`, or ``group``, ``key`` or ``path``.
    key : float or str
        What a table is sorted by.
    """

    text: str
    ref: str
    format: str
    key: float | str

    @property
    def place(self) -> str:
        """The pointer as an attribute can hold it: ``%`` and controls percent-encoded."""
        return "".join(quote(c) if c == "%" or ord(c) < SPACE else c for c in self.ref)

    @property
    def named(self) -> bool:
        """Whether it may hold a name of the user's own, which is set apart from what is around."""
        return self.format in OWN or (self.format == "metric" and bool(parts_of(str(self.key))[1]))

    @property
    def look(self) -> str:
        """How a name needs to be laid out so that it harms nothing around it."""
        long = "long" if len(self.text) > LONG else ""
        bidi = "bidi" if any(char in DIRECTIONS for char in self.text) else ""
        return f"{long} {bidi}".strip()


Phrase = tuple["str | Shown", ...]
"""Words and values in reading order."""


def plain(phrase: Phrase) -> str:
    """Return a phrase as text, for places that hold no markup."""
    return "".join(part if isinstance(part, str) else part.text for part in phrase)


def joined(phrases: Iterable[Phrase], between: str = ", ") -> Phrase:
    """Join phrases by words."""
    parts: list[str | Shown] = []
    for phrase in phrases:
        parts += [between, *phrase] if parts else phrase
    return tuple(parts)
