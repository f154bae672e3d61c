"""The differentiable gap, and what its gradient does."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from audit.config import Mitigation
from audit.mitigation.mitigate import mitigate
from audit.mitigation.mitigator import Division, Task
from audit.mitigation.penalty import group_penalty, penalised_loss, pool
from audit.mitigation.rows import Participants
from builders_models import dataset, model, numbers
from oracles.paired import slow_penalty

ROWS = 120


def task(weights=False, output="logit", **choices):
    draw = np.random.default_rng(1)
    data = dataset(
        numbers(ROWS),
        target=draw.integers(0, 2, ROWS),
        groups={"group": list(draw.choice(["a", "b", "c"], ROWS))},
        weights=draw.uniform(0.5, 2, ROWS) if weights else None,
    )
    rows = np.arange(ROWS)
    division = Division(fitting=rows, tuning=rows, fitting_words="", tuning_words="")
    return Task(
        model=model(output, **choices),
        dataset=data,
        attribute=data.sensitive[0],
        rows=division,
        threshold=0.5,
        seed=0,
        minimum_group=1,
    )


def taken(given, constraint, codes=(0, 1, 2)):
    groups = Participants(codes=codes, left_out=())
    return pool(given, given.rows.fitting, groups, constraint).take(torch.arange(ROWS))


def loss(given, tensors, rows, strength, fitted):
    return penalised_loss(given.model.form, given.model.answer(tensors), rows, strength, fitted)


@pytest.mark.parametrize("constraint", ["demographic_parity", "equal_opportunity"])
@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("codes", [(0, 1, 2), (0, 2)])
def test_the_penalty_is_that_of_the_slow_twin(constraint, weights, codes):
    given = task(weights)
    data = given.dataset
    scores = np.random.default_rng(2).random(ROWS)
    counted = [
        code in codes and (constraint == "demographic_parity" or label == 1)
        for code, label in zip(data.sensitive[0].codes, data.target, strict=True)
    ]
    expected = slow_penalty(
        scores, data.sensitive[0].codes, counted, data.weights if weights else np.ones(ROWS)
    )
    members = taken(given, constraint, codes)[1].members.double()
    assert float(group_penalty(torch.from_numpy(scores), members)) == pytest.approx(
        expected, rel=1e-5
    )


def test_groups_without_a_row_take_no_part():
    scores = torch.tensor([0.2, 0.8], dtype=torch.float64)
    members = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    assert float(group_penalty(scores, members)) == pytest.approx(2 * 0.3**2)
    assert float(group_penalty(scores, torch.zeros(2, 2, dtype=torch.float64))) == 0.0


def test_equal_groups_have_no_penalty():
    members = torch.tensor([[1.0, 1.0, 0, 0], [0, 0, 1.0, 1.0]])
    assert float(group_penalty(torch.tensor([0.1, 0.5, 0.2, 0.4]), members)) == pytest.approx(
        0, abs=1e-12
    )


@pytest.mark.parametrize("constraint", ["demographic_parity", "equal_opportunity"])
@pytest.mark.parametrize(("output", "outputs"), [("logit", 1), ("logits", 2)])
def test_the_gradient_of_the_loss_is_that_of_finite_differences(constraint, output, outputs):
    given = task(weights=True, output=output, outputs=outputs)
    network = given.model.network.double()
    tensors, rows = taken(given, constraint)
    tensors = {name: tensor.double() for name, tensor in tensors.items()}
    rows = replace(
        rows,
        label=rows.label.double(),
        weights=rows.weights.double(),
        members=rows.members.double(),
    )
    loss(given, tensors, rows, 5.0, 80).backward()
    step = 1e-6
    for parameter in network.parameters():
        flat = parameter.data.view(-1)
        for place in range(0, len(flat), 3):
            ends = []
            for move in (step, -2 * step):
                flat[place] += move
                with torch.no_grad():
                    ends.append(float(loss(given, tensors, rows, 5.0, 80)))
            flat[place] += step
            slope = (ends[0] - ends[1]) / (2 * step)
            assert float(parameter.grad.view(-1)[place]) == pytest.approx(slope, abs=1e-7)


def test_the_entropy_is_over_the_batch_and_the_gap_over_the_window():
    given = task()
    tensors, rows = taken(given, "demographic_parity")
    with torch.no_grad():
        plain = loss(given, tensors, rows, 0.0, 40)
        logit = given.model.logit(tensors)
        entropy = -(
            rows.label * torch.log(torch.sigmoid(logit))
            + (1 - rows.label) * torch.log(1 - torch.sigmoid(logit))
        )
        both = loss(given, tensors, rows, 3.0, 40)
        penalty = group_penalty(torch.sigmoid(logit), rows.members)
    assert float(plain) == pytest.approx(float(entropy[:40].mean()), rel=1e-5)
    assert float(both - plain) == pytest.approx(3 * float(penalty), rel=1e-4)


def test_a_loss_that_diverges_is_a_failure_with_a_reason():
    rows = np.arange(ROWS)
    base = task()
    data = dataset(
        numbers(ROWS) * 1e18,
        target=base.dataset.target,
        groups={"group": ["a", "b"] * (ROWS // 2)},
        splits={"train": rows[:80], "validation": rows[80:], "test": rows[:10]},
    )
    linear = model(activation=torch.nn.Identity)
    item = Mitigation(method="fairness_penalty", lr=1e25, strength=1.0, updates=5)
    record = mitigate(linear, data, item, number=1, threshold=0.5).record
    assert record.status == "failed"
    assert "not finite" in record.reason
