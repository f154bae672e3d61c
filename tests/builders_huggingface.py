"""A tiny sequence classifier in a Hugging Face folder, made with random weights."""

from __future__ import annotations

import json
import os

import pytest
import torch

from audit.config import ModelConfig
from audit.models.huggingface import load_folder

os.environ["HF_HUB_OFFLINE"] = "1"
transformers = pytest.importorskip("transformers", reason='pip install "weight-audit[huggingface]"')
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "slow", "fast", "worker", "driver"]


def tokenizer():
    """Splits at blanks and knows ten words."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    places = {word: place for place, word in enumerate(WORDS)}
    inner = Tokenizer(models.WordLevel(places, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )


def classifier(kind="bert", **more):
    settings = {
        "vocab_size": len(WORDS), "hidden_size": 16, "num_hidden_layers": 2,
        "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 12,
    } | more  # fmt: skip
    config = transformers.AutoConfig.for_model(kind, **settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = transformers.AutoModelForSequenceClassification.from_config(config).eval()
        with torch.no_grad():
            for name, tensor in network.named_parameters():
                if "Norm" not in name:
                    tensor.normal_(std=0.5)
    return network


def saved(folder, network=None, **config):
    """Save a network and its tokenizer; `config` changes what config.json says."""
    transformers.utils.logging.disable_progress_bar()
    (network or classifier()).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    if config:
        changed(folder, "config.json", **config)
    return folder


def changed(folder, name, **values):
    """Change a JSON file; None takes a key out."""
    path = folder / name
    content = json.loads(path.read_text()) | values
    path.write_text(json.dumps({key: item for key, item in content.items() if item is not None}))


def load(folder, **settings):
    settings = {"path": folder.name, **settings}
    return load_folder(ModelConfig(**settings), folder.parent, device=torch.device("cpu"))
