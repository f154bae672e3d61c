"""Pictures of texts: the words of a group through which its score goes. No text is quoted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from audit.explainers.attributed import Attributed
from audit.explainers.draws import Draw
from audit.explainers.entrance import Entrance
from audit.explainers.picture_results import TextPicture, WordPart
from audit.explainers.pictures import Key, rounded, shared_fields, sides_of
from audit.explainers.plan import Plan
from audit.explainers.results import Explanation
from audit.explainers.shortlist import occurring, ranked
from audit.explainers.words import Places, WordValues, weighted_means

Floats = NDArray[np.float64]


def text_pictures(
    attributed: Attributed,
    explanations: Sequence[Explanation],
    draws: Mapping[Key, Draw],
    entrance: Entrance,
    plan: Plan,
) -> Iterator[TextPicture]:
    """Yield the pictures of each group and gap that has values, one for each tensor of words."""
    for explanation in explanations:
        sides = sides_of(explanation)
        if not attributed.words or not sides or any(side not in draws for side in sides):
            continue
        parts = [attributed.take(draws[side].rows) for side in sides]
        weights = [plan.weights[part.rows] for part in parts]
        for place, words in enumerate(attributed.words):
            groups = [part.words[place] for part in parts]
            source = entrance.layouts[words.name].source
            shared = shared_fields(explanation, words.name, source)
            counts = occurring(parts, place)
            chosen = ranked(groups, weights, counts, plan.minimum_group)
            yield TextPicture(**shared, **_words(groups, weights, counts, chosen))


def _words(
    groups: Sequence[WordValues], weights: Sequence[Floats], counts: Places, chosen: Places
) -> dict[str, Any]:
    means = [weighted_means(g.values, w) for g, w in zip(groups, weights, strict=True)]
    shares = [weighted_means(_said(g.values), w) for g, w in zip(groups, weights, strict=True)]
    totals = np.array([weight.sum() for weight in weights])
    value = means[0] - means[1] if len(means) > 1 else means[0]
    everywhere = totals @ np.stack(means), totals @ np.stack(shares)
    others = np.ones(len(value), dtype=np.bool_)
    others[chosen] = False
    words = tuple(
        WordPart(
            word=groups[0].words[word],
            rows=int(counts[word]),
            share=rounded(float(shares[0][word])),
            share_b=rounded(float(shares[1][word])) if len(shares) > 1 else None,
            value=rounded(float(value[word])),
            where_said=rounded(float(everywhere[0][word] / everywhere[1][word])),
        )
        for word in chosen
    )
    return {
        "words": words,
        "largest": max((abs(word.value) for word in words), default=0.0),
        "others": int((counts[others] > 0).sum()),
        "others_value": rounded(float(value[others].sum())),
        "total": rounded(float(value.sum())),
    }


def _said(values: sparse.csr_array) -> sparse.csr_array:
    """Return 1 where a row contains a word."""
    return sparse.csr_array(
        (np.ones(len(values.data)), values.indices, values.indptr), shape=values.shape
    )
