"""Where whole numbers enter a network: through which embeddings, and that none is changed."""

import pytest
import torch
from captum.attr import LayerIntegratedGradients
from torch import nn

import builders_explained as small
from audit.explainers.integrated_gradients import IntegratedGradients
from audit.models.embedding_entry import (
    Entered,
    Entry,
    NoEntryError,
    embedded,
    find_entries,
)
from audit.models.factory import from_module

TOKENS = torch.tensor([[2, 3, 4, 0], [5, 2, 0, 0], [6, 7, 8, 9]])


def found(network, tensors=None, names=("x",)):
    tensors = tensors or {"x": TOKENS}
    return find_entries(from_module(network.eval(), "logit"), tensors, names)


class Trimmed(nn.Module):
    """Cuts padding off and looks at two rows at a time, as large networks do."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 3, padding_idx=0)
        self.out = nn.Linear(3, 1)

    def forward(self, x):
        kept = x[:, : max(int((x != 0).any(dim=0).sum()), 1)]
        return torch.cat(
            [self.out(self.embedding(part).sum(dim=1).tanh()) for part in torch.split(kept, 2)]
        )


class Copied(small.MeanOfWords):
    def forward(self, text):
        return super().forward(text.to(torch.int32))


class Twice(nn.Module):
    """Two embeddings of the same words, one of their places, and one of other numbers."""

    def __init__(self):
        super().__init__()
        self.words, self.weights = nn.Embedding(10, 3), nn.Embedding(10, 1)
        self.places, self.kinds = nn.Embedding(4, 3), nn.Embedding(2, 3)
        self.out = nn.Linear(3, 1)

    def forward(self, *, x, kind):
        whole = self.words(x) + self.places(torch.arange(4)) + self.kinds(kind).unsqueeze(1)
        return self.out((whole * self.weights(x).sigmoid()).sum(dim=1))


def test_the_embedding_that_is_called_with_the_tensor_is_found():
    network = small.seeded(small.MeanOfWords)
    assert found(network) == (Entry(tensor="x", module="embedding"),)
    assert found(nn.Sequential(nn.Linear(4, 1)), {"x": TOKENS.float()}, ()) == ()
    alone = nn.Sequential(nn.Embedding(10, 1), nn.Flatten(), nn.Linear(4, 1))
    assert found(alone) == (Entry(tensor="x", module="0"),)


def test_several_are_found_and_those_of_other_tensors_are_not():
    entries = found(Twice(), {"x": TOKENS, "kind": torch.tensor([0, 1, 0])}, ("x",))
    assert {entry.module for entry in entries} == {"words", "weights"}
    kinds = found(Twice(), {"x": TOKENS, "kind": torch.tensor([0, 1, 0])}, ("kind",))
    assert [entry.module for entry in kinds] == ["kinds"]


def test_a_copy_is_known_by_its_values_unless_all_are_the_same():
    network = small.seeded(Copied)
    assert found(network) == (Entry(tensor="x", module="embedding", copied=True),)
    assert found(network, {"x": torch.full((3, 4), 2)}) == ()


@pytest.mark.parametrize("make", [small.MeanOfWords, Trimmed, Copied])
def test_own_embeddings_in_their_place_change_nothing_and_others_do(make):
    network = small.seeded(make).eval()
    entries = found(network)
    values = embedded(network, entries[0], TOKENS)
    entered = Entered(network, entries)
    with torch.no_grad():
        torch.testing.assert_close(
            entered(x=TOKENS, **{entries[0].key: values}), network(TOKENS), rtol=0, atol=0
        )
        other = entered(x=TOKENS, **{entries[0].key: values + 1})
    assert not torch.allclose(other, network(TOKENS))


def test_a_cut_off_view_gets_the_embeddings_of_its_own_places():
    network = small.seeded(Trimmed).eval()
    entries = found(network)
    values = torch.randn(3, 4, 3, generator=torch.Generator().manual_seed(1))
    for tokens in (TOKENS, TOKENS[:, :2], TOKENS[1:]):
        own = values[: len(tokens), : tokens.shape[1]].clone().requires_grad_()
        answer = Entered(network, entries)(x=tokens, **{entries[0].key: own})
        kept = max(int((tokens != 0).any(dim=0).sum()), 1)
        expected = network.out(own[:, :kept].sum(dim=1).tanh())
        torch.testing.assert_close(answer, expected)
        (gradient,) = torch.autograd.grad(answer.sum(), own)
        assert float(gradient[:, kept:].abs().sum()) == 0


def test_the_real_numbers_still_make_the_mask():
    network = small.seeded(small.MeanOfWords).eval()
    entries = found(network)
    values = embedded(network, entries[0], TOKENS).clone()
    values[:, -1] += torch.where(TOKENS[:, -1:] == 0, 100.0, 0.0)  # only where it is padding
    answer = Entered(network, entries)(x=TOKENS, **{entries[0].key: values})
    torch.testing.assert_close(answer, network(TOKENS))


def test_agrees_with_captums_layer_method():
    network = small.seeded(small.MeanOfWords).eval().double()
    entries = found(network)
    model = from_module(network, "logit")
    values = embedded(network, entries[0], TOKENS)
    zero = torch.zeros(1, 4, 5, dtype=torch.float64)
    ours = IntegratedGradients(tolerance=1e-9).attribute(
        type(model)(**vars(model) | {"network": Entered(network, entries)}),
        {"x": TOKENS, entries[0].key: values},
        {entries[0].key: zero},
    )
    theirs = LayerIntegratedGradients(
        lambda tokens: torch.sigmoid(network(tokens)[:, 0]), network.embedding
    ).attribute(TOKENS, baselines=torch.zeros_like(TOKENS), n_steps=300)
    torch.testing.assert_close(ours.values[entries[0].key], theirs.detach(), rtol=1e-5, atol=1e-7)


def test_nothing_is_left_behind_even_after_an_error():
    network = small.seeded(Fickle).train()
    mark = network.embedding.register_forward_hook(lambda *_: None)
    entry = Entry(tensor="x", module="embedding")
    given = {entry.key: torch.zeros(3, 4, 1)}
    with pytest.raises(NoEntryError, match="embedding 'embedding' is called with tensor 'x' for"):
        Entered(network, (entry,))(x=TOKENS, **given)
    with pytest.raises(IndexError):
        Entered(network, (entry,))(x=TOKENS * 10, **given)
    assert list(network.embedding._forward_hooks) == [mark.id]
    assert not network.embedding._forward_hooks_with_kwargs
    assert network.training
    assert network.embedding.weight.grad is None


class Fickle(nn.Module):
    """Passes its numbers on only where they begin with a nought."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 1)

    def forward(self, x):
        numbers = x if int(x[0, 0]) == 0 else x + 1 - 1
        return self.embedding(numbers).sum(dim=(1, 2))


def test_a_number_without_an_embedding_is_told():
    entry = Entry(tensor="x", module="embedding")
    with pytest.raises(NoEntryError, match=r"no row for one of its numbers \(2 to 62\)"):
        embedded(small.MeanOfWords(), entry, torch.tensor([[2, 62]]))
