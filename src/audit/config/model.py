"""The model and predictions sections of audit.yaml: what is audited."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from audit.config.section import Section

Label = bool | int | float | str
Architecture = Literal["linear", "mlp", "cnn", "text_cnn", "transformer", "fusion"]
SHAPED = frozenset({"channels", "kernel", "embedding", "heads", "blocks", "normalisation"})
"""Settings that a stack of linear layers is recorded without, where they are as by default."""


class Train(Section):
    """A network to train."""

    architecture: Architecture = "mlp"
    """Network to build: linear, mlp (tables), cnn (images), text_cnn, transformer (texts) or fusion
    (several inputs)."""
    hidden: tuple[Annotated[int, Field(ge=1, le=65536)], ...] = (32, 16)
    """Units of each hidden layer; an empty list is a linear model."""
    activation: Literal["relu", "tanh", "gelu", "sigmoid"] = "relu"
    """Activation after each hidden layer."""
    channels: tuple[Annotated[int, Field(ge=1, le=65536)], ...] = Field((16, 32), min_length=1)
    """Channels of each convolution, in order: of images, texts and series."""
    kernel: int = Field(default=3, ge=1, le=1024)
    """Width of a convolution: pixels, words or steps."""
    embedding: int = Field(default=32, ge=1, le=65536)
    """Numbers that stand for a word, and width of a transformer."""
    heads: int = Field(default=2, ge=1, le=1024)
    """Attention heads of a transformer; they share `embedding` evenly."""
    blocks: int = Field(default=1, ge=1, le=128)
    """Encoder blocks of a transformer."""
    normalisation: Literal["none", "batch", "layer"] = "none"
    """What normalises the hidden units: nothing, the batch or the layer."""
    init: Literal["he", "xavier", "default"] = "he"
    """Initialisation of the weights (biases start at 0 for he and xavier)."""
    optimizer: Literal["adam", "sgd"] = "adam"
    """Optimiser."""
    lr: float = Field(default=1e-3, gt=0)
    """Learning rate."""
    l2: float = Field(default=1e-4, ge=0)
    """L2 penalty on weights (weight decay of the optimiser; biases are not decayed)."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of hidden units dropped in training."""
    epochs: int = Field(default=30, ge=1)
    """Most passes over the training rows."""
    batch_size: int = Field(default=128, ge=1)
    """Rows per update."""
    early_stopping: int = Field(default=5, ge=0)
    """Stop after so many epochs without a lower validation loss; 0 turns it off."""
    seed: int = 0
    """Seed of initialisation, order of rows and dropout."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.architecture == "transformer" and self.embedding % self.heads:
            raise ValueError(
                f"expected heads that share embedding evenly, came {self.heads} heads and an "
                f"embedding of {self.embedding}"
            )
        return self

    @model_serializer(mode="wrap")
    def _that_matter(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = dump(self)
        if self.architecture not in {"linear", "mlp"}:
            return values
        default = type(self).model_fields
        idle = {name for name in SHAPED if getattr(self, name) == default[name].default}
        return {name: value for name, value in values.items() if name not in idle}


class ModelConfig(Section):
    """The network: exactly one of bundle, factory, path and train."""

    bundle: Path | None = None
    """Folder written by audit train: model.safetensors and model.json."""
    factory: str | None = None
    """Own network: package.module:function or file.py:function that returns an nn.Module."""
    weights: Path | None = None
    """Weights of the own network: .safetensors, or .pt/.pth/.ckpt read with weights_only."""
    output: Literal["logit", "logits", "probability", "probabilities", "value"] | None = None
    """What the network answers with; not needed where its file says so."""
    encode: str | None = None
    """Own encoder: package.module:function or file.py:function, from a frame to named tensors."""
    classes: tuple[Label, ...] | None = Field(default=None, min_length=2)
    """Class labels in the order of the network's outputs, where they are not the target's order."""
    path: Path | None = None
    """A model file of another format: .onnx, .pt2, .pt, .skops, .keras, .h5, or a folder."""
    train: Train | None = None
    """Settings of a network to train."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [
            name
            for name in ("bundle", "factory", "path", "train")
            if getattr(self, name) is not None
        ]
        if len(given) != 1:
            came = " and ".join(given) or "none"
            raise ValueError(
                f"expected exactly one of bundle, factory, path and train, came {came}"
            )
        if self.factory is None and self.weights is not None:
            raise ValueError(
                "weights go with factory only; a file that is a whole network is a path"
            )
        own = self.factory is not None or self.path is not None
        if not own and any((self.output, self.encode, self.classes)):
            raise ValueError("output, encode and classes go with factory or path only")
        if self.factory is not None and self.output is None:
            raise ValueError("expected output: logit, logits, probability, probabilities or value")
        return self


class PredictionsConfig(Section):
    """Predictions instead of a network: a score, or hard labels."""

    score: str | None = None
    """Column of scores; positive is score >= threshold. Of several classes the probability of the
    one in focus, beside label; of a regression the predicted number."""
    label: str | None = None
    """Column of predicted labels or classes, coded like the target."""
    lower: str | None = None
    """Of a regression: column of the lower end of each row's prediction interval."""
    upper: str | None = None
    """Of a regression: column of its upper end."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if self.score is None and self.label is None:
            raise ValueError("expected exactly one of score and label")
        if (self.lower is None) != (self.upper is None):
            raise ValueError("expected both of lower and upper, or none")
        return self
