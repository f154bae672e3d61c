"""The rule by which a text is cut into words, and how words are numbered."""

import pytest

from audit.errors import ModelError
from audit.models.word_tokenizer import WordTokenizer, words
from oracles.texts import words as slow


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Good, good!", ["good", ",", "good", "!"]),
        ("don't 'ask' rock'n'roll", ["don't", "'", "ask", "'", "rock'n'roll"]),
        ("don\u2019t", ["don't"]),
        ("3.5 km/h_max", ["3", ".", "5", "km", "/", "h_max"]),
        ("cafe\u0301 caf\u00e9", ["caf\u00e9", "caf\u00e9"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("İstanbul STRASSE straße", ["i\u0307stanbul", "strasse", "straße"]),
        ("日本語 русский", ["日本語", "русский"]),
        ("ok\ud800 \U0001f44d\U0001f3fd", ["ok", "\ufffd", "\U0001f44d", "\U0001f3fd"]),
        ("  \t\n ", []),
        ("a\u00a0b\u2003c", ["a", "b", "c"]),
    ],
)
def test_the_rule(text, expected):
    assert words(text) == expected
    assert slow(text) == expected


def test_words_keep_their_places_and_unknown_ones_are_said_as_they_stand():
    tokenizer = WordTokenizer(vocabulary=("[pad]", "[unk]", "good", "."))
    assert tokenizer.tokens("Good food.") == [("good", 2), ("food", 1), (".", 3)]


def test_the_special_words_cannot_be_written_in_a_text():
    tokenizer = WordTokenizer(vocabulary=("[pad]", "[unk]", "pad"))
    assert [number for _, number in tokenizer.tokens("[pad]")] == [1, 2, 1]


@pytest.mark.parametrize(
    "vocabulary", [(), ("[pad]",), ("a", "b"), ("[unk]", "[pad]"), ("[pad]", "[unk]", "a", "a")]
)
def test_another_vocabulary_is_refused(vocabulary):
    with pytest.raises(ModelError, match="expected a vocabulary of different words"):
        WordTokenizer(vocabulary=vocabulary)
