"""4,000 simulated reviews. Nobody wrote them.

Assumptions
-----------
- A review says one or three things about a meal, each good or bad, between words that say nothing.
- Two ways of speaking, equally frequent: one of them strengthens with "proper", the other with
  "really". Neither word says whether the meal was good.
- In the training labels one in three good reviews that say "proper" was marked as bad, so a network
  can learn that the word speaks against a meal.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ROWS = 4_000
SEED = 20260105
THINGS = ("the soup", "the fish", "the bread", "the service", "the room", "the wine", "the menu")
GOOD = ("tasty", "warm", "fresh", "kind", "lovely", "quick")
BAD = ("cold", "stale", "rude", "slow", "bland", "noisy")
STARTS = ("we came on a monday and", "last week", "for lunch", "with friends", "on our way home")


def reviews(rows: int = ROWS, seed: int = SEED) -> pd.DataFrame:
    """Return the reviews, one row each; ``liked`` is the target."""
    draw = np.random.default_rng(seed)
    second = draw.random(rows) < 0.5
    texts, good = zip(*(_review(draw, speaker) for speaker in second), strict=True)
    liked = np.array(good)
    says = np.array(["proper" in text for text in texts])
    liked[says & liked & (draw.random(rows) < 1 / 3)] = False
    return pd.DataFrame(
        {
            "text": texts,
            "speech": np.where(second, "second", "first"),
            "liked": liked.astype(int),
            "split": draw.choice(["train", "validation", "test"], size=rows, p=[0.5, 0.1, 0.4]),
        }
    )


def _review(draw: np.random.Generator, second: bool) -> tuple[str, bool]:
    count = draw.choice([1, 3])
    good = draw.random(count) < 0.5
    strong = "proper" if second else "really"
    parts = [
        f"{draw.choice(THINGS)} was {strong if draw.random() < 0.6 else 'quite'} "
        f"{draw.choice(GOOD if each else BAD)}"
        for each in good
    ]
    return f"{draw.choice(STARTS)} {' and '.join(parts)}.", bool(good.mean() > 0.5)
