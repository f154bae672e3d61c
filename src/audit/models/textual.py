"""Networks over the words of a text: what padding is, and convolutions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from audit.errors import ModelError
from audit.models.layers import Network, Shape, Trunk, activated, topped

PAD = 0


def present(tokens: Tensor) -> Tensor:
    """Return where tokens are no padding, shape (n, length).

    The first place always counts, so that even a text of padding alone has an answer.
    """
    return (tokens != PAD) | (torch.arange(tokens.shape[1], device=tokens.device) == 0)


class WindowTrunk(Trunk):
    """Convolutions over windows of two, three and four words, and the largest of each over time.

    A window begins at a word and may reach beyond the end of the text, where there is nothing, so
    that padding changes no answer (Kim 2014).

    Parameters
    ----------
    shape : Shape
        Of a text.
    channels : int
        Filters of each window.
    kernel : int
        Words of the middle window.
    embedding : int
        Numbers that stand for a word.
    activation : str
    """

    def __init__(
        self, shape: Shape, *, channels: int, kernel: int, embedding: int, activation: str
    ) -> None:
        super().__init__()
        self.embedding = embedded_words(shape, embedding)
        windows = sorted({max(kernel - 1, 1), kernel, kernel + 1})
        for window in windows:
            self.add_module(f"conv{window}", nn.Conv1d(embedding, channels, window))
        self.act = activated(activation)
        self.width = channels * len(windows)
        self.words = (
            f"{size_words(shape)} → embedding {embedding} → conv {channels} over "
            f"{', '.join(map(str, windows))}"
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the vectors, shape (n, width), of token numbers (n, length)."""
        return self.read(self.embedding(tokens), present(tokens))

    def read(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Return the vectors of embedded words (n, length, embedding), where the mask marks any."""
        over_time = embedded.transpose(1, 2)
        found = []
        for convolution in self.children():
            if isinstance(convolution, nn.Conv1d):
                (window,) = convolution.kernel_size
                values = self.act(convolution(functional.pad(over_time, (0, window - 1))))
                found.append(values.masked_fill(~mask[:, None, :], -math.inf).amax(dim=2))
        return torch.cat(found, dim=1)


def embedded_words(shape: Shape, width: int) -> nn.Embedding:
    """Return a table of embeddings, in which padding is zero and stays so.

    Raises
    ------
    ModelError
        If the input is no text.
    """
    if shape.kind != "text":
        raise ModelError(f"expected a text, came a {shape.kind}")
    return nn.Embedding(shape.size[0], width, padding_idx=PAD)


def size_words(shape: Shape) -> str:
    """Return the size of a text in words."""
    vocabulary, length = shape.size
    return f"{length} tokens of {vocabulary:,}"


def text_cnn(
    *,
    inputs: Sequence[Mapping[str, Any]],
    channels: Sequence[int],
    kernel: int,
    embedding: int,
    activation: str = "relu",
    **head: Any,  # noqa: ANN401 - settings of `mlp`
) -> Network:
    """Build a convolutional network for one text.

    Parameters
    ----------
    inputs : sequence of one mapping
        The name, kind and size of the input.
    channels, kernel, embedding
        Filters of each window (the last of `channels`), words of the middle window, and numbers
        that stand for a word.
    activation : str
        Of convolutions and head.
    **head
        The other arguments of `mlp`. Only the head is normalised: in the trunk, padding would
        count.
    """
    (given,) = inputs
    trunk = WindowTrunk(
        Shape.read(given),
        channels=channels[-1],
        kernel=kernel,
        embedding=embedding,
        activation=activation,
    )
    return topped("text CNN", trunk, activation=activation, **head)
