"""6,000 simulated homes and what they were sold for. None of them exists.

Assumptions
-----------
- Two sides of a river with homes of the same sizes, ages and states.
- A home is worth 2,500 a square metre, less 1,500 for each year of age, plus 15,000 for each step
  of its state, and luck.
- On the south side buyers paid 40,000 less for the same home. `bus_line` (how near it is) follows
  the side and says nothing else: it is how a network can learn the difference.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ROWS = 6_000
SEED = 20260103


def homes(rows: int = ROWS, seed: int = SEED) -> pd.DataFrame:
    """Return the homes, one row each; ``price`` is the target."""
    draw = np.random.default_rng(seed)
    south = draw.random(rows) < 0.5
    size, age = draw.normal(90, 25, size=rows).clip(25), draw.uniform(0, 60, size=rows)
    state = draw.integers(1, 6, size=rows)
    worth = 2_500 * size - 1_500 * age + 15_000 * state + draw.normal(scale=20_000, size=rows)
    return pd.DataFrame(
        {
            "size": np.round(size, 1),
            "age": np.round(age, 1),
            "state": state,
            "bus_line": np.round(draw.normal(np.where(south, 1.5, -1.5)), 3),
            "noise": np.round(draw.normal(size=rows), 3),
            "side": np.where(south, "south", "north"),
            "price": np.round(worth - 40_000 * south),
            "split": draw.choice(["train", "validation", "test"], size=rows, p=[0.5, 0.1, 0.4]),
        }
    )
