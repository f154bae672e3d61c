"""What a search for the worst subgroups says: what was looked at, what was found, what held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audit.metrics.results import Group, Interval, Status

Method = Literal["split", "permutation"]
Against = Literal["rest", "same_features"]
Direction = Literal["either", "lower", "higher"]


@dataclass(frozen=True, kw_only=True)
class SearchedColumn:
    """One column whose categories or ranges were crossed.

    Attributes
    ----------
    name : str
    sensitive : bool
        Whether it is a sensitive attribute; else an ordinary feature.
    categories : tuple of str
        Categories searched, or ranges cut at quantiles, in order.
    left_out : int
        Categories that were not searched because there are too many of them.
    unknown_rows : int
        Rows whose category is not known; they are in no subgroup that this column describes.
    reason : str
        Why categories were left out, in words; empty where none was.
    """

    name: str
    sensitive: bool
    categories: tuple[str, ...]
    left_out: int = 0
    unknown_rows: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SearchLevel:
    """How much was looked at among the conjunctions of so many columns.

    Attributes
    ----------
    depth : int
        Columns crossed, 1 or more.
    candidates : int
        Conjunctions with at least the minimum number of rows.
    too_small : int
        Conjunctions that occur in fewer rows.
    undefined : int
        Candidates that cannot be compared: the rate of the subgroup or of its rest has no value
        in the rows that select, or in those that confirm.
    """

    depth: int
    candidates: int
    too_small: int
    undefined: int


@dataclass(frozen=True, kw_only=True)
class FoundSubgroup:
    """One subgroup that the search put forward.

    Attributes
    ----------
    group : dict
        Column to category, or to the range of a number in words.
    n : int
        Rows of the subgroup.
    value, rest_value : float
        The rate of the subgroup, and of those it is compared with, over all rows; in [0, 1].
    difference : float
        The first less the second, in [-1, 1]; exaggerated, since the subgroup was chosen for it.
    shrunken_difference : float
        `difference` shrunk towards 0 (empirical Bayes): what is left after the choice among so
        many; of the same sign, never larger.
    confirmed_difference : float or None
        The difference over the rows that had no part in the choice; None with ``permutation``.
    confirmation_n : int or None
        Rows of the subgroup among those.
    interval : Interval or None
        Of `confirmed_difference` (Newcombe, at the full level), or with ``permutation`` of
        `difference`, simultaneous over all candidates (profile likelihood).
    p_value : float or None
        Fisher's exact test, two-sided, of the rows that confirm (with ``permutation``: of all rows
        and without regard to the choice).
    p_adjusted : float or None
        Holm over the subgroups put forward; with ``permutation`` from the permuted maxima.
    confirmed : bool
        Whether `p_adjusted` is below 1 less the confidence, and the sign is that found first.
    score : float
        Square root of twice the log likelihood ratio, in the rows that selected: the larger, the
        less the subgroup looks like its rest. 0 or more; comparable over sizes.
    overlapping : int
        Subgroups with a lower score that were passed over because they hold mostly the same rows.
    status, reason
        ``undefined`` where the difference cannot be confirmed; the reason in words.
    """

    group: Group
    n: int
    value: float
    rest_value: float
    difference: float
    shrunken_difference: float
    confirmed_difference: float | None = None
    confirmation_n: int | None = None
    interval: Interval | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    confirmed: bool = False
    score: float
    overlapping: int = 0
    status: Status = "ok"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SubgroupSearch:
    """A search for the subgroups that a rate treats most differently.

    Attributes
    ----------
    id : str
        Depends on what is searched, not on what is found.
    metric, model, split : str
        Of the rate, the model's role, and the rows of the audit.
    method : {"split", "permutation"}
        Whether other rows confirm what some rows select, or permuted outcomes give the null.
    against : {"rest", "same_features"}
        What a subgroup is compared with: all others, or others of the same ordinary features.
    direction : {"either", "lower", "higher"}
        Which differences were sought.
    depth : int
        Most columns crossed.
    minimum_group : int
    confidence : float
    seed : int
        Of the split into halves, or of the permutations.
    columns : tuple of SearchedColumn
    levels : tuple of SearchLevel
    candidates, too_small, undefined : int
        Sums over `levels`.
    rows, selection_rows, confirmation_rows : int
        All rows; those that selected; those that confirmed (0 with ``permutation``).
    persons : int or None
        Different persons, where rows of one person stay together.
    value : float or None
        The rate over all rows.
    found : tuple of FoundSubgroup
        Highest score first.
    permutations : int or None
    p_maximum : float or None
        With ``permutation``: how often permuted outcomes give a score as high as the highest one.
    status, reason
        ``undefined`` where there was nothing to compare.
    """

    id: str
    metric: str
    model: str
    split: str
    method: Method
    against: Against
    direction: Direction
    depth: int
    minimum_group: int
    confidence: float
    seed: int
    columns: tuple[SearchedColumn, ...]
    levels: tuple[SearchLevel, ...]
    candidates: int
    too_small: int
    undefined: int
    rows: int
    selection_rows: int
    confirmation_rows: int
    persons: int | None
    value: float | None
    found: tuple[FoundSubgroup, ...]
    permutations: int | None = None
    p_maximum: float | None = None
    status: Status = "ok"
    reason: str = ""
