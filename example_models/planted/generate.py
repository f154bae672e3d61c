"""20,000 simulated job applicants. Nobody here exists; every assumption stands in this file.

Assumptions
-----------
- Two sexes, equally frequent; four regions and a very small fifth; one row in 100 names no region.
- Merit (skill, experience, education, interview, portfolio) has the same distribution in every
  group. Whether an applicant would succeed (the label) depends on merit and luck alone, so the
  labels carry no gap but the one of chance.
- Career breaks and part-time work are more frequent among women. They say nothing about success.
- Noise is noise, and commuting time follows the region; neither matters for success.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ROWS = 20_000
SEED = 20260101
REGIONS = ("East", "North", "South", "West", "Islands")
REGION_SHARES = (0.28, 0.26, 0.23, 0.2275, 0.0025)
MERIT = {"skill": 1.0, "experience": 0.7, "education": 0.5, "interview": 0.8, "portfolio": 0.4}


def people() -> pd.DataFrame:
    """Return the applicants, one row each; ``succeeds`` is the label."""
    draw = np.random.default_rng(SEED)
    female = draw.random(ROWS) < 0.5
    region = draw.choice(len(REGIONS), size=ROWS, p=REGION_SHARES)
    merit = {name: draw.normal(size=ROWS) for name in MERIT}
    ability = sum(weight * merit[name] for name, weight in MERIT.items())
    luck = draw.logistic(scale=0.8, size=ROWS)
    frame = pd.DataFrame(
        {
            **{name: np.round(values, 3) for name, values in merit.items()},
            "career_break": np.round(draw.gamma(np.where(female, 2.5, 1.0)), 2),
            "part_time": np.round(draw.beta(np.where(female, 3.0, 1.0), 4.0), 3),
            "commute": np.round(20 + 6 * region + draw.normal(scale=9, size=ROWS), 1),
            "noise": np.round(draw.normal(size=ROWS), 3),
            "sex": np.where(female, "Female", "Male"),
            "region": np.array(REGIONS, dtype=object)[region],
            "succeeds": (ability + luck > 0.3).astype(int),
            "split": draw.choice(["train", "validation", "test"], size=ROWS, p=[0.5, 0.1, 0.4]),
        }
    )
    frame.loc[draw.random(ROWS) < 0.01, "region"] = None
    return frame
