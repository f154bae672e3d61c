"""How the values of a metric are written: a share in percent, others in their own unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["share", "points", "score", "number", "target"]
Axis = Literal["percent", "index", "target"]
Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True, kw_only=True)
class Forms:
    """Names of the formats in which the values of one kind of metric are written.

    Attributes
    ----------
    value, limits : str
        Of a value and of the limits of its interval.
    change, change_limits : str
        Of a difference of values, with its sign.
    size : str
        Of an amount without sign, such as the smallest detectable gap.
    part, part_limits, part_size : str
        Of a part of a gap, which is smaller than the gap; `part_size` without sign.
    fine : str
        Of a residual, which is far smaller than a part.
    axis : {"percent", "index", "target"}
        What stands beside the ticks of a figure; values of two axes never share one.
    """

    value: str
    limits: str
    change: str
    change_limits: str
    size: str
    part: str
    part_limits: str
    part_size: str
    fine: str = "significant3"
    axis: Axis = "index"


FORMS: Mapping[Kind, Forms] = {
    "share": Forms(
        value="percent1",
        limits="hundred1",
        change="points1",
        change_limits="signed1",
        size="size1",
        part="points2",
        part_limits="signed2",
        part_size="size2",
        fine="points4",
        axis="percent",
    ),
    "points": Forms(
        value="points1",
        limits="signed1",
        change="points1",
        change_limits="signed1",
        size="size1",
        part="points2",
        part_limits="signed2",
        part_size="size2",
        fine="points4",
        axis="percent",
    ),
    "score": Forms(
        value="fixed3",
        limits="fixed3",
        change="signed3",
        change_limits="signed3",
        size="fixed3",
        part="signed3",
        part_limits="signed3",
        part_size="fixed3",
    ),
    "number": Forms(
        value="digits4",
        limits="digits4",
        change="change4",
        change_limits="change4",
        size="digits4",
        part="change4",
        part_limits="change4",
        part_size="digits4",
    ),
    "target": Forms(
        value="target4",
        limits="target4",
        change="move4",
        change_limits="move4",
        size="target4",
        part="move4",
        part_limits="move4",
        part_size="target4",
        axis="target",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """What a network decides, in the words and units of the report.

    Attributes
    ----------
    scores : Forms
        How scores and gaps of scores are written.
    score_unit : str
        In what scores and their parts are measured.
    mean : str
        What the mean score of a group is called.
    noun : str
        What the network answers with.
    gap : str
        What a gap of scores is called.
    outcome : str
        What rows gain and lose where decisions change.
    """

    scores: Forms
    score_unit: str = "percentage points of score"
    mean: str = "mean score"
    noun: str = "score"
    gap: str = "score gap"
    outcome: str = "a positive outcome"


SPOKEN: Mapping[Task, Spoken] = {
    "binary": Spoken(scores=FORMS["share"]),
    "multiclass": Spoken(scores=FORMS["share"], outcome="the class in focus"),
    "regression": Spoken(
        scores=FORMS["target"],
        score_unit="units of the target",
        mean="mean prediction",
        noun="prediction",
        gap="gap of mean predictions",
    ),
}
