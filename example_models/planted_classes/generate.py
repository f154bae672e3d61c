"""6,000 simulated patients at an emergency desk. Nobody here exists.

Assumptions
-----------
- Two sexes, equally frequent, and three age bands. Severity, pulse and fever have the same
  distribution in each of them.
- A patient needs intensive care, a ward, or to go home, by severity, fever and luck alone.
- The labels do not say what was needed but what was decided: of the women who needed intensive
  care, three in four were sent to a ward. `referral` (whose letter they came with) follows sex and
  says nothing about what was needed: it is how a network can learn the difference.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ROWS = 6_000
SEED = 20260102
PLACES = np.array(["home", "ward", "intensive"], dtype=object)
HOME, WARD, INTENSIVE = range(3)


def people(rows: int = ROWS, seed: int = SEED) -> pd.DataFrame:
    """Return the patients, one row each; ``decision`` is the target."""
    draw = np.random.default_rng(seed)
    female = draw.random(rows) < 0.5
    severity, fever, pulse = draw.normal(size=(3, rows))
    need = severity + 0.5 * fever + 0.4 * draw.normal(size=rows)
    decision = np.digitize(need, [-0.3, 0.5])
    passed_over = female & (decision == INTENSIVE) & (draw.random(rows) < 0.75)
    decision[passed_over] = WARD
    return pd.DataFrame(
        {
            "severity": np.round(severity, 3),
            "fever": np.round(fever, 3),
            "pulse": np.round(pulse, 3),
            "referral": np.round(draw.normal(np.where(female, 1.5, -1.5)), 3),
            "noise": np.round(draw.normal(size=rows), 3),
            "sex": np.where(female, "female", "male"),
            "age": draw.choice(["under 40", "40 to 64", "65 and over"], size=rows),
            "decision": PLACES[decision],
            "split": draw.choice(["train", "validation", "test"], size=rows, p=[0.5, 0.1, 0.4]),
        }
    )
