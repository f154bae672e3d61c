"""What an explanation may change: floating-point tensors, and embeddings where numbers enter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from audit.errors import ModelError
from audit.models.embedding_entry import Entered, Entry, embedded, find_entries
from audit.models.model import Encoded, Layout, Tensors, TorchModel

PADDING = ("[pad]", "[PAD]", "<pad>")
MASK = "attention_mask"
BATCH = 1024
NUMBERS = 1 << 22


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """A network as a function of floating-point numbers, the rest of a row held as it is.

    Attributes
    ----------
    model : TorchModel
        Takes what `enter` gives.
    network : nn.Module
        As it is, without the entrance.
    entries : tuple of Entry
        The embeddings through which whole numbers enter.
    held : tuple of str
        Tensors of whole numbers that enter through no embedding, such as masks: they stay those of
        the row, and nothing is attributed to them.
    layouts : mapping of str to Layout
    batch : int
        How many rows are explained at once.
    """

    model: TorchModel
    network: nn.Module
    entries: tuple[Entry, ...]
    held: tuple[str, ...]
    layouts: Mapping[str, Layout]
    batch: int = BATCH

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the names of the tensors that hold words."""
        return tuple(name for name, layout in self.layouts.items() if layout.kind == "words")

    def enter(self, encoded: Encoded) -> Tensors:
        """Return floating-point tensors, embeddings by the key of their entry, and the rest."""
        values = {
            entry.key: embedded(self.network, entry, encoded.tensors[entry.tensor])
            for entry in self.entries
        }
        return {**encoded.tensors, **values}

    def padding(self, tensors: Tensors, name: str) -> Tensor:
        """Tell where a tensor of words is padding: by the mask that goes with it, or by its token.

        Parameters
        ----------
        tensors : dict of str to Tensor
            As encoded.
        name : str
        """
        numbers, mask = tensors[name], tensors.get(MASK)
        if mask is not None and mask.shape == numbers.shape:
            return mask == 0
        token = self.padding_token(name)
        return torch.zeros_like(numbers, dtype=torch.bool) if token is None else numbers == token

    def padding_token(self, name: str) -> int | None:
        """Return the number of the token that stands for padding, where there is one."""
        words = self.layouts[name].names
        known = next((word for word in PADDING if word in words), None)
        if known is not None:
            return words.index(known)
        for entry in self.entries:
            module = self.network.get_submodule(entry.module)
            if entry.tensor == name and isinstance(module.padding_idx, int):
                return module.padding_idx
        return None


def open_entrance(model: TorchModel, encoded: Encoded) -> Entrance:
    """Find the way into a network for some encoded rows.

    Raises
    ------
    ModelError
        If a tensor of words enters through no embedding, or no tensor has a gradient.
    """
    whole = [name for name, tensor in encoded.tensors.items() if not tensor.is_floating_point()]
    words = [name for name in whole if _kind(encoded, name) == "words"]
    entries = find_entries(model, encoded.tensors, tuple(words or whole)) if whole else ()
    entered = {entry.tensor for entry in entries}
    lacking = [name for name in words if name not in entered]
    if lacking or len(whole) - len(entered) == len(encoded.tensors):
        raise _no_gradient((lacking or whole)[0], encoded)
    entrance = Entrance(
        model=replace(model, network=Entered(model.network, entries)) if entries else model,
        network=model.network,
        entries=entries,
        held=tuple(name for name in whole if name not in entered),
        layouts=dict(encoded.layouts),
    )
    return replace(entrance, batch=_batch(encoded, entrance))


def _batch(encoded: Encoded, entrance: Entrance) -> int:
    """Return how many rows hold a bounded number of numbers; tables keep theirs."""
    if not entrance.layouts and not entrance.entries:
        return BATCH
    numbers = sum(tensor[0].numel() for tensor in entrance.enter(encoded).values())
    return int(min(BATCH, max(1, NUMBERS // max(numbers, 1))))


def _kind(encoded: Encoded, name: str) -> str:
    layout = encoded.layouts.get(name)
    return layout.kind if layout else "table"


def _no_gradient(name: str, encoded: Encoded) -> ModelError:
    dtype = str(encoded.tensors[name].dtype).removeprefix("torch.")
    return ModelError(
        f"tensor {name!r} holds {dtype} numbers: a gradient needs floating-point inputs, and no "
        "nn.Embedding of the network is called with this tensor",
        "let the encoder return embeddings, let the network pass the tensor to an nn.Embedding as "
        "it is, or turn explanations off",
    )
