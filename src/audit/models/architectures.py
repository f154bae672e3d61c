"""Networks that the audit builds itself, by name and arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from audit.errors import AuditError, ModelError
from audit.models.convolutional import cnn
from audit.models.fusion import fusion
from audit.models.initialising import initialise
from audit.models.layers import linear, mlp
from audit.models.textual import text_cnn
from audit.models.transformer import transformer
from audit.models.wording import describe

__all__ = ["ARCHITECTURES", "Blueprint", "build", "describe", "initialise", "mlp"]

ARCHITECTURES: Mapping[str, Callable[..., nn.Module]] = {
    "mlp": mlp,
    "linear": linear,
    "cnn": cnn,
    "text_cnn": text_cnn,
    "transformer": transformer,
    "fusion": fusion,
}


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """How to build a network again.

    Attributes
    ----------
    name : str
        Name of an architecture.
    arguments : dict
        Plain values for its builder.
    """

    name: str
    arguments: dict[str, Any]


def build(blueprint: Blueprint) -> nn.Module:
    """Build the network of a blueprint.

    Raises
    ------
    ModelError
        If the architecture is unknown or does not take these arguments.
    """
    if blueprint.name not in ARCHITECTURES:
        raise ModelError.unknown("architecture", blueprint.name, ARCHITECTURES)
    try:
        return ARCHITECTURES[blueprint.name](**blueprint.arguments)
    except AuditError:
        raise
    except Exception as error:  # arguments of a damaged bundle are any values
        raise ModelError(
            f"architecture {blueprint.name!r} cannot be built from {blueprint.arguments}: {error}"
        ) from error
