"""Tokenizers of Hugging Face models: numbering, refusals, and files that are damaged or hostile."""

import json
from hashlib import sha256

import pytest

from audit.errors import DataError, ModelError
from audit.models.piece_tokenizer import PieceTokenizer, read_tokenizer

tokenizers = pytest.importorskip("tokenizers", reason='pip install "weight-audit[huggingface]"')
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "work", "##er"]
WITHOUT_UNKNOWN = {
    "WordLevel": lambda models: models.WordLevel({"good": 0, "bad": 1}),
    "BPE": lambda models: models.BPE({"g": 0, "o": 1, "d": 2, "b": 3, "a": 4}, []),
    "BPE with ends": lambda models: models.BPE(
        {"g": 0, "o": 1, "d": 2, "d</w>": 3, "b": 4, "a": 5}, [], end_of_word_suffix="</w>"
    ),
    "Unigram": lambda models: models.Unigram(
        [(piece, -1.0) for piece in ("good", "bad", *"gobad")]
    ),
}


def made(model, *, spaces=True, process=False):
    tokenizer = tokenizers.Tokenizer(model)
    if spaces:
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    if process:
        tokenizer.normalizer = tokenizers.normalizers.Lowercase()
        tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
        tokenizer.enable_padding(length=20)
        tokenizer.enable_truncation(1)
    return tokenizer


def wordpiece():
    places = {piece: number for number, piece in enumerate(PIECES)}
    return made(tokenizers.models.WordPiece(places, unk_token="[UNK]"), process=True)


def written(folder, content):
    folder.mkdir(exist_ok=True)
    text = content if isinstance(content, str) else content.to_str()
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    return folder


def read(folder, content):
    return read_tokenizer(written(folder / "pieces", content), "models/pieces")


def test_padding_and_unknown_come_first_and_the_others_by_their_numbers(tmp_path):
    found = read(tmp_path, wordpiece())
    assert found.vocabulary == (
        "[pad]", "[UNK]", "[PAD]", "[CLS]", "[SEP]", "good", "bad", "work", "##er",
    )  # fmt: skip


def test_pieces_are_said_as_they_stand_in_the_text_whole_and_without_additions(tmp_path):
    found = read(tmp_path, wordpiece())
    assert found.tokens("Good xyz worker") == [("Good", 5), ("xyz", 1), ("work", 7), ("er", 8)]
    assert found.tokens(" ") == []
    assert [number for _, number in found.tokens("\ud800 bad")] == [1, 6]


def test_the_file_is_kept_to_the_byte_with_its_hash(tmp_path):
    content = wordpiece().to_str(pretty=True)
    found = read(tmp_path, content)
    assert found.json == content
    assert found.sha256 == sha256(content.encode()).hexdigest()
    assert found.source == "pieces"
    with pytest.raises(ModelError, match="tokenizer pieces: expected sha256"):
        PieceTokenizer(source="pieces", json=content + " ", sha256=found.sha256)


@pytest.mark.parametrize("name", WITHOUT_UNKNOWN)
def test_what_is_outside_the_vocabulary_is_named_where_there_is_no_piece_for_it(tmp_path, name):
    found = read(tmp_path, made(WITHOUT_UNKNOWN[name](tokenizers.models)))
    assert found.vocabulary[:2] == ("[pad]", "[unk]")
    assert all(number >= 2 for _, number in found.tokens("good bad"))
    with pytest.raises(DataError, match="'ugly' is outside the vocabulary of tokenizer pieces"):
        found.tokens("good ugly bad")
    with pytest.raises(DataError, match="'gßod' is outside"):
        found.tokens("gßod")


def test_bytes_need_no_piece_for_the_unknown(tmp_path):
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    model = tokenizers.models.BPE({char: n for n, char in enumerate(sorted(alphabet))}, [])
    tokenizer = made(model, spaces=False)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    found = read(tmp_path, tokenizer)
    assert [piece for piece, _ in found.tokens("aß")] == ["a", "ß", "ß"]


def test_added_pieces_count_as_known(tmp_path):
    tokenizer = made(tokenizers.models.WordLevel({"good": 0}))
    tokenizer.add_special_tokens(["<mask>"])
    found = read(tmp_path, tokenizer)
    assert found.tokens("good <mask>") == [("good", 2), ("<mask>", 3)]


@pytest.mark.parametrize(
    "content",
    ["", "{", "null", "[]", "[" * 100_000, '{"model": {"type": "BPE"}}', '{"version": "1.0"}'],
)
def test_what_is_no_tokenizer_is_one_line(tmp_path, content):
    with pytest.raises(ModelError, match="tokenizer pieces cannot be read") as raised:
        read(tmp_path, content)
    assert "\n" not in str(raised.value)


def test_a_fault_inside_the_library_is_one_line(tmp_path):
    model = tokenizers.models.BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")])
    description = json.loads(made(model).to_str())
    description["model"]["continuing_subword_prefix"] = "##"  # longer than the pieces to merge
    with pytest.raises(ModelError, match="tokenizer pieces cannot be read"):
        read(tmp_path, json.dumps(description))


@pytest.mark.parametrize("change", [{"dropout": 0.5}, {"nbest_size": 8}])
def test_a_tokenizer_that_draws_at_random_is_refused(tmp_path, change):
    kind = "BPE" if "dropout" in change else "Unigram"
    description = json.loads(made(WITHOUT_UNKNOWN[kind](tokenizers.models)).to_str())
    description["model"] |= change
    if kind == "Unigram":
        description["model"]["alpha"] = 0.1
    with pytest.raises(ModelError, match="cuts the same text in another way each time"):
        read(tmp_path, json.dumps(description))


def test_a_file_that_is_missing_large_or_no_text_is_one_line(tmp_path, monkeypatch):
    with pytest.raises(ModelError, match=r"models/none/tokenizer.json cannot be read: No such"):
        read_tokenizer(tmp_path / "none", "models/none")
    folder = written(tmp_path / "bytes", "")
    (folder / "tokenizer.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match="expected UTF-8 text"):
        read_tokenizer(folder, "bytes")
    monkeypatch.setattr("audit.models.piece_tokenizer.LARGEST", 1)
    with pytest.raises(ModelError, match="expected at most 0 MiB"):
        read_tokenizer(folder, "bytes")


def test_without_the_library_the_way_to_it_is_said(tmp_path, monkeypatch):
    content = wordpiece().to_str()
    monkeypatch.setitem(__import__("sys").modules, "tokenizers", None)
    with pytest.raises(ModelError, match=r'not installed; pip install "weight-audit\[hugging'):
        read(tmp_path, content)
