"""Group metrics drawn: a panel for each metric, a line for each group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import MetricError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MOST_PANELS = 9
MOST_GROUPS = 60
COLUMNS = 3


def plot_groups(frame: pd.DataFrame, metrics: Sequence[str]) -> Figure:
    """Draw values with intervals; groups without a value stay empty and say why.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `GroupMetrics.to_frame` gives it.
    metrics : sequence of str
        At most nine.

    Returns
    -------
    matplotlib.figure.Figure
        Not tied to a window; save it with `savefig`, or show it in a notebook.

    Raises
    ------
    MetricError
        If there are more metrics or groups than can be read.
    """
    from matplotlib.figure import Figure

    named = [part for part in frame.columns if part not in _OWN]
    labels = frame["group"].where(~frame[named].any(axis=1), frame["group"]).astype(str)
    for name in named:
        labels = labels + f" | {name}=" + frame[name].astype(str)
    frame = frame.assign(label=labels)
    groups = list(dict.fromkeys(frame["label"]))
    _require_readable(metrics, groups)
    across = min(COLUMNS, len(metrics))
    down = -(-len(metrics) // across)
    figure = Figure(figsize=(3 + 3.2 * across, down * (1.0 + 0.28 * len(groups))), layout="tight")
    panels = np.atleast_1d(figure.subplots(down, across, sharey=True, squeeze=False)).ravel()
    for panel, name in zip(panels, metrics, strict=False):
        _draw(panel, frame[frame["metric"] == name].set_index("label").reindex(groups), name)
    for panel in panels[len(metrics) :]:
        panel.set_visible(False)
    panels[0].set_yticks(range(len(groups)), [_plain(group) for group in groups])
    panels[0].invert_yaxis()
    return figure


_OWN = frozenset(
    {
        "metric", "attributes", "group", "value", "low", "high", "level", "method", "numerator",
        "denominator", "n", "effective_n", "status", "reason",
    }
)  # fmt: skip


def _draw(panel: Any, rows: pd.DataFrame, name: str) -> None:  # noqa: ANN401 - an Axes
    places = np.arange(len(rows))
    values = rows["value"].to_numpy()
    panel.hlines(places, rows["low"], rows["high"], color="#4c6a92", linewidth=2)
    panel.plot(values, places, "o", color="#1d3557", markersize=5)
    panel.axvline(values[0], color="#999999", linewidth=1, linestyle=":")
    for place in np.flatnonzero(np.isnan(values)).tolist():
        panel.text(
            0.02, place, str(rows["status"].iloc[place]), transform=panel.get_yaxis_transform(),
            va="center", fontsize=8, color="#666666",
        )  # fmt: skip
    panel.set_title(name.replace("_", " "), fontsize=10)
    panel.grid(axis="x", alpha=0.3)


def _plain(text: str) -> str:
    """Keep matplotlib from reading dollar signs as mathematics."""
    return text.replace("$", r"\$")


def _require_readable(metrics: Sequence[str], groups: Sequence[str]) -> None:
    for name, there, most in (
        ("metrics", len(metrics), MOST_PANELS),
        ("groups", len(groups), MOST_GROUPS),
    ):
        if there > most:
            raise MetricError(
                f"expected at most {most} {name} in a plot, came {there}",
                "name fewer metrics, turn intersections off, or use to_frame()",
            )
