"""A small transformer encoder over the words of a text, in plain Linear layers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from audit.errors import ModelError
from audit.models.layers import Network, Shape, Trunk, activated, require_few, topped
from audit.models.textual import embedded_words, present, size_words

SLOWEST = 10_000.0
WIDER = 2


def positions(length: int, width: int, like: Tensor) -> Tensor:
    """Return sines and cosines of the places in a text, shape (length, width).

    Place p gives sin(p / 10000^(2i/width)) at 2i and the cosine at 2i + 1 (Vaswani et al. 2017);
    nothing in it is learnt, so that a text may have any length.
    """
    place = torch.arange(length, dtype=like.dtype, device=like.device)
    pair = torch.arange(0, width, 2, dtype=like.dtype, device=like.device)
    angles = place[:, None] * torch.exp(pair * (-math.log(SLOWEST) / width))
    waves = torch.stack([torch.sin(angles), torch.cos(angles)], dim=2)
    return waves.reshape(length, -1)[:, :width]


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over the places that the mask marks, (n, length, width) → (n, width)."""
    weights = mask.to(values.dtype)[:, :, None]
    return (values * weights).sum(dim=1) / weights.sum(dim=1)


class Attention(nn.Module):
    """Self-attention of several heads in four Linear layers: query, key, value and out."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if heads < 1 or width % heads:
            raise ModelError(
                f"expected heads that share embedding evenly, came {heads} heads and an embedding "
                f"of {width}"
            )
        self.heads = heads
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Mix the places that the mask marks, (n, length, width) → (n, length, width)."""
        query, key, value = (self._split(layer(x)) for layer in (self.query, self.key, self.value))
        scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[3])
        weights = scores.masked_fill(~mask[:, None, None, :], -math.inf).softmax(dim=3)
        mixed: Tensor = self.out((weights @ value).transpose(1, 2).flatten(start_dim=2))
        return mixed

    def _split(self, x: Tensor) -> Tensor:
        rows, length, width = x.shape
        return x.reshape(rows, length, self.heads, width // self.heads).transpose(1, 2)


class Block(nn.Module):
    """An encoder block that normalises first: attention, then two Linear layers, each added on."""

    def __init__(self, width: int, heads: int, activation: str, dropout: float) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.norm2, self.up = nn.LayerNorm(width), nn.Linear(width, WIDER * width)
        self.act, self.down = activated(activation), nn.Linear(WIDER * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return the same places, having looked at each other."""
        x = x + self.drop(self.attention(self.norm1(x), mask))
        added: Tensor = x + self.drop(self.down(self.act(self.up(self.norm2(x)))))
        return added


class TransformerTrunk(Trunk):
    """Embedded words with their places, encoder blocks that look past padding, and the mean.

    Parameters
    ----------
    shape : Shape
        Of a text.
    embedding, heads, blocks : int
    activation : str
    dropout : float
    """

    def __init__(
        self,
        shape: Shape,
        *,
        embedding: int,
        heads: int,
        blocks: int,
        activation: str,
        dropout: float,
    ) -> None:
        super().__init__()
        require_few("blocks", blocks)
        self.embedding = embedded_words(shape, embedding)
        for number in range(1, blocks + 1):
            self.add_module(f"block{number}", Block(embedding, heads, activation, dropout))
        self.norm = nn.LayerNorm(embedding)
        self.width = embedding
        self.words = f"{size_words(shape)} → {blocks} × attention {heads} × {embedding // heads}"

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the vectors, shape (n, embedding), of token numbers (n, length)."""
        return self.read(self.embedding(tokens), present(tokens))

    def read(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Return the vectors of embedded words (n, length, embedding), where the mask marks any."""
        length, width = embedded.shape[1:]
        # Embeddings are drawn with variance 1/width; at this size they weigh as much as places.
        x = embedded * math.sqrt(width) + positions(length, width, embedded)
        for block in self.children():
            if isinstance(block, Block):
                x = block(x, mask)
        return masked_mean(self.norm(x), mask)


def transformer(
    *,
    inputs: Sequence[Mapping[str, Any]],
    embedding: int,
    heads: int,
    blocks: int,
    activation: str = "relu",
    dropout: float = 0.0,
    **head: Any,  # noqa: ANN401 - settings of `mlp`
) -> Network:
    """Build a small transformer encoder for one text.

    Parameters
    ----------
    inputs : sequence of one mapping
        The name, kind and size of the input.
    embedding, heads, blocks : int
        Its width, attention heads and encoder blocks, which always normalise by layer.
    activation, dropout : str, float
        Of blocks and head.
    **head
        The other arguments of `mlp`.
    """
    (given,) = inputs
    same: dict[str, Any] = {"activation": activation, "dropout": dropout}
    trunk = TransformerTrunk(
        Shape.read(given), embedding=embedding, heads=heads, blocks=blocks, **same
    )
    return topped("transformer", trunk, **same, **head)
