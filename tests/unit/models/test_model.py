"""The seam: what a network may answer, how it becomes a probability, and its description."""

import pytest
import torch
from torch import nn

import builders_models as build
from audit.errors import ModelError
from audit.models.architectures import Blueprint, describe, initialise, mlp
from audit.models.architectures import build as build_network
from audit.models.factory import from_module
from audit.models.inference import evaluating, seeded, threads_for
from audit.models.outputs import ending

X = torch.linspace(-2, 2, 12).reshape(4, 3)


class Two(nn.Module):
    """Takes two named tensors."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 1), nn.Linear(3, 1)

    def forward(self, *, left, right):
        return self.a(left) + self.b(right)


class Answer(nn.Module):
    """Answers with what it is given."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def forward(self, x):
        return self.answer(x)


def model(answer, output):
    return build.from_module(Answer(answer), output)


LOGIT = X.sum(dim=1)


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        (lambda x: x.sum(1), "logit"),
        (lambda x: x.sum(1, keepdim=True), "logit"),
        (lambda x: torch.stack([x.sum(1) * 0 + 1, x.sum(1) + 1], 1), "logits"),
        (lambda x: torch.sigmoid(x.sum(1)), "probability"),
        (lambda x: torch.sigmoid(x.sum(1, keepdim=True)), "probability"),
        (lambda x: torch.softmax(torch.stack([x.sum(1) * 0, x.sum(1)], 1), 1), "probabilities"),
    ],
)
def test_every_output_gives_the_same_probability_and_logit(answer, output):
    subject = model(answer, output)
    torch.testing.assert_close(subject.score({"x": X}), torch.sigmoid(LOGIT))
    torch.testing.assert_close(subject.logit({"x": X}), LOGIT, rtol=1e-4, atol=1e-4)


def test_gradients_flow_to_the_inputs():
    x = X.clone().requires_grad_(True)
    model(lambda t: t.sum(1), "logit").score({"x": x}).sum().backward()
    p = torch.sigmoid(LOGIT)
    torch.testing.assert_close(x.grad, (p * (1 - p)).unsqueeze(1).expand(4, 3))


@pytest.mark.parametrize("output", ["probability", "probabilities"])
def test_certain_probabilities_have_finite_logits(output):
    sure = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    subject = model(lambda _: sure[:, 1] if output == "probability" else sure, output)
    assert bool(torch.isfinite(subject.logit({"x": torch.ones(2, 3)})).all())


@pytest.mark.parametrize(
    ("answer", "output", "message"),
    [
        (
            lambda x: x[:, :2],
            "logit",
            r"expects shape \(n,\) or \(n, 1\) for 4 rows, came \(4, 2\); declare output: logits",
        ),
        (lambda x: x[:, :2], "probability", "declare output: probabilities"),
        (lambda x: x[:, 0], "logits", r"expects shape \(n, 2\) .* declare output: logit$"),
        (lambda x: x, "logits", r"came \(4, 3\); for 3 classes say task: multiclass"),
        (lambda x: x.sum(), "logit", r"came \(\)"),
        (lambda x: (x, x), "logit", "one tensor of floating-point numbers .* came tuple"),
        (lambda x: x.argmax(1), "logit", "came torch.int64 numbers"),
        (lambda x: None, "logit", "came NoneType"),
        (lambda x: x @ torch.ones(5), "logit", r"failed on its input \(x \(4, 3\)\): RuntimeError"),
    ],
)
def test_answers_that_do_not_fit_are_one_line(answer, output, message):
    with pytest.raises(ModelError, match=message) as raised:
        model(answer, output).answer({"x": X})
    assert "\n" not in str(raised.value)


def test_several_tensors_go_by_name():
    subject = build.from_module(Two(), "logit")
    answer = subject.answer({"right": torch.ones(2, 3), "left": torch.ones(2, 2)})
    assert answer.shape == (2,)
    with pytest.raises(ModelError, match="TypeError.*unexpected keyword argument 'middle'"):
        subject.answer({"left": torch.ones(2, 2), "middle": torch.ones(2, 3)})


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (torch.sigmoid, "Sigmoid"),
        (lambda x: nn.Sigmoid()(x).squeeze(-1), "Sigmoid"),
        (lambda x: torch.sigmoid(x).flatten()[:2].clone().double(), "Sigmoid"),
        (lambda x: torch.softmax(x, 1), "Softmax"),
        (lambda x: torch.sigmoid(x) * 3, ""),
        (lambda x: torch.log_softmax(x, 1), ""),
        (lambda x: x.detach(), ""),
    ],
)
def test_the_ending_is_read_off_the_graph(answer, found):
    assert ending(answer(X[:, :1].clone().requires_grad_(True))) == found


