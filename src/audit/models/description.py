"""What ``model.json`` of a bundle says: the network as plain names and numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag, TypeAdapter, ValidationError
from torch import Tensor

from audit.data.columns import category_text
from audit.errors import ModelError
from audit.models.architectures import Blueprint
from audit.models.inputs_encoder import InputsEncoder
from audit.models.model import TorchModel
from audit.models.records import Output, TrainingRecord
from audit.models.tabular import TabularEncoder
from audit.models.weights_file import weights_sha256

SCHEMA_VERSION = "1.0.0"
OF_INPUTS = "1.1.0"
"""The version that also describes named inputs; a table of columns is described as ever."""
DESCRIPTION = "model.json"
LARGEST = 64 << 20
TABLE, INPUTS = "[table]", "[inputs]"


def _preprocessing(value: Any) -> str:  # noqa: ANN401 - any JSON value, or an encoder
    kind = value.get("kind") if isinstance(value, Mapping) else getattr(value, "kind", None)
    return INPUTS if kind == "inputs" else TABLE


@dataclass(frozen=True, kw_only=True)
class Description:
    """What ``model.json`` says.

    Attributes
    ----------
    schema_version : str
    architecture : Blueprint
    preprocessing : TabularEncoder or InputsEncoder
    output : str
    sha256, initial_sha256 : str
        Of the weights; `initial_sha256` is None where no initial weights were kept.
    training : TrainingRecord or None
    classes : tuple of str or None
        In the order of several outputs.
    """

    schema_version: str
    architecture: Blueprint
    preprocessing: Annotated[
        Annotated[TabularEncoder, Tag(TABLE)] | Annotated[InputsEncoder, Tag(INPUTS)],
        Discriminator(_preprocessing),
    ]
    output: Output
    sha256: str
    initial_sha256: str | None = None
    training: TrainingRecord | None = None
    classes: tuple[str, ...] | None = None
    kind: Literal["weight-audit bundle"] = "weight-audit bundle"


@cache
def _adapter() -> TypeAdapter[Description]:
    return TypeAdapter(Description)


def describe_model(
    model: TorchModel, initial_state: Mapping[str, Tensor] | None = None
) -> Description:
    """Say what is needed to load a network again.

    Raises
    ------
    ModelError
        If it was not built from a blueprint, with the built-in encoder.
    """
    encoder = model.encoder
    if model.blueprint is None or not isinstance(encoder, TabularEncoder | InputsEncoder):
        raise ModelError(
            "only a network that audit train built can be saved as a bundle",
            "keep the factory and the weights of your own network",
        )
    return Description(
        schema_version=OF_INPUTS if isinstance(encoder, InputsEncoder) else SCHEMA_VERSION,
        architecture=model.blueprint,
        preprocessing=encoder,
        output=model.output,
        sha256=weights_sha256(model.network.state_dict()),
        initial_sha256=weights_sha256(initial_state) if initial_state else None,
        training=model.training,
        classes=None if model.classes is None else tuple(map(category_text, model.classes)),
    )


def to_json(description: Description) -> bytes:
    """Serialise a description; the same description gives the same bytes.

    Raises
    ------
    ModelError
        If it is larger than a description may be.
    """
    values = asdict(description)
    if description.classes is None:  # as bundles said it before there were several classes
        del values["classes"]
    text = json.dumps(values, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False)
    content = text.encode() + b"\n"
    if len(content) > LARGEST:
        raise ModelError(
            f"{DESCRIPTION} has {len(content) >> 20:,} MiB, expected at most {LARGEST >> 20}",
            "learn a smaller vocabulary: data.inputs.NAME.vocabulary",
        )
    return content


def read_description(folder: Path) -> Description:
    """Read and check ``model.json`` of a bundle folder.

    Raises
    ------
    ModelError
        If it is missing, no JSON, of another major version, or says something impossible.
    """
    path = folder / DESCRIPTION
    if not path.is_file():
        raise ModelError(
            f"expected a bundle in {folder.name}/, came no {DESCRIPTION} there",
            "model.bundle is the folder that audit train wrote",
        )
    where = f"{folder.name}/{DESCRIPTION}"
    values = _parsed(path, where)
    version = values.get("schema_version") if isinstance(values, dict) else None
    if str(version).partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise ModelError(
            f"{where}: expected schema version {SCHEMA_VERSION}, came {version}",
            "read it with the version of weight-audit that wrote it",
        )
    try:
        return _adapter().validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if "[" not in str(part))
        raise ModelError(
            f"{where}: {place}: {first['msg']}", "write the bundle again with audit train"
        ) from error


def _parsed(path: Path, where: str) -> Any:  # noqa: ANN401 - any JSON value
    if path.stat().st_size > LARGEST:
        raise ModelError(f"{where} is larger than {LARGEST >> 20} MiB")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(
            f"{where}: expected JSON, came {error}", "write the bundle again with audit train"
        ) from error
