"""A tokenizer of a Hugging Face model, kept whole as its JSON."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from audit.errors import AuditError, DataError, ModelError
from audit.models.word_tokenizer import SPECIAL, SURROGATES, UNKNOWN, Token

FILE = "tokenizer.json"
LARGEST = 24 << 20
EXTRA = 'pip install "weight-audit[huggingface]"'
PANIC = "PanicException"  # what a fault inside the library raises; it is no Exception


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A tokenizer that is ready, and how its numbers become those of the network.

    Attributes
    ----------
    tokenizer : tokenizers.Tokenizer
    vocabulary : tuple of str
    numbers : mapping of int to int
        From its own number of a piece to the place in `vocabulary`.
    unknown : bool
        Whether it has a piece for what it does not know.
    added : re.Pattern or None
        Pieces that it finds in a text before all else.
    """

    tokenizer: Any
    vocabulary: tuple[str, ...]
    numbers: Mapping[int, int]
    unknown: bool
    added: re.Pattern[str] | None


@dataclass(frozen=True, kw_only=True)
class PieceTokenizer:
    """Numbers the pieces of a text; no piece is put before or after them.

    The vocabulary is ``[pad]``, the piece for what is unknown (``[unk]``, which never occurs, where
    the tokenizer has none), then the others by their own numbers.

    Attributes
    ----------
    source : str
        Name of the folder that it was read from.
    json : str
        Content of its tokenizer.json.
    sha256 : str
        Of that.
    """

    source: str
    json: str
    sha256: str
    kind: Literal["huggingface"] = "huggingface"

    def __post_init__(self) -> None:
        found = hashlib.sha256(self.json.encode("utf-8", "replace")).hexdigest()
        if found != self.sha256:
            raise ModelError(
                f"{self._where}: expected sha256 {self.sha256[:12]}…, came {found[:12]}…",
                "write the bundle again with audit train",
            )

    @property
    def _where(self) -> str:
        return f"tokenizer {self.source}"

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Return the pieces in the order of their numbers."""
        return self.opened.vocabulary

    @cached_property
    def opened(self) -> Opened:
        """Return the tokenizer, ready for use.

        Raises
        ------
        ModelError
            If the library is not there, the JSON is no tokenizer, or it draws at random.
        """
        with self._told("cannot be read"):
            description = json.loads(self.json)
            tokenizer = _library(self._where).Tokenizer.from_str(self.json)
            tokenizer.no_padding()
            tokenizer.no_truncation()
            _require_steady(description["model"], self._where)
            return _opened(tokenizer, description)

    def tokens(self, text: str) -> list[Token]:
        """Return each piece of a text as it stands there, with its number.

        Raises
        ------
        DataError
            If a part of the text is outside its vocabulary, and it has no piece for that.
        """
        opened, plain = self.opened, SURROGATES.sub("\ufffd", text)
        if not opened.unknown:
            self._require_known(opened, plain)
        with self._told("failed on a text"):
            found = opened.tokenizer.encode(plain, add_special_tokens=False)
        return [
            (plain[first:last] or piece, opened.numbers[number])
            for piece, number, (first, last) in zip(
                found.tokens, found.ids, found.offsets, strict=True
            )
        ]

    def _require_known(self, opened: Opened, text: str) -> None:
        """Refuse what the library would drop without a word, or fail on without saying where."""
        for part in opened.added.split(text) if opened.added else [text]:
            for piece in self._pieces(opened.tokenizer, part):
                if not _covers(opened.tokenizer.model, piece):
                    raise DataError(
                        f"{piece!r} is outside the vocabulary of {self._where}, which has no piece "
                        "for what it does not know",
                        "correct the text, leave the row out, or use a tokenizer with such a piece",
                    )

    def _pieces(self, tokenizer: Any, text: str) -> list[str]:  # noqa: ANN401 - of tokenizers
        with self._told("failed on a text"):
            if tokenizer.normalizer is not None:
                text = tokenizer.normalizer.normalize_str(text)
            if tokenizer.pre_tokenizer is None:
                return [text] if text else []
            return [piece for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)]

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except AuditError:
            raise
        except BaseException as error:
            if not isinstance(error, Exception) and type(error).__name__ != PANIC:
                raise
            raise ModelError(
                f"{self._where} {what}: {error}", "save it again with tokenizer.save_pretrained"
            ) from error


def read_tokenizer(folder: Path, shown: str) -> PieceTokenizer:
    """Read the tokenizer.json in a folder.

    Parameters
    ----------
    folder : Path
    shown : str
        The folder as the user named it.

    Raises
    ------
    ModelError
        If it is not there, too large, or no tokenizer.
    """
    path = folder / FILE
    try:
        if path.stat().st_size > LARGEST:
            raise ModelError(f"{shown}/{FILE}: expected at most {LARGEST >> 20} MiB")
        content = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ModelError(f"{shown}/{FILE}: expected UTF-8 text, came other bytes") from error
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{shown}/{FILE} cannot be read: {getattr(error, 'strerror', None) or error}",
            "name a folder with a tokenizer.json, or say tokenizer: words",
        ) from error
    found = PieceTokenizer(
        source=folder.name, json=content, sha256=hashlib.sha256(content.encode()).hexdigest()
    )
    found.opened  # noqa: B018 - read now, so that a damaged one is told before training
    return found


def _library(where: str) -> Any:  # noqa: ANN401 - a module
    try:
        import tokenizers
    except ImportError as error:
        raise ModelError(f"{where} needs tokenizers, which is not installed", EXTRA) from error
    return tokenizers


def _require_steady(model: Mapping[str, Any], where: str) -> None:
    if model.get("dropout") or (model.get("nbest_size") or 0) not in {0, 1}:
        raise ModelError(
            f"{where} cuts the same text in another way each time",
            "take dropout and nbest_size out of its tokenizer.json",
        )


def _opened(tokenizer: Any, description: Mapping[str, Any]) -> Opened:  # noqa: ANN401 - of tokenizers
    pieces: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
    model = description["model"]
    unknown = model.get("unk_id")
    if unknown is None:
        unknown = pieces.get(str(model.get("unk_token")))
    known = sorted((number, piece) for piece, number in pieces.items() if number != unknown)
    numbers = {number: place for place, (number, _) in enumerate(known, start=len(SPECIAL))}
    second = SPECIAL[UNKNOWN]
    if unknown is not None:
        numbers[unknown], second = UNKNOWN, str(tokenizer.id_to_token(unknown))
    added = [re.escape(item["content"]) for item in description.get("added_tokens") or ()]
    return Opened(
        tokenizer=tokenizer,
        vocabulary=(SPECIAL[0], second, *(piece for _, piece in known)),
        numbers=numbers,
        unknown=unknown is not None,
        added=re.compile("|".join(added)) if added else None,
    )


def _covers(model: Any, piece: str) -> bool:  # noqa: ANN401 - of tokenizers
    try:
        found = model.tokenize(piece)
    except Exception:  # some models fail on what they do not know, others leave it out
        return False
    covered = sum(int(last) - int(first) for first, last in (token.offsets for token in found))
    return covered >= len(piece.encode())
