"""Names that a configuration may use, resolved only when they are needed."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Where a name leads, and what it does in one sentence."""

    target: str
    summary: str


@dataclass(frozen=True, kw_only=True)
class Registry:
    """A lazy table of names; a literal ``package.module:name`` works everywhere too.

    `families` are patterns of names too many to list, with the module that knows them all.
    """

    kind: str
    entries: Mapping[str, Entry]
    families: Mapping[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.entries)

    def target(self, name: str) -> str:
        """Return ``package.module:name`` for `name`, importing nothing.

        Raises
        ------
        ConfigError
            If `name` is neither known nor of the form ``package.module:name``.
        """
        if name in self.entries:
            return self.entries[name].target
        for pattern, module in self.families.items():
            if re.fullmatch(pattern, name):
                return f"{module}:{name}"
        module, _, attribute = name.partition(":")
        if module and attribute.isidentifier():
            return name
        raise ConfigError.unknown(self.kind, name, self.entries)

    def resolve(self, name: str) -> Any:  # noqa: ANN401 - depends on the kind
        """Import what `name` stands for.

        Raises
        ------
        ConfigError
            If the name is unknown or cannot be imported.
        """
        module, _, attribute = self.target(name).partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise ConfigError(
                f"{self.kind} {name!r} cannot be imported: {error}",
                "write package.module:name of something that Python can import here",
            ) from error


def _table(
    kind: str, module: str, families: Mapping[str, str] | None = None, **summaries: str
) -> Registry:
    return Registry(
        kind=kind,
        families=families or {},
        entries={
            name: Entry(target=f"{module}:{name}", summary=summary)
            for name, summary in summaries.items()
        },
    )


_RATES = (
    "selection_rate|(true|false)_(positive|negative)_rate|precision|negative_predictive_value|"
    "false_(discovery|omission)_rate|accuracy|base_rate"
)
_SCORES = r"auc|ks|mean_score|brier|log_loss|calibration_\w+|ece\w*"
"""What ``rate[class]`` may hold: one class against the rest."""

_OVER_CLASSES = (
    "true_positive_rate", "false_positive_rate", "true_negative_rate", "false_negative_rate",
    "precision", "negative_predictive_value", "false_discovery_rate", "false_omission_rate",
)  # fmt: skip

METRICS = _table(
    "metric",
    "audit.metrics.catalogue",
    families={
        "top_[1-9][0-9]*_(rate|share)": "audit.metrics.catalogue",
        rf"({_RATES}|{_SCORES})\[.+\]": "audit.metrics.catalogue",
        rf"worst_class_({_RATES})": "audit.metrics.catalogue",
    },
    selection_rate="share of rows predicted positive (demographic parity compares it)",
    true_positive_rate="share of positives predicted positive (equal opportunity compares it)",
    false_positive_rate="share of negatives predicted positive",
    true_negative_rate="share of negatives predicted negative",
    false_negative_rate="share of positives predicted negative",
    precision="share of predicted positives that are positive (predictive parity compares it)",
    negative_predictive_value="share of predicted negatives that are negative",
    false_discovery_rate="share of predicted positives that are negative",
    false_omission_rate="share of predicted negatives that are positive",
    accuracy="share of rows predicted right",
    base_rate="share of rows that are positive",
    balanced_accuracy="mean of true positive and true negative rate",
    f1="harmonic mean of precision and true positive rate",
    jaccard="true positives among rows that are positive by label or by prediction",
    matthews_corrcoef="correlation of label and prediction",
    cohen_kappa=(
        "agreement of label and prediction beyond that of independent ones, over the most "
        "there could be"
    ),
    informedness="true positive rate less false positive rate (Youden's J)",
    markedness="precision less false omission rate",
    average_odds=(
        "mean of true and false positive rate; its difference between two groups is the "
        "average odds difference"
    ),
    treatment_equality=(
        "false negatives for each false positive; equal where groups are wronged in equal "
        "proportion"
    ),
    auc=(
        "probability that a random row labelled positive scores above a random one labelled "
        "negative, ties counted a half"
    ),
    ks="largest true positive rate less false positive rate over all thresholds",
    mean_score="mean of the scores of all rows",
    brier="mean of the squared difference of score and label",
    log_loss="mean of minus the logarithm of the score of the label that came",
    calibration_in_the_large="mean score less base rate; above 0 where risks are overstated",
    calibration_intercept=(
        "log odds that, added to every score, make the mean score the base rate (slope fixed "
        "at 1); below 0 where risks are overstated"
    ),
    calibration_slope=(
        "slope of a logistic regression of labels on the logit of the score; below 1 where "
        "scores are too extreme"
    ),
    ece=(
        "mean of |mean score − rate| over 15 bins of equal width, by rows; above 0 by chance "
        "even for perfect scores"
    ),
    ece_null="mean of the expected calibration error if every score were right",
    ece_excess="expected calibration error less its mean if every score were right",
    ece_equal_mass="mean of |mean score − rate| over 15 bins of equal weight, by rows",
    ece_equal_mass_excess=(
        "expected calibration error over bins of equal weight less its mean if every score "
        "were right"
    ),
    mean_error="mean of prediction less target",
    mean_absolute_error="mean size of prediction less target",
    mean_squared_error="mean square of prediction less target",
    root_mean_squared_error="root of the mean squared error",
    r2="1 less the mean squared error over the variance of the group's targets",
    over_prediction_rate="rows predicted above their target among all",
    under_prediction_rate="rows predicted below their target among all",
    mean_over_prediction="mean of how far predictions lie above their target, 0 where below",
    mean_under_prediction="mean of how far predictions lie below their target, 0 where above",
    mean_target="mean of the targets",
    mean_prediction="mean of the predictions",
    multiclass_accuracy="rows predicted as labelled among all rows",
    multiclass_cohen_kappa=(
        "agreement of label and prediction beyond that of independent ones, over the most "
        "there could be"
    ),
    multiclass_matthews_corrcoef="correlation of label and prediction over classes",
    **{
        f"macro_{rate}": (
            f"mean over the classes, each against the rest, of its {rate.replace('_', ' ')}"
        )
        for rate in _OVER_CLASSES
    },
    exposure="mean of 1 / log2(1 + rank) over the rows of a group, in the ranking by score",
    ndcg="how well a group's own rows are ordered by score: discounted gain over its best",
    top_10_rate="rows among the 10 highest scores of their list (any number may stand for 10)",
    top_10_share="places that a group holds among the first 10 of every list (any number)",
    consistency="1 less the mean gap between a decision and those on the rows most like it",
    interval_coverage="rows whose target lies in their prediction interval",
    interval_width="mean width of the prediction intervals",
)

