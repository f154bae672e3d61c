"""The audit's own tokenizer: words and punctuation marks, numbered by how frequent they are."""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from audit.errors import ModelError

PAD, UNKNOWN = 0, 1
SPECIAL = ("[pad]", "[unk]")
LONGEST = 100
SURROGATES = re.compile("[\ud800-\udfff]")

Token = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class WordTokenizer:
    """Numbers the words of a text; a word outside the vocabulary is 1, ``[unk]``.

    Attributes
    ----------
    vocabulary : tuple of str
        ``[pad]``, ``[unk]``, then words by falling frequency in the training rows.
    """

    vocabulary: tuple[str, ...]
    kind: Literal["words"] = "words"

    def __post_init__(self) -> None:
        if self.vocabulary[:2] != SPECIAL or len(set(self.vocabulary)) < len(self.vocabulary):
            raise ModelError(f"expected a vocabulary of different words that begins {SPECIAL}")

    def tokens(self, text: str) -> list[Token]:
        """Return each word of a text as it stands there, lower-cased, with its number."""
        return [(word, self._numbers.get(word, UNKNOWN)) for word in words(text)]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        known = enumerate(self.vocabulary[len(SPECIAL) :], start=len(SPECIAL))
        return {word: number for number, word in known}


def words(text: str) -> list[str]:
    """Cut a text into lower-cased words and marks.

    A word is a run of letters, digits and underscores of any script, with their accents, and may
    hold apostrophes inside (``don't``); any other character that is no space is a token of its own.
    Composed and decomposed accents are one (NFC), as are ' and ’.
    """
    plain = SURROGATES.sub("\ufffd", text)
    lowered = unicodedata.normalize("NFC", plain.lower()).replace("\u2019", "'")
    return _pattern().findall(lowered)


@cache
def _pattern() -> re.Pattern[str]:
    # In the scripts of India and others vowels are marks, which \w leaves out.
    run = rf"\w[\w{_marks()}]*"
    return re.compile(rf"{run}(?:'{run})*|[^\w\s]")


def _marks() -> str:
    """Return the ranges of all combining marks, for a class of a regular expression."""
    ranges: list[list[int]] = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] == "M":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
