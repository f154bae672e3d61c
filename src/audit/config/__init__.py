"""audit.yaml and AuditConfig: every name is checked before anything runs."""

from audit.config.data import DataConfig, Features, Sensitive, Split, Target, Task
from audit.config.inputs import Input
from audit.config.model import ModelConfig, PredictionsConfig, Train
from audit.config.reading import config_from, json_schema, load_config
from audit.config.settings import (
    AuditConfig,
    ExplainConfig,
    MetricsConfig,
    Mitigation,
    ReportConfig,
    Statements,
    WeightsConfig,
)

__all__ = [
    "AuditConfig",
    "DataConfig",
    "ExplainConfig",
    "Features",
    "Input",
    "MetricsConfig",
    "Mitigation",
    "ModelConfig",
    "PredictionsConfig",
    "ReportConfig",
    "Sensitive",
    "Split",
    "Statements",
    "Target",
    "Task",
    "Train",
    "WeightsConfig",
    "config_from",
    "json_schema",
    "load_config",
]