def test_modes_of_every_submodule_are_put_back():
    network = nn.Sequential(nn.Linear(2, 2), nn.Dropout(), nn.BatchNorm1d(2))
    network.train()
    network[1].eval()
    with evaluating(network):
        assert not any(module.training for module in network.modules())
    assert [module.training for module in network.modules()] == [True, True, False, True]


def test_modes_are_put_back_after_an_error():
    network = nn.Dropout().train()
    with pytest.raises(ZeroDivisionError), evaluating(network):
        raise ZeroDivisionError
    assert network.training


def test_seeded_draws_repeat_and_leave_no_trace():
    before = torch.get_rng_state()
    draws = []
    for _ in range(2):
        with seeded(3, torch.device("cpu")):
            draws.append(torch.rand(3))
    assert torch.equal(*draws)
    assert torch.equal(before, torch.get_rng_state())


def test_the_layers_of_an_mlp_are_named_and_counted():
    network = mlp(inputs=14, hidden=(16, 8), activation="relu", dropout=0.1)
    words, layers, parameters = describe(network)
    names = ["fc1", "act1", "drop1", "fc2", "act2", "drop2", "out"]
    assert [name for name, _ in network.named_children()] == names
    assert words == "MLP 14 → 16 → 8 → 1, relu"
    assert [(layer.name, layer.shape, layer.parameters) for layer in layers] == [
        ("fc1", (16, 14), 240),
        ("fc2", (8, 16), 136),
        ("out", (1, 8), 9),
    ]
    assert parameters == 385


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (nn.Sequential(nn.Linear(3, 1)), "linear 3 → 1"),
        (nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1)), "MLP 3 → 2 → 1, tanh"),
        (Two(), "Two, 2 layers with parameters"),
        (
            nn.Sequential(nn.Conv1d(1, 1, 1), nn.Linear(2, 1)),
            "Sequential, 2 layers with parameters",
        ),
    ],
)
def test_any_network_is_said_in_words(network, words):
    assert describe(network)[0] == words


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "sigmoid"])
@pytest.mark.parametrize("scheme", ["he", "xavier", "default"])
def test_initialisers_have_the_published_variance(scheme, activation):
    with seeded(0, torch.device("cpu")):
        network = mlp(inputs=400, hidden=(600,), activation=activation)
        initialise(network, scheme, activation)
    gain = {"relu": 2**0.5, "gelu": 2**0.5, "tanh": 5 / 3, "sigmoid": 1.0}[activation]
    expected = {
        "he": gain / 400**0.5,
        "xavier": gain * (2 / 1000) ** 0.5,
        "default": (1 / 3 / 400) ** 0.5,
    }
    weight = network.fc1.weight.detach()
    assert float(weight.std()) == pytest.approx(expected[scheme], rel=0.01)
    assert bool((network.fc1.bias == 0).all()) == (scheme != "default")


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(ModelError, match="unknown architecture 'mpl'; did you mean 'mlp'"):
        build_network(Blueprint(name="mpl", arguments={}))
    with pytest.raises(ModelError, match="did you mean 'xavier'"):
        initialise(nn.Linear(2, 2), "xaver", "relu")


@pytest.mark.parametrize(("width", "inside"), [(10, 1), (2000, 2)])
def test_only_small_networks_run_on_one_thread(width, inside):
    torch.set_num_threads(2)
    with threads_for(nn.Linear(1000, width)):
        assert torch.get_num_threads() == inside
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)


def test_another_number_of_columns_than_the_first_layer_takes_is_told():
    model = from_module(nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1)), "logit")
    with pytest.raises(
        ModelError, match="the first Linear layer takes 3 inputs, there are 8: check"
    ):
        model.answer({"x": torch.zeros(4, 8)})
