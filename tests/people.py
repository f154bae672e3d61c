"""Small made-up populations for tests of metrics."""

from dataclasses import dataclass

import numpy as np

from audit.metrics.table.cells import CellTable

SEX = ("F", "M")
RACE = ("A", "B", "C", "unknown")


@dataclass(frozen=True)
class People:
    sex: np.ndarray
    race: np.ndarray
    label: np.ndarray
    prediction: np.ndarray
    weights: np.ndarray

    def table(self, *, weighted: bool = False) -> CellTable:
        return CellTable.from_codes(
            [("sex", SEX, self.sex), ("race", RACE, self.race)],
            self.label,
            self.prediction,
            self.weights if weighted else None,
        )

    def rows(self) -> list[dict]:
        return [
            {
                "sex": SEX[self.sex[i]],
                "race": RACE[self.race[i]],
                "label": int(self.label[i]),
                "prediction": int(self.prediction[i]),
                "weight": float(self.weights[i]),
            }
            for i in range(len(self.label))
        ]


def people(n: int = 400, seed: int = 0) -> People:
    rng = np.random.default_rng(seed)
    sex = rng.integers(0, 2, n)
    race = rng.choice(4, n, p=[0.5, 0.3, 0.15, 0.05])
    label = (rng.random(n) < 0.3 + 0.1 * sex).astype(np.int64)
    prediction = (rng.random(n) < 0.2 + 0.1 * sex + 0.4 * label).astype(np.int64)
    return People(sex, race, label, prediction, rng.uniform(0.2, 3, n))


def counts_table(groups: dict[str, tuple[int, int, int, int]], name: str = "group") -> CellTable:
    """Cells of one attribute from (true negatives, false positives, false negatives, positives)."""
    codes, label, prediction = [], [], []
    for code, cells in enumerate(groups.values()):
        for cell, count in enumerate(cells):
            codes += [code] * count
            label += [cell // 2] * count
            prediction += [cell % 2] * count
    return CellTable.from_codes(
        [(name, tuple(groups), np.array(codes, dtype=np.int64))],
        np.array(label, dtype=np.int64),
        np.array(prediction, dtype=np.int64),
    )
