"""The built-in encoder of texts: tokens by number, cut at a length and padded to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import Field

from audit.data.inputs.batches import TextBatch
from audit.errors import DataError
from audit.models.layers import Shape
from audit.models.model import Encoded
from audit.models.named_input import encoded, given
from audit.models.piece_tokenizer import PieceTokenizer
from audit.models.word_tokenizer import PAD, UNKNOWN, Token, WordTokenizer

Tokenizer = Annotated[WordTokenizer | PieceTokenizer, Field(discriminator="kind")]


@dataclass(frozen=True, kw_only=True)
class TextCounts:
    """What became of some texts on their way into the network.

    Attributes
    ----------
    texts, tokens : int
        As they came.
    cut_texts, cut_tokens : int
        Texts longer than the network takes, and their tokens beyond that.
    unknown : int
        Tokens outside the vocabulary, of those that the network is given.
    unknown_texts : int
        Texts of which it is given no known token.
    """

    texts: int = 0
    tokens: int = 0
    cut_texts: int = 0
    cut_tokens: int = 0
    unknown: int = 0
    unknown_texts: int = 0

    def __add__(self, other: TextCounts) -> TextCounts:
        """Return the counts of both."""
        mine, theirs = asdict(self), asdict(other)
        return TextCounts(**{name: mine[name] + theirs[name] for name in mine})

    def notes(self, length: int) -> tuple[str, ...]:
        """Say what a reader must know: what was cut off and what was unknown.

        Parameters
        ----------
        length : int
            Most tokens of a text.
        """
        kept = self.tokens - self.cut_tokens
        counted = {
            f"{self.cut_texts:,} of {self.texts:,} texts are longer than {length} tokens: "
            f"{self.cut_tokens:,} of {self.tokens:,} tokens were cut off": self.cut_tokens,
            f"{self.unknown:,} of {kept:,} tokens ({self.unknown / max(kept, 1):.1%}) are outside "
            "the vocabulary": self.unknown,
            f"{self.unknown_texts:,} of {self.texts:,} texts hold no token of the "
            "vocabulary": self.unknown_texts,
        }
        return tuple(words for words, count in counted.items() if count)


@dataclass(frozen=True, kw_only=True)
class TextEncoder:
    """Encodes a text into an int64 tensor (rows, length) of token numbers, padded with 0.

    Attributes
    ----------
    name : str
        Of the input, and of the tensor.
    tokenizer : WordTokenizer or PieceTokenizer
    length : int
        Tokens beyond it are cut off.
    """

    name: str
    tokenizer: Tokenizer
    length: int
    kind: Literal["text"] = "text"

    @property
    def shape(self) -> Shape:
        """Return what one row is."""
        return Shape(
            name=self.name, kind="text", size=(len(self.tokenizer.vocabulary), self.length)
        )

    def tokens(self, text: str) -> list[Token]:
        """Return the tokens that the network is given, each as it stands in the text.

        The k-th one is at place k of the tensor.

        Raises
        ------
        DataError
            If a part of the text is outside the vocabulary of a tokenizer that cannot say so.
        """
        return self.tokenizer.tokens(text)[: self.length]

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode the texts of this input.

        Raises
        ------
        DataError
            If a text has no token, or one that the tokenizer cannot take; the row is named.
        """
        batch = given(inputs, self.name, TextBatch)
        numbers = np.full((len(batch), self.length), PAD, dtype=np.int64)
        for place, found in enumerate(self._each(batch)):
            kept = found[: self.length]
            numbers[place, : len(kept)] = [number for _, number in kept]
        return encoded(self.name, torch.from_numpy(numbers), "words", self.tokenizer.vocabulary)

    def counts(self, batch: TextBatch) -> TextCounts:
        """Count what is cut off some texts, and what in them is unknown.

        Raises
        ------
        DataError
            As `encode`.
        """
        return sum((self._count(found) for found in self._each(batch)), start=TextCounts())

    def _each(self, batch: TextBatch) -> Iterable[list[Token]]:
        for row, text in zip(batch.rows.tolist(), batch.texts, strict=True):
            try:
                found = self.tokenizer.tokens(text)
            except DataError as error:
                raise DataError(
                    f"input {self.name!r}, row {row + 1}: {error.problem}", error.hint
                ) from error
            if not found:
                raise DataError(
                    f"input {self.name!r}, row {row + 1}: expected a text with words, came none",
                    "leave the row out",
                )
            yield found

    def _count(self, found: list[Token]) -> TextCounts:
        cut = max(len(found) - self.length, 0)
        kept = found[: self.length]
        unknown = sum(number == UNKNOWN for _, number in kept)
        return TextCounts(
            texts=1,
            tokens=len(found),
            cut_texts=int(cut > 0),
            cut_tokens=cut,
            unknown=unknown,
            unknown_texts=int(unknown == len(kept)),
        )
