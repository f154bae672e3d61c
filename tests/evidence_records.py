"""What evidence says beside its figures: data, model, training, explanations."""

from __future__ import annotations

import math
from dataclasses import replace

from audit.canonical import sha256_hex
from audit.data.records import ColumnRecord, CountRecord, DataRecord, GroupCount
from audit.evidence import Statement
from audit.explainers.results import Explanation, FeatureValue
from audit.models.records import CodeRecord, EpochRecord, LayerRecord, ModelRecord, TrainingRecord
from evidence_measured import MINIMUM, interval

FEATURES = (
    ("hours", 0.071),
    ("occupation", 0.052),
    ("tenure", 0.024),
    ("education", 0.009),
    ("age", 0.003),
    ("region", -0.001),
    ("commute", -0.004),
)


def explanations(gap_a, gap_b, features=FEATURES):
    shared = {
        "method": "integrated_gradients",
        "model": "baseline",
        "split": "test",
        "baseline": "mean of the encoded test rows",
        "target": "probability of the positive class",
        "rows": 1000,
    }
    quality = {"steps": 64.0, "largest_row_error": 0.0021, "mean_row_error": 0.0004}

    def values(scale):
        signed = [(feature, value * scale) for feature, value in features]
        return tuple(
            FeatureValue(
                feature=feature,
                value=value,
                interval=interval(value - 0.006, value + 0.006, "bootstrap"),
            )
            for feature, value in sorted(signed, key=lambda item: -abs(item[1]))
        )

    gap = values(1.0)
    everyone = tuple(replace(item, value=abs(item.value) * 1.4 + 0.01) for item in gap)
    everyone = tuple(
        replace(item, interval=interval(item.value - 0.004, item.value + 0.004, "bootstrap"))
        for item in everyone
    )
    total = sum(item.value for item in gap) + 0.0007
    yield Explanation(
        id="explanation-global",
        level="global",
        residual=0.0004,
        quality=quality,
        values=everyone,
        **shared,
    )
    yield Explanation(
        id="explanation-gap",
        level="gap",
        a=gap_a,
        b=gap_b,
        total=total,
        residual=0.0007,
        quality=quality,
        values=gap,
        **shared,
    )
    for group, scale in ((gap_a, 0.48), (gap_b, -0.52)):
        parts = values(scale)
        yield Explanation(
            id=f"explanation-{'a' if scale > 0 else 'b'}",
            level="group",
            group=group,
            total=sum(item.value for item in parts) + 0.0003,
            residual=0.0003,
            quality=quality,
            values=parts,
            **shared,
        )


def training():
    epochs = tuple(
        EpochRecord(
            epoch=number,
            train_loss=0.36 + 0.33 * math.exp(-number / 4) - 0.0012 * number,
            validation_loss=0.385 + 0.31 * math.exp(-number / 4) + 0.00012 * number**2,
            validation_accuracy=0.83 - 0.2 * math.exp(-number / 4),
        )
        for number in range(1, 24)
    )
    return TrainingRecord(
        settings={
            "architecture": "mlp",
            "hidden": [16, 8],
            "activation": "relu",
            "init": "he",
            "optimizer": "adam",
            "lr": 0.001,
            "l2": 0.0001,
            "dropout": 0.1,
            "epochs": 30,
            "batch_size": 128,
            "early_stopping": 5,
            "seed": 0,
        },
        data_sha256=sha256_hex(b"data"),
        split={"test": 0.3, "validation": 0.1, "seed": 0},
        rows={"train": 12000, "validation": 2000, "test": 6000},
        best_epoch=18,
        stopped_early=True,
        epochs=epochs,
        initial_sha256=sha256_hex(b"initial"),
        final_sha256=sha256_hex(b"weights"),
    )


def data_record(groups, metrics):
    rows = groups[0].n
    unknown = {"sex": 0, "race": 42} if "race" in str(groups[-1].group) else {}
    return DataRecord(
        source="people.csv.gz",
        sha256=sha256_hex(b"data"),
        rows=20000,
        columns=(
            ColumnRecord(name="sex", roles=("sensitive",), kind="text", missing=0),
            ColumnRecord(name="race", roles=("sensitive",), kind="text", missing=140),
            *(
                ColumnRecord(name=feature, roles=("feature",), kind="number", missing=0)
                for feature, _ in FEATURES
            ),
            ColumnRecord(name="hired", roles=("target",), kind="truth", missing=0),
        ),
        target="hired is 1",
        splits={"train": 12000, "validation": 2000, "test": rows},
        split="test",
        split_source="drawn with seed 0: test 30 %, validation 10 %",
        excluded=(CountRecord(reason="target is missing", rows=12),),
        unknown=unknown,
        groups=tuple(
            GroupCount(
                group=group.group,
                n=group.n,
                positives=None if group.n < MINIMUM else group.positives,
                share=group.n / rows,
                unknown="unknown" in group.group.values(),
            )
            for group in groups
        ),
    )


CONFIG = {
    "name": "planted",
    "data": {
        "path": "people.csv.gz",
        "target": {"column": "hired"},
        "sensitive": [{"column": "sex", "bins": None}, {"column": "race", "bins": None}],
        "intersections": 2,
        "split": {"test": 0.3, "validation": 0.1, "seed": 0},
    },
    "model": {"bundle": "model"},
    "metrics": {"confidence": 0.95, "minimum_group": 30, "tolerance": 0.05, "threshold": 0.5},
    "seed": 0,
}

MODEL = ModelRecord(
    name="baseline",
    kind="bundle",
    sha256=sha256_hex(b"weights"),
    architecture="MLP 14 → 16 → 8 → 1, relu",
    parameters=385,
    output="logit",
    threshold=0.5,
    threshold_source="the default of the tool",
    layers=(
        LayerRecord(name="fc1", kind="Linear", shape=(16, 14), parameters=240),
        LayerRecord(name="fc2", kind="Linear", shape=(8, 16), parameters=136),
        LayerRecord(name="out", kind="Linear", shape=(1, 8), parameters=9),
    ),
    code=(CodeRecord(name="network.py:encode", sha256=sha256_hex(b"code")),),
)

STATEMENTS = (
    Statement(
        name="intended_use",
        text="Simulated data; shows what an audit finds.",
        author="A. Analyst",
        date="2026-11-20",
    ),
    *(
        Statement(name=name, text=None)
        for name in (
            "affected_people",
            "oversight",
            "data_provenance",
            "choice_of_threshold",
            "prepared_by",
            "approved_by",
        )
    ),
)
