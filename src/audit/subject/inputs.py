"""What a network is given: its columns and named inputs, held against those of the data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from audit.config import AuditConfig
from audit.data.dataset import Dataset
from audit.data.loading import TABLE, feature_names
from audit.data.table import Table
from audit.errors import ConfigError, nearest

if TYPE_CHECKING:
    from audit.models.answering import AnswerModel
    from audit.models.model import TorchModel


def require_inputs(config: AuditConfig, model: TorchModel | AnswerModel) -> None:
    """Refuse inputs that the network does not take, before any of them is read.

    Raises
    ------
    ConfigError
        Naming the input that is missing, of another kind, or too many.
    """
    from audit.models.answering import AnswerModel
    from audit.models.encoders import FunctionEncoder, NumericEncoder
    from audit.models.inputs_encoder import InputsEncoder

    if not isinstance(model, AnswerModel) and isinstance(
        model.encoder, FunctionEncoder | NumericEncoder
    ):
        return  # a network of one's own takes what its forward is written for
    kinds = {name: item.kind for name, item in config.data.inputs.items()} or {TABLE: "table"}
    wanted = {TABLE: "table"}
    if not isinstance(model, AnswerModel) and isinstance(model.encoder, InputsEncoder):
        wanted = {shape.name: shape.kind for shape in model.encoder.shapes}
    for name, kind in wanted.items():
        if kinds.get(name) != kind:
            came = f"came one of kind {kinds[name]}" if name in kinds else "came none"
            raise ConfigError(
                f"data.inputs: the network takes {name!r} of kind {kind}, {came}",
                nearest(name, kinds),
            )
    more = [name for name in kinds if name not in wanted]
    if more:
        raise ConfigError(
            f"data.inputs: {more[0]!r} is no input of the network", nearest(more[0], wanted)
        )


def with_text_notes(dataset: Dataset, model: TorchModel | AnswerModel) -> Dataset:
    """Say in the record what was cut off and what was unknown in the texts of the audited rows."""
    if not any(item.kind == "text" for item in dataset.record.inputs):
        return dataset
    from audit.models.answering import AnswerModel
    from audit.models.inputs_encoder import text_notes

    if isinstance(model, AnswerModel):
        return dataset
    notes = text_notes(model.encoder, dataset, dataset.splits["test"])
    records = tuple(
        replace(item, notes=item.notes + notes.get(item.name, ())) for item in dataset.record.inputs
    )
    return replace(dataset, record=replace(dataset.record, inputs=records))


def features_of(
    config: AuditConfig, table: Table, model: TorchModel | AnswerModel
) -> tuple[str, ...]:
    """Return the columns that the model is given: those that it names itself, if it does.

    Raises
    ------
    AuditError
        If the configuration names others, or they are not there.
    """
    own = _own_features(model)
    if own is None:
        found = feature_names(config.data, table)
        _require_width(model, found)
        return found
    stated = config.data.features.include
    if stated is not None and stated != own:
        _require_same_features(stated, own)
    for name in own:
        table.column(name, "feature of the network")
    return own


def _own_features(model: TorchModel | AnswerModel) -> tuple[str, ...] | None:
    from audit.models.answering import AnswerModel
    from audit.models.inputs_encoder import InputsEncoder
    from audit.models.tabular import TabularEncoder

    own = TabularEncoder | InputsEncoder
    if not isinstance(model, AnswerModel) and isinstance(model.encoder, own):
        return model.encoder.names
    return model.features


def _require_same_features(stated: tuple[str, ...], own: tuple[str, ...]) -> None:
    missing = [name for name in own if name not in stated]
    extra = [name for name in stated if name not in own]
    if missing or extra:
        parts = (("lacks", missing), ("also names", extra))
        told = " and ".join(f"{word} {names[0]!r}" for word, names in parts if names)
        raise ConfigError(
            f"data.features.include {told}: the network names the {len(own)} columns it takes",
            "leave data.features out",
        )


def _require_width(model: TorchModel | AnswerModel, features: tuple[str, ...]) -> None:
    width = model.width
    if width is not None and width != len(features):
        raise ConfigError(
            f"the network takes {width} inputs, data.features has {len(features)}: "
            f"{', '.join(features[:12])}{' …' if len(features) > 12 else ''}",  # noqa: PLR2004 - what fits in a line
            "name the columns it was trained on, in their order: data: {features: {include: "
            "[...]}}, or an encoder: model.encode",
        )


def require_its_target(
    config: AuditConfig, model: TorchModel | AnswerModel, features: Iterable[str]
) -> None:
    """Refuse to audit a network on a target that it sees, or was not trained on.

    Raises
    ------
    ConfigError
        Naming the target.
    """
    asked = config.data.target
    if asked.column in features:
        raise ConfigError(
            f"data.target: {asked.column!r} is an input of the network", "name what it predicts"
        )
    training = getattr(model, "training", None)
    trained = training.target if training else None
    shown = {key: value for key, value in (trained or {}).items() if value is not None}
    if trained is not None and shown != asked.model_dump(mode="json", exclude_none=True):
        raise ConfigError(
            f"data.target: the network was trained on another target: {shown}",
            "audit it on that one, or train again",
        )
