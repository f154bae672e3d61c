"""Which rows are explained: seeded draws that depend on the group and on nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.canonical import canonical_json, sha256_hex
from audit.data.dataset import Dataset, Rows
from audit.errors import MetricError
from audit.metrics.results import Group


@dataclass(frozen=True, kw_only=True)
class Draw:
    """Rows of one group.

    Attributes
    ----------
    group : dict
        Attribute to category; empty for everyone.
    size : int
        Rows of the group in the split.
    rows : ndarray of int64
        Those drawn, in rising order.
    """

    group: Group
    size: int
    rows: Rows


def draw(dataset: Dataset, rows: Rows, group: Group, most: int, seed: int) -> Draw:
    """Draw at most `most` of the rows of a group, without replacement.

    Two groups are drawn independently of each other and of the order in which they are asked for.

    Raises
    ------
    MetricError
        If the data set has no such attribute or category.
    """
    members = rows[membership(dataset, group)[rows]]
    if len(members) <= most:
        return Draw(group=group, size=len(members), rows=np.sort(members))
    digest = sha256_hex(canonical_json([seed, group]))
    chosen = np.random.default_rng(int(digest[:16], 16)).choice(members, most, replace=False)
    return Draw(group=group, size=len(members), rows=np.sort(chosen))


def membership(dataset: Dataset, group: Group) -> NDArray[np.bool_]:
    """Tell for each row of the data set whether it belongs to `group`."""
    inside = np.ones(len(dataset), dtype=np.bool_)
    attributes = {attribute.name: attribute for attribute in dataset.sensitive}
    for name, category in group.items():
        if name not in attributes:
            raise MetricError.unknown("sensitive attribute", name, attributes)
        categories = attributes[name].categories
        if category not in categories:
            raise MetricError.unknown("category", category, categories, where=name)
        inside &= attributes[name].codes == categories.index(category)
    return inside


def single_groups(dataset: Dataset) -> Iterable[Group]:
    """Yield each category of each attribute as a group."""
    for attribute in dataset.sensitive:
        for category in attribute.categories:
            yield {attribute.name: category}
