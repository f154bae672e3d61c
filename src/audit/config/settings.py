"""The other sections of audit.yaml, and the whole."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from audit.config.data import DataConfig
from audit.config.model import ModelConfig, PredictionsConfig
from audit.config.section import Section

Gap = Literal["demographic_parity", "equal_opportunity", "false_positive_parity"]
Fraction = Annotated[float, Field(gt=0, lt=1)]


class Subgroups(Section):
    """The search for the subgroup that fares worst."""

    depth: int = Field(default=2, ge=0, le=4)
    """How many attributes a subgroup may combine; 0 turns the search off."""
    features: tuple[str, ...] = ()
    """Features that subgroups may be cut by, besides the sensitive attributes."""
    metric: str = "selection_rate"
    """The rate that is compared with everyone else's."""


class MetricsConfig(Section):
    """What is measured, and how sure one wants to be."""

    names: Literal["default"] | tuple[str, ...] = "default"
    """Metrics to compute; audit list metrics names them. Headline metrics are always there."""
    reference: Literal["largest"] | dict[str, str] = "largest"
    """Group that others are compared with: the largest, or {attribute: category}."""
    confidence: Fraction = 0.95
    """Coverage of intervals; 1 less this is the rate of false alarms over a family."""
    threshold: float = 0.5
    """Positive is score >= threshold."""
    minimum_group: int = Field(default=30, ge=2)
    """Groups with fewer rows are suppressed, and named as such."""
    tolerance: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """The gap that matters: a difference of rates; of a regression a difference of means, in
    standard deviations of the target among the audited rows."""
    tolerance_value: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Of a regression, instead of tolerance: the gap that matters, in the unit of the target."""
    compare: tuple[Literal["rest", "overall"], ...] = ()
    """With whom each group is compared besides the reference: everyone else, everyone."""
    correction: Literal["holm", "benjamini-hochberg"] = "holm"
    """How p-values are adjusted: against any false alarm, or for the share of false alarms."""
    neighbours: int = Field(default=5, ge=1)
    """How many of the rows most like a row, by data.similar, consistency compares it with."""
    subgroups: Subgroups = Subgroups()
    """The search for the worst subgroup."""

    @field_validator("names", mode="before", json_schema_input_type=str | list[str])
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:  # noqa: ANN401 - before validation
        return (value,) if isinstance(value, str) and value != "default" else value

    @field_validator(
        "reference", mode="before", json_schema_input_type=Literal["largest"] | dict[str, Any]
    )
    @classmethod
    def _category_texts(cls, value: Any) -> Any:  # noqa: ANN401 - before validation
        return {k: str(v) for k, v in value.items()} if isinstance(value, dict) else value


class ExplainConfig(Section):
    """Which explanations are computed."""

    methods: tuple[str, ...] = ("integrated_gradients",)
    """Names of explainers; an empty list turns explanations off."""
    baseline: Literal["mean", "zero"] = "mean"
    """What an input is compared with: the mean of the encoded rows, or zero."""
    rows: int = Field(default=1000, ge=10)
    """Test rows explained, drawn by seed; of each group of a gap, half as many at most."""


class WeightsConfig(Section):
    """The weight ledgers."""

    gaps: tuple[Gap, ...] = ("demographic_parity", "equal_opportunity")
    """Gaps that are accounted for; an empty list turns the ledgers off."""
    cuts: Literal["all"] | tuple[str, ...] = "all"
    """Layers at which they are accounted for: input, fc1, fc2, ..."""
    permutations: int = Field(default=1000, ge=100)
    """Permutations of the group labels, for the test of each unit."""
    rows: int = Field(default=5000, ge=100)
    """Test rows used at most, drawn by seed; one half attributes, the other verifies."""


class Mitigation(BaseModel):
    """One mitigation: a method and its parameters."""

    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)

    method: str
    """Name of the method."""


class ReportConfig(Section):
    """What the report is called and which regimes it is filled for."""

    title: str | None = None
    """Title; by default made from name."""
    date: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    """Date printed in the report; by default the day of the first run into the folder."""
    regimes: tuple[str, ...] = ()
    """Laws and standards to fill a crosswalk for."""


class Statements(Section):
    """What only a human can say. Each appears in the report, or NOT PROVIDED."""

    intended_use: str | None = None
    """What the model is for, and what it must not be used for."""
    affected_people: str | None = None
    """Whom its decisions touch, and how they can object."""
    oversight: str | None = None
    """Who can overrule it, and when."""
    data_provenance: str | None = None
    """Where the data come from, and who agreed to their use."""
    choice_of_threshold: str | None = None
    """Who chose the threshold and the tolerance, and why."""
    validity: str | None = None
    """Why what the model measures is related to the decision and necessary for it."""
    independent_auditor: str | None = None
    """Who audited independently, and when."""
    prepared_by: str | None = None
    """Who prepared the audit."""
    approved_by: str | None = None
    """Who approved it."""


class AuditConfig(Section):
    """Everything an audit is told."""

    name: str = Field(default="audit", min_length=1, max_length=200)
    """Name of the audit."""
    data: DataConfig
    model: ModelConfig | None = None
    predictions: PredictionsConfig | None = None
    metrics: MetricsConfig = MetricsConfig()
    explain: ExplainConfig = ExplainConfig()
    weights: WeightsConfig = WeightsConfig()
    mitigate: tuple[Mitigation, ...] = ()
    """Mitigations to carry out and compare with the baseline; audit list mitigations."""
    report: ReportConfig = ReportConfig()
    statements: Statements = Statements()
    seed: int = 0
    """Seed of every draw that has none of its own."""

    @model_validator(mode="after")
    def _model_or_predictions(self) -> Self:
        if (self.model is None) == (self.predictions is None):
            came = "neither" if self.model is None else "both"
            raise ValueError(f"expected exactly one of model and predictions, came {came}")
        said = self.predictions
        given = (said.score, said.label) if said else ()
        sensitive = {item.column for item in self.data.categorical}
        sensitive |= {column for item in self.data.probable for column in item.columns}
        for name in given:
            if name is not None and name in sensitive:
                raise ValueError(f"predictions: {name!r} is a sensitive attribute")
        if said and said.score == self.data.target.column:
            raise ValueError(f"predictions.score: {said.score!r} is the target")
        return self
