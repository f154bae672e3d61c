"""Names that a configuration may use, resolved only when they are needed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from audit.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Where a name leads, and what it does in one sentence."""

    target: str
    summary: str


@dataclass(frozen=True, kw_only=True)
class Registry:
    """A lazy table of names; a literal ``package.module:name`` works everywhere too."""

    kind: str
    entries: Mapping[str, Entry]

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


def _table(kind: str, module: str, **summaries: str) -> Registry:
    return Registry(
        kind=kind,
        entries={
            name: Entry(target=f"{module}:{name}", summary=summary)
            for name, summary in summaries.items()
        },
    )


METRICS = _table(
    "metric",
    "audit.metrics.rates",
    selection_rate="share of rows predicted positive (demographic parity compares it)",
    true_positive_rate="share of positives predicted positive (equal opportunity compares it)",
    false_positive_rate="share of negatives predicted positive",
    true_negative_rate="share of negatives predicted negative",
    false_negative_rate="share of positives predicted negative",
    precision="share of predicted positives that are positive (predictive parity compares it)",
    negative_predictive_value="share of predicted negatives that are negative",
    accuracy="share of rows predicted right",
    base_rate="share of rows that are positive",
)

EXPLAINERS = Registry(
    kind="explainer",
    entries={
        "integrated_gradients": Entry(
            target="audit.explainers.integrated_gradients:IntegratedGradients",
            summary="path integral of gradients from a baseline; sums to the score difference",
        )
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
