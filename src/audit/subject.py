"""From a configuration to what is audited: people, their predictions, and the network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.config import AuditConfig, ModelConfig, PredictionsConfig, Target
from audit.data.columns import numbers
from audit.data.dataset import Dataset
from audit.data.loading import build_dataset, feature_names, read_table
from audit.data.records import Role
from audit.data.table import Table
from audit.data.target import labels
from audit.errors import ConfigError
from audit.models.records import ModelRecord, TrainingRecord
from audit.predictions import Predictions, from_labels, from_scores, predict
from audit.progress import Progress

if TYPE_CHECKING:
    from audit.models.answering import AnswerModel
    from audit.models.model import TorchModel
    from audit.models.training import Trained

NAME = "baseline"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is audited.

    Attributes
    ----------
    dataset : Dataset
    predictions : Predictions
        For the test rows, in their order.
    record : ModelRecord
    model : TorchModel or None
        None for predictions only, and for a black box.
    black_box : AnswerModel or None
        A model of another format that could not become a torch network.
    training : TrainingRecord or None
    files : mapping of str to bytes
        Files to keep with the audit: the bundle of a network trained in it.
    """

    dataset: Dataset
    predictions: Predictions
    record: ModelRecord
    model: TorchModel | None = None
    black_box: AnswerModel | None = None
    training: TrainingRecord | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)


def load_subject(
    config: AuditConfig, base: Path, progress: Progress, *, trust: bool = False
) -> Subject:
    """Load the data and the network, or its predictions; trains the network if asked to.

    Parameters
    ----------
    config : AuditConfig
    base : Path
        Folder that paths are relative to.
    progress : Progress
    trust : bool
        Whether code inside a model file may run.

    Raises
    ------
    AuditError
        If the data, the network or the predictions are not as the configuration says.
    """
    with progress.stage("Reading data"):
        table = read_table(config.data, base)
    if config.predictions is not None:
        return _given(config, config.predictions, table)
    model_config = cast("ModelConfig", config.model)
    if model_config.train is not None:
        return _trained(config, table, progress)
    return _loaded(config, table, base, progress, trust)


def _loaded(
    config: AuditConfig, table: Table, base: Path, progress: Progress, trust: bool
) -> Subject:
    from audit.models.class_order import in_class_order
    from audit.models.loading import load

    with progress.stage("Loading the network"):
        model = load(cast("ModelConfig", config.model), base, trust=trust)
        features = _features(config, table, model)
        _require_its_target(config, model, features)
        model = in_class_order(model, config.data.target)
        dataset = build_dataset(config.data, table, features)
    return ask(config, dataset, model, progress)


def _features(
    config: AuditConfig, table: Table, model: TorchModel | AnswerModel
) -> tuple[str, ...]:
    """Return the columns that the model is given: those that it names itself, if it does."""
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
    from audit.models.tabular import TabularEncoder

    if not isinstance(model, AnswerModel) and isinstance(model.encoder, TabularEncoder):
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


def _require_its_target(
    config: AuditConfig, model: TorchModel | AnswerModel, features: Iterable[str]
) -> None:
    asked = config.data.target
    if asked.column in features:
        raise ConfigError(
            f"data.target: {asked.column!r} is an input of the network", "name what it predicts"
        )
    training = getattr(model, "training", None)
    trained = training.target if training else None
    if trained is not None and trained != asked.model_dump(mode="json"):
        shown = {key: value for key, value in trained.items() if value is not None}
        raise ConfigError(
            f"data.target: the network was trained on another target: {shown}",
            "audit it on that one, or train again",
        )


def _trained(config: AuditConfig, table: Table, progress: Progress) -> Subject:
    from audit.models.bundle import bundle_files

    dataset, trained = train_network(config, table, progress)
    files = bundle_files(trained.model, trained.initial_state)
    return ask(
        config,
        dataset,
        trained.model,
        progress,
        {f"model/{NAME}/{name}": content for name, content in files.items()},
    )


def train_network(config: AuditConfig, table: Table, progress: Progress) -> tuple[Dataset, Trained]:
    """Train the network that ``model.train`` describes on the training rows.

    Raises
    ------
    AuditError
        If there is nothing to train, or the data do not allow it.
    """
    from audit.models.training import train

    if config.model is None or config.model.train is None:
        raise ConfigError(
            "expected model: {train: ...}, came another model",
            "describe the network, for example model: {train: {architecture: mlp}}",
        )
    dataset = build_dataset(config.data, table, feature_names(config.data, table))
    split = config.data.split.model_dump(mode="json") if config.data.split else None
    target = config.data.target.model_dump(mode="json")
    with progress.stage("Training") as report:
        settings = config.model.train
        return dataset, train(dataset, settings, split=split, target=target, progress=report)


def ask(
    config: AuditConfig,
    dataset: Dataset,
    model: TorchModel | AnswerModel,
    progress: Progress,
    files: Mapping[str, bytes] | None = None,
) -> Subject:
    """Ask the network, or a black box, about the test rows."""
    from audit.models.answering import AnswerModel

    threshold = config.metrics.threshold
    with progress.stage("Predicting") as report:
        found = predict(model, dataset, dataset.splits["test"], threshold, progress=report)
    record = model.record(
        name=NAME,
        threshold=threshold,
        threshold_source=threshold_source(config),
        notes=found.notes,
    )
    if isinstance(model, AnswerModel):
        return Subject(dataset=dataset, predictions=found, record=record, black_box=model)
    return Subject(
        dataset=dataset,
        predictions=found,
        record=record,
        model=model,
        training=model.training,
        files=files or {},
    )


def _given(config: AuditConfig, given: PredictionsConfig, table: Table) -> Subject:
    name = str(given.score or given.label)
    role: Role = "score" if given.score else "label"
    column = table.column(name, f"predictions.{role}")
    dataset = build_dataset(config.data, table, (), {name: role})
    rows = dataset.splits["test"]
    places = dataset.row_ids[rows]
    values = column.iloc[places]
    if role == "score":
        scores = numbers(values, role)
        cut = config.metrics.threshold
        found = from_scores(scores, cut, rows=rows, row_ids=places, name=name)
    else:
        decided = _decisions(config, values, name)
        found = from_labels(decided, rows=rows, row_ids=places, name=name)
    return Subject(dataset=dataset, predictions=found, record=_table_record(config, found, name))


def _decisions(config: AuditConfig, values: pd.Series[Any], name: str) -> NDArray[np.float64]:
    rule = Target(column=name, positive=config.data.target.positive)
    decided = labels(values, rule, "predictions.label", both=False)
    return np.where(decided.known, decided.values, np.nan)


def _table_record(config: AuditConfig, found: Predictions, name: str) -> ModelRecord:
    scores = found.score is not None
    return ModelRecord(
        name=NAME,
        kind="predictions",
        architecture=f"column {name} of {'scores' if scores else 'labels'}, no network",
        threshold=found.threshold,
        threshold_source=threshold_source(config) if scores else "none: the labels are given",
        notes=found.notes,
    )


def threshold_source(config: AuditConfig) -> str:
    """Say who chose the threshold."""
    if "threshold" in config.metrics.model_fields_set:
        return "stated in the configuration"
    return "the default of the tool; nobody chose it"
