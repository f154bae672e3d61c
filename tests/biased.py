"""A population in which a proxy carries a disparity, and networks trained on it."""

from functools import cache

import numpy as np
import pandas as pd

from audit.config import Mitigation, Train
from audit.mitigation.mitigate import mitigate
from audit.models.training import train
from builders_models import dataset


def population(rows=5000, seed=0, validation=True):
    """Skill decides; the zone, which tells the group, adds to the label of group m."""
    draw = np.random.default_rng(seed)
    group = draw.choice(["f", "m"], rows)
    skill = draw.normal(size=rows)
    zone = (group == "m") + draw.normal(scale=0.3, size=rows)
    label = (skill + 1.2 * (group == "m") - 0.6 + draw.normal(size=rows) > 0).astype(int)
    order = np.arange(rows, dtype=np.int64)
    a, b = int(rows * 0.4), int(rows * 0.6)
    splits = {"train": order[:a], "validation": order[a:b], "test": order[b:]}
    if not validation:
        splits = {"train": order[:b], "test": order[b:]}
    frame = pd.DataFrame({"skill": skill, "zone": zone})
    return dataset(frame, target=label, groups={"group": list(group)}, splits=splits)


@cache
def trained(rows=5000, validation=True):
    """Return the population and a network trained on it."""
    data = population(rows, validation=validation)
    settings = Train(hidden=(8,), epochs=8, lr=1e-2)
    return data, train(data, settings).model


def mitigated(model, data, method, *, seed=0, **parameters):
    quick = {"updates": 60, "lr": 1e-2} if method == "fairness_penalty" else {}
    item = Mitigation(method=method, **(quick | parameters))
    return mitigate(model, data, item, number=1, threshold=0.5, seed=seed)


def gap(data, label, counted=(0, 1)):
    """Difference of the two groups' rates on the test rows."""
    rows = data.splits["test"]
    among = np.isin(data.target[rows], counted)
    codes = data.sensitive[0].codes[rows]
    rates = [label[among & (codes == code)].mean() for code in (0, 1)]
    return rates[1] - rates[0]
