"""Which network fits which inputs: the blueprint for what an encoder gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.config import Train
from audit.errors import ModelError
from audit.models.architectures import ARCHITECTURES, Blueprint
from audit.models.inputs_encoder import InputsEncoder
from audit.models.layers import Kind, Shape
from audit.models.model import Encoder
from audit.models.tabular import TabularEncoder


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """What an architecture takes.

    Attributes
    ----------
    kinds : tuple of str
        Of its one input; of `fusion`, of each of any number.
    settings : tuple of str
        Of training, those that its builder takes beside inputs and outputs.
    """

    kinds: tuple[Kind, ...]
    settings: tuple[str, ...]


HEAD = ("hidden", "activation", "dropout", "normalisation")
FITTING: Mapping[str, Fitting] = {
    "linear": Fitting(kinds=("table",), settings=()),
    "mlp": Fitting(kinds=("table",), settings=HEAD),
    "cnn": Fitting(kinds=("image", "series"), settings=("channels", "kernel", *HEAD)),
    "text_cnn": Fitting(kinds=("text",), settings=("channels", "kernel", "embedding", *HEAD)),
    "transformer": Fitting(kinds=("text",), settings=("embedding", "heads", "blocks", *HEAD)),
    "fusion": Fitting(
        kinds=("table", "image", "text", "series"),
        settings=("channels", "kernel", "embedding", *HEAD),
    ),
}
FOR_ONE: Mapping[Kind, str] = {
    "table": "mlp",
    "image": "cnn",
    "text": "text_cnn or transformer",
    "series": "cnn",
}
SEVERAL = "fusion"


def blueprint_for(settings: Train, encoder: Encoder, outputs: int) -> Blueprint:
    """Choose the arguments of the configured architecture from what the encoder gives.

    Parameters
    ----------
    settings : Train
    encoder : TabularEncoder or InputsEncoder
    outputs : int
        One for a logit or a value, else one for each class.

    Raises
    ------
    ModelError
        If the architecture does not take these inputs; says which does.
    """
    name = settings.architecture
    if name not in ARCHITECTURES:
        raise ModelError.unknown("architecture", name, ARCHITECTURES)
    shapes = shapes_of(encoder)
    _require_fitting(name, shapes)
    chosen = {key: _plain(getattr(settings, key)) for key in FITTING[name].settings}
    if chosen.get("normalisation") == "none":  # as bundles said it before there was another
        del chosen["normalisation"]
    flat = FITTING[name].kinds == ("table",)
    inputs: Any = shapes[0].size[0] if flat else [shape.plain() for shape in shapes]
    return Blueprint(name=name, arguments={"inputs": inputs, **chosen, "outputs": outputs})


def shapes_of(encoder: Encoder) -> tuple[Shape, ...]:
    """Return what one row of each input is.

    Raises
    ------
    ModelError
        If it is an encoder of the user's own.
    """
    if isinstance(encoder, InputsEncoder):
        return encoder.shapes
    if isinstance(encoder, TabularEncoder):
        return (Shape(name="table", kind="table", size=(encoder.width,)),)
    raise ModelError("only the built-in encoders say what they give")


def require_matching(blueprint: Blueprint, encoder: Encoder) -> None:
    """Refuse a network that takes something else than the encoder beside it gives.

    Raises
    ------
    ModelError
        Saying what each is.
    """
    shapes = shapes_of(encoder)
    taken = blueprint.arguments.get("inputs")
    given: Any = [shape.plain() for shape in shapes]
    if isinstance(taken, int) and len(shapes) == 1 and shapes[0].kind == "table":
        given = shapes[0].size[0]
    if taken != given:
        raise ModelError(
            f"architecture.arguments: the network takes {taken}, preprocessing gives {given}",
            "write the bundle again with audit train",
        )


def _require_fitting(name: str, shapes: tuple[Shape, ...]) -> None:
    kinds = FITTING[name].kinds
    if name != SEVERAL and len(shapes) > 1:
        told = ", ".join(f"{shape.name} ({shape.kind})" for shape in shapes)
        raise ModelError(
            f"architecture {name} takes one {' or '.join(kinds)}, data.inputs has {told}",
            f"say model: {{train: {{architecture: {SEVERAL}}}}}",
        )
    for shape in shapes:
        if shape.kind not in kinds:
            raise ModelError(
                f"architecture {name} takes one {' or '.join(kinds)}, came the {shape.kind} "
                f"{shape.name!r}",
                f"say model: {{train: {{architecture: {FOR_ONE[shape.kind]}}}}}",
            )


def _plain(value: Any) -> Any:  # noqa: ANN401 - a setting
    return list(value) if isinstance(value, tuple) else value