EXPLAINERS = Registry(
    kind="explainer",
    entries={
        "integrated_gradients": Entry(
            target="audit.explainers.integrated_gradients:IntegratedGradients",
            summary="path integral of gradients from a baseline; sums to the score difference",
        ),
        "shapley_sampling": Entry(
            target="audit.explainers.shapley_sampling:ShapleySampling",
            summary="columns replaced one by one in random orders; needs answers alone",
        ),
    },
)

LOADERS = Registry(
    kind="loader",
    entries={
        "bundle": Entry(
            target="audit.models.bundle:load_bundle",
            summary="folder written by audit train: model.safetensors and model.json",
        ),
        "factory": Entry(
            target="audit.models.factory:load_factory",
            summary="own nn.Module from a function, with .safetensors or weights-only .pt",
        ),
        "torch.export": Entry(
            target="audit.models.torch_export:load_export",
            summary="torch.export archive (.pt2), rebuilt from its graph; no pickle is read",
        ),
        "torchscript": Entry(
            target="audit.models.torchscript:load_torchscript",
            summary="TorchScript archive (.pt); its code runs, so only with --trust",
        ),
        "onnx": Entry(
            target="audit.models.onnx_file:load_onnx",
            summary="ONNX graph (.onnx), as a torch network where its operators allow it",
        ),
        "sklearn": Entry(
            target="audit.models.sklearn_file:load_skops",
            summary="scikit-learn estimator or pipeline (.skops); MLP and linear as torch networks",
        ),
        "keras": Entry(
            target="audit.models.keras_file:load_keras",
            summary="Keras model (.keras), or a legacy .h5 of plain layers, as a torch network",
        ),
        "huggingface": Entry(
            target="audit.models.huggingface:load_folder",
            summary="local Hugging Face folder for sequence classification, safetensors alone",
        ),
    },
)

SOURCES = Registry(
    kind="data source",
    entries={
        "sklearn:diabetes": Entry(
            target="audit.data.sources:sklearn_diabetes",
            summary="442 diabetes patients, progression after a year (scikit-learn, unscaled)",
        )
    },
)

REGIMES = Registry(
    kind="regime",
    entries={
        "us-four-fifths": Entry(
            target="audit.regimes.catalogue:regime",
            summary="United States, Uniform Guidelines: impact ratios against four fifths",
        ),
        "nyc-ll144": Entry(
            target="audit.regimes.catalogue:regime",
            summary="New York City Local Law 144: selection, scoring rates and impact ratios",
        ),
    },
)

MITIGATORS = Registry(
    kind="mitigation",
    entries={
        "fairness_penalty": Entry(
            target="audit.mitigation.fairness_penalty:FairnessPenalty",
            summary="fine-tuning from the network's weights with a penalty on the gap of scores",
        ),
        "fairness_retraining": Entry(
            target="audit.mitigation.fairness_retraining:FairnessRetraining",
            summary="training again from the start with a penalty on the gap of scores",
        ),
        "threshold_optimizer": Entry(
            target="audit.mitigation.threshold_optimizer:ThresholdOptimizer",
            summary="a threshold for each group (fairlearn); decisions need the attribute itself",
        ),
    },
)

KINDS: Mapping[str, Registry] = {
    "metrics": METRICS,
    "explainers": EXPLAINERS,
    "loaders": LOADERS,
    "sources": SOURCES,
    "mitigations": MITIGATORS,
    "regimes": REGIMES,
}
