"""Integrated gradients: the slow twin, a closed form, completeness, and rows by themselves."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import builders_models as build
from audit.explainers.integrated_gradients import IntegratedGradients
from audit.models.factory import from_module
from oracles.integrated_gradients import integrated_gradients

EXPLAINER = IntegratedGradients()


def rows(count=6, columns=3, seed=0, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, columns, generator=generator) * scale


@pytest.mark.parametrize("activation", [nn.Tanh, nn.GELU, nn.Sigmoid, nn.ReLU])
@pytest.mark.parametrize("output", ["logit", "logits"])
def test_agrees_with_many_small_steps_one_row_at_a_time(activation, output):
    outputs = 2 if output == "logits" else 1
    model = build.model(output, activation=activation, outputs=outputs)
    x, zero = rows(3), rows(1, seed=5)
    found = EXPLAINER.attribute(model, {"x": x}, {"x": zero})
    for row, values in zip(x, found.values["x"], strict=True):
        slow = integrated_gradients(lambda t: model.score({"x": t}), row, zero[0], 400)
        np.testing.assert_allclose(values, slow, atol=2e-3 if activation is nn.ReLU else 1e-4)


def test_a_linear_logit_shares_the_rise_in_proportion_to_weight_times_step():
    network = nn.Sequential(nn.Linear(3, 1)).requires_grad_(False)
    model = from_module(network, "logit")
    x, zero = rows(5), rows(1, seed=3)
    steps = network[0].weight * (x - zero)
    rise = model.score({"x": x}) - model.score({"x": zero})
    expected = steps * (rise / steps.sum(dim=1)).unsqueeze(1)
    found = EXPLAINER.attribute(model, {"x": x}, {"x": zero})
    np.testing.assert_allclose(found.values["x"], expected, atol=1e-5)
    assert (found.figures["steps"] == 32).all()


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(0.1, 5.0),
    activation=st.sampled_from([nn.ReLU, nn.Tanh, nn.GELU]),
)
def test_attributions_sum_to_the_rise_of_the_score(seed, scale, activation):
    model = build.model(activation=activation, seed=seed)
    x, zero = rows(8, seed=seed, scale=scale), torch.zeros(1, 3)
    found = EXPLAINER.attribute(model, {"x": x}, {"x": zero})
    with torch.no_grad():
        rise = model.score({"x": x}) - model.score({"x": zero})
    sums = found.values["x"].sum(dim=1)
    np.testing.assert_allclose(sums, rise, atol=EXPLAINER.tolerance)
    np.testing.assert_allclose(found.errors, (sums - rise).numpy(), atol=1e-6)


def test_a_steep_network_is_halved_where_it_is_steep():
    network = build.network(activation=nn.ReLU)
    with torch.no_grad():
        network[2].weight *= 60
    found = EXPLAINER.attribute(
        from_module(network, "logit"), {"x": rows(30, scale=3.0)}, {"x": torch.zeros(1, 3)}
    )
    assert found.figures["steps"].max() > 32
    assert np.abs(found.errors).max() <= EXPLAINER.tolerance


def test_without_halvings_the_error_stays_and_is_told():
    network = build.network(activation=nn.ReLU)
    with torch.no_grad():
        network[2].weight *= 60
    rough = IntegratedGradients(steps=2, halvings=0)
    found = rough.attribute(
        from_module(network, "logit"), {"x": rows(30, scale=3.0)}, {"x": torch.zeros(1, 3)}
    )
    assert np.abs(found.errors).max() > rough.tolerance


def test_a_row_is_attributed_by_itself():
    model = build.model(activation=nn.ReLU)
    x, zero = rows(20, scale=3.0), torch.zeros(1, 3)
    together = EXPLAINER.attribute(model, {"x": x}, {"x": zero}).values["x"]
    alone = [EXPLAINER.attribute(model, {"x": r[None]}, {"x": zero}).values["x"][0] for r in x]
    np.testing.assert_allclose(together, torch.stack(alone), atol=1e-6)


class Several(nn.Module):
    """Takes a table, a series and a flat tensor, and does not look at the last."""

    def __init__(self):
        super().__init__()
        self.table, self.series = nn.Linear(3, 1), nn.Linear(2, 1)

    def forward(self, *, table, series, unused):
        return (self.table(table) + self.series(series).mean(dim=1)).tanh()


def test_several_tensors_of_several_shapes_one_of_them_unused():
    tensors = {"table": rows(4), "series": rows(20, 2).reshape(4, 5, 2), "unused": torch.ones(4)}
    zero = {name: torch.zeros_like(tensor[:1]) for name, tensor in tensors.items()}
    model = from_module(Several(), "logit")
    found = EXPLAINER.attribute(model, tensors, zero)
    assert {k: v.shape for k, v in found.values.items()} == {k: v.shape for k, v in tensors.items()}
    assert float(found.values["unused"].abs().max()) == 0
    assert np.abs(found.errors).max() <= EXPLAINER.tolerance


def test_parameters_get_no_gradient():
    model = build.model()
    EXPLAINER.attribute(model, {"x": rows(3)}, {"x": torch.zeros(1, 3)})
    assert all(parameter.grad is None for parameter in model.network.parameters())
