"""The seam between a network and the audit: named tensors in, one score for each row out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn

from audit.errors import AuditError, ModelError
from audit.models.architectures import Blueprint, describe
from audit.models.outputs import TWO, OutputForm, form, shaped
from audit.models.records import Kind, ModelRecord, Output, TrainingRecord
from audit.models.weights_file import weights_sha256
from audit.user_code import CodeRecord

Tensors = dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What the dimensions of a tensor that is no table mean.

    Attributes
    ----------
    kind : {"image", "words", "series"}
        ``image``: (rows, channels, height, width). ``words``: (rows, length), whole numbers that
        are places in a vocabulary. ``series``: (rows, channels, steps).
    names : tuple of str
        Of an image and a series: the channels. Of words: the vocabulary, in the order of the
        numbers.
    source : str
        The input of the data set that it was encoded from.
    """

    kind: Literal["image", "words", "series"]
    names: tuple[str, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """Tensors that a network takes, and where their columns come from.

    Attributes
    ----------
    tensors : dict of str to Tensor
        First dimension: rows.
    columns : dict of str to tuple of str
        For each tensor, the user's column of each position along its last dimension; of an image
        and a text, the name of the input alone.
    layouts : dict of str to Layout
        What each tensor is that is no table.
    """

    tensors: Tensors
    columns: dict[str, tuple[str, ...]]
    layouts: Mapping[str, Layout] = field(default_factory=dict)


class Encoder(Protocol):
    """From the inputs of a data set to tensors, each row by itself."""

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode a batch of named inputs."""
        ...


@dataclass(frozen=True, kw_only=True)
class TorchModel:
    """A network, the way into it and what it answers with.

    Attributes
    ----------
    network : nn.Module
    encoder : Encoder
    output : {"logit", "logits", "probability", "probabilities", "value"}
    kind : str
        Where it comes from: ``bundle``, ``factory``, ``trained``, ``module``, or the format of its
        file.
    device : torch.device
        Where the network lies.
    blueprint : Blueprint or None
        How to build the network again; None for a network of one's own.
    code : tuple of CodeRecord
        Code that the configuration named and that was run.
    training : TrainingRecord or None
        How it was trained, where that is known.
    notes : tuple of str
        What a reader must know about the network.
    features : tuple of str or None
        Columns of the table that it needs, in order, where the file says so.
    width : int or None
        How many columns of the table it takes, where that is known and no encoder stands between.
    classes : tuple or None
        Class labels in the order of its outputs (of one number: the negative and the positive
        class), where the file or the configuration says so.
    focus : int
        The place of the class whose probability is the score; 1 of two classes.
    outputs : int or None
        How many classes it answers about, where it gives a number for each and that is known.
    """

    network: nn.Module
    encoder: Encoder
    output: Output
    kind: Kind
    device: torch.device
    blueprint: Blueprint | None = None
    code: tuple[CodeRecord, ...] = ()
    training: TrainingRecord | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None
    width: int | None = None
    classes: tuple[Any, ...] | None = None
    focus: int = 1
    outputs: int | None = None

    @property
    def form(self) -> OutputForm:
        """Return the form of its answer."""
        return form(self.output, self.outputs or len(self.classes or ()) or TWO, self.focus)

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode a batch of named inputs, on the device of the network."""
        encoded = self.encoder.encode(inputs)
        moved = {name: self._moved(tensor) for name, tensor in encoded.tensors.items()}
        return replace(encoded, tensors=moved)

    def _moved(self, tensor: Tensor) -> Tensor:
        """Bring a tensor to the network: its device, and its precision where it is no integer."""
        weights = next((p for p in self.network.parameters() if p.is_floating_point()), None)
        precise = weights is not None and tensor.is_floating_point()
        return tensor.to(self.device, weights.dtype if weights is not None and precise else None)

    def answer(self, tensors: Tensors) -> Tensor:
        """Return what the network says, shape (n,) or (n, classes); gradients flow.

        One tensor is passed by position, several by keyword.

        Raises
        ------
        ModelError
            If the network fails on these tensors, or answers in another shape than declared.
        """
        rows = len(next(iter(tensors.values())))
        return shaped(self._call(tensors), self.form, rows)

    def score(self, tensors: Tensors) -> Tensor:
        """Return the score that the audit is about, shape (n,); gradients flow.

        The probability of the positive class (of several, the one in focus), in [0, 1]; of a
        regression the predicted value.
        """
        return self.form.score(self.answer(tensors))

    def logit(self, tensors: Tensors) -> Tensor:
        """Return the log odds of that probability, shape (n,); gradients flow.

        Declared probabilities are kept off 0 and 1 by 1e-7, so that the log odds are finite.

        Raises
        ------
        ModelError
            If the network answers with values, which have no odds.
        """
        logit = self.form.logit
        if logit is None:
            raise ModelError("a predicted value has no log odds", "ask for its score")
        return logit(self.answer(tensors))

    def record(
        self,
        *,
        name: str = "baseline",
        threshold: float | None,
        threshold_source: str,
        notes: tuple[str, ...] = (),
    ) -> ModelRecord:
        """Return what the evidence says about this network."""
        words, layers, parameters = describe(self.network)
        state = self.network.state_dict()
        return ModelRecord(
            name=name,
            kind=self.kind,
            sha256=weights_sha256(state) if state else None,
            architecture=words,
            parameters=parameters,
            output=self.output,
            threshold=threshold,
            threshold_source=threshold_source,
            layers=layers,
            code=self.code,
            notes=(*self.notes, *notes),
        )

    def _call(self, tensors: Tensors) -> object:
        try:
            if len(tensors) == 1:
                return self.network(next(iter(tensors.values())))
            return self.network(**tensors)
        except AuditError:
            raise
        except Exception as error:
            shapes = ", ".join(f"{key} {tuple(t.shape)}" for key, t in tensors.items())
            raise ModelError(
                f"the network failed on its input ({shapes}): {_told(error)}",
                _other_width(self.network, tensors)
                + "check that data.features are the columns it was trained on, in that order, "
                "or name an encoder with encode",
            ) from error


def _other_width(network: nn.Module, tensors: Tensors) -> str:
    """Say that the input has another number of columns than the first layer takes, if so."""
    first = next((part for part in network.modules() if isinstance(part, nn.Linear)), None)
    width = int(next(iter(tensors.values())).shape[-1]) if len(tensors) == 1 else None
    if first is None or width is None or width == first.in_features:
        return ""
    return f"the first Linear layer takes {first.in_features} inputs, there are {width}: "


def _told(error: Exception) -> str:
    """Return what went wrong; a TorchScript program quotes its source first."""
    text = f"{type(error).__name__}: {error}"
    return text.rstrip().rpartition("\n")[2] if "TorchScript" in text else text


def pick_device() -> torch.device:
    """Return the fastest device there is: cuda, mps or cpu."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
