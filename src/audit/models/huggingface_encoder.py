"""From a column of texts to the tokens that a network takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from audit.data.columns import row_words
from audit.errors import AuditError, DataError, ModelError
from audit.models.columns import as_texts, is_numeric
from audit.models.huggingface_folder import Folder
from audit.models.huggingface_network import failed, library, quiet
from audit.models.model import Encoded, Layout

LONGEST = 512
NUMBERS = "input_ids"
BEFORE = ("roberta", "camembert", "xlm-roberta", "mpnet")  # count places from after the padding


@dataclass(frozen=True, kw_only=True)
class TextEncoder:
    """Turns one column of texts into tokens, each row of the same length.

    Attributes
    ----------
    tokenizer : PreTrainedTokenizerBase
    length : int
        Longer texts are cut, shorter ones padded.
    """

    tokenizer: Any
    length: int

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode the only column of the frame ``inputs["table"]``.

        Raises
        ------
        ModelError
            If there are several columns.
        DataError
            If the column holds numbers, or a value is missing.
        """
        frame = inputs["table"]
        name = self._only([str(item) for item in frame.columns])
        column = frame[frame.columns[0]]
        if is_numeric(column):
            raise DataError(
                f"column {name!r}: expected texts, came numbers",
                "name the column of texts: data: {features: {include: [...]}}",
            )
        texts, missing = as_texts(column)
        if missing.any():
            raise DataError(
                f"column {name!r}, row {row_words(column, missing)}: the text is missing "
                f"({int(missing.sum())} rows)",
                "fill it in, or leave these rows out",
            )
        tokens = self.tokenizer(
            texts.tolist(),
            padding="max_length",
            truncation=True,
            max_length=self.length,
            return_tensors="pt",
        )
        return Encoded(
            tensors=dict(tokens),
            columns=dict.fromkeys(tokens, (name,) * self.length),
            layouts={NUMBERS: Layout(kind="words", names=self._vocabulary, source="table")},
        )

    @cached_property
    def _vocabulary(self) -> tuple[str, ...]:
        pieces = {number: piece for piece, number in self.tokenizer.get_vocab().items()}
        return tuple(pieces.get(number, "") for number in range(max(pieces) + 1))

    def _only(self, names: list[str]) -> str:
        if len(names) != 1:
            raise ModelError(
                f"the network takes one column of texts, data.features has {len(names)}: "
                f"{', '.join(names[:12])}",
                "name it: data: {features: {include: [...]}}",
            )
        return names[0]


def read_encoder(folder: Folder) -> TextEncoder:
    """Return the encoder of a folder's tokenizer.

    Raises
    ------
    ModelError
        If transformers cannot read it, or it has no token to pad with.
    """
    transformers = library(folder)
    try:
        with quiet():
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                str(folder.path), local_files_only=True, trust_remote_code=False, use_fast=True
            )
    except AuditError:
        raise
    except Exception as error:
        raise failed(folder, "its tokenizer", error) from error
    if tokenizer.pad_token_id is None:
        raise ModelError(
            f"{folder.name}: its tokenizer has no token to pad with",
            "set tokenizer.pad_token and config.pad_token_id, and save both again",
        )
    length = _length(folder, tokenizer)
    if length < 1:
        raise ModelError(f"{folder.name}: its network takes {length} tokens, expected some")
    return TextEncoder(tokenizer=tokenizer, length=length)


def _length(folder: Folder, tokenizer: Any) -> int:  # noqa: ANN401 - of transformers
    places = folder.config.get("max_position_embeddings")
    most = [LONGEST, tokenizer.model_max_length]
    if isinstance(places, int) and places > 0:
        after = folder.config.get("model_type") in BEFORE
        most.append(places - (int(folder.config.get("pad_token_id") or 0) + 1 if after else 0))
    return int(min(most))
