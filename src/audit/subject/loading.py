"""From a configuration to what is audited: people, their predictions, and the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from audit.config import AuditConfig, ModelConfig, PredictionsConfig
from audit.data.dataset import Dataset
from audit.data.loading import build_dataset, feature_names, read_table
from audit.data.records import Role
from audit.data.table import Table
from audit.errors import ConfigError
from audit.models.records import ModelRecord, TrainingRecord
from audit.predictions import Predictions, predict
from audit.progress import Progress
from audit.subject.given import given_columns, given_predictions
from audit.subject.inputs import features_of, require_inputs, require_its_target, with_text_notes
from audit.subject.interval_ends import end_columns, interval_ends

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
        return _trained(config, table, base, progress)
    return _loaded(config, table, base, progress, trust)


def _loaded(
    config: AuditConfig, table: Table, base: Path, progress: Progress, trust: bool
) -> Subject:
    from audit.models.class_order import in_class_order, in_classes
    from audit.models.loading import load

    with progress.stage("Loading the network"):
        model = load(cast("ModelConfig", config.model), base, trust=trust)
        require_inputs(config, model)
        features = features_of(config, table, model)
        require_its_target(config, model, features)
        if config.data.task == "binary":
            model = in_class_order(model, config.data.target)
    dataset = _dataset(config, table, features, base, progress)
    return ask(config, dataset, in_classes(model, dataset), progress)


def _dataset(
    config: AuditConfig, table: Table, features: tuple[str, ...], base: Path, progress: Progress
) -> Dataset:
    """Build the data set; of inputs that are no table every row is read once, and checked."""
    if not config.data.inputs:
        return build_dataset(config.data, table, features)
    with progress.stage("Reading inputs") as report:
        return build_dataset(config.data, table, features, base=base, report=report)


def _trained(config: AuditConfig, table: Table, base: Path, progress: Progress) -> Subject:
    from audit.models.bundle import bundle_files

    dataset, trained = train_network(config, table, base, progress)
    files = bundle_files(trained.model, trained.initial_state)
    return ask(
        config,
        dataset,
        trained.model,
        progress,
        {f"model/{NAME}/{name}": content for name, content in files.items()},
    )


def train_network(
    config: AuditConfig,
    table: Table,
    base: Path,
    progress: Progress,
    *,
    checkpoint: Path | None = None,
) -> tuple[Dataset, Trained]:
    """Train the network that ``model.train`` describes on the training rows.

    Parameters
    ----------
    config : AuditConfig
    table : Table
    base : Path
        Folder that paths are relative to.
    progress : Progress
    checkpoint : Path, optional
        File that keeps where the training stands, from which an interrupted one goes on.

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
    features = feature_names(config.data, table)
    dataset = _dataset(config, table, features, base, progress)
    split = config.data.split.model_dump(mode="json") if config.data.split else None
    target = config.data.target.model_dump(mode="json")
    with progress.stage("Training") as report:
        return dataset, train(
            dataset,
            config.model.train,
            inputs=config.data.inputs,
            base=base,
            split=split,
            target=target,
            minimum_group=config.metrics.minimum_group,
            progress=report,
            checkpoint=checkpoint,
        )


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
        dataset = with_text_notes(dataset, model)
        found = predict(model, dataset, dataset.splits["test"], threshold, progress=report)
    record = model.record(
        name=NAME,
        threshold=found.threshold,
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
    named = given_columns(given)
    for name, role in named.items():
        table.column(name, f"predictions.{role}")
    dataset = build_dataset(config.data, table, (), {**named, **end_columns(given)})
    places = dataset.row_ids[dataset.splits["test"]]
    found = given_predictions(config, given, table, dataset)
    found = replace(found, ends=interval_ends(given, table, places))
    return Subject(dataset=dataset, predictions=found, record=_table_record(config, found, named))


def _table_record(
    config: AuditConfig, found: Predictions, named: Mapping[str, Role]
) -> ModelRecord:
    what = {"score": "scores", "label": "labels"}
    if config.data.task != "binary":
        numbers = config.data.task == "regression"
        what = {"score": "predicted numbers" if numbers else "scores", "label": "predicted classes"}
    told = " and ".join(f"column {name} of {what[role]}" for name, role in named.items())
    return ModelRecord(
        name=NAME,
        kind="predictions",
        architecture=f"{told}, no network",
        threshold=found.threshold,
        threshold_source=threshold_source(config)
        if found.score is not None
        else "none: the labels are given",
        notes=found.notes,
    )


def threshold_source(config: AuditConfig) -> str:
    """Say who chose the threshold, or why there is none."""
    if config.data.task == "multiclass":
        return "none: the likeliest class is decided"
    if config.data.task == "regression":
        return "none: numbers are predicted"
    if "threshold" in config.metrics.model_fields_set:
        return "stated in the configuration"
    return "the default of the tool; nobody chose it"
