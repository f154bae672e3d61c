"""Series: agreement with the slow twin, gaps as further channels, and refusals by row."""

import numpy as np
import pytest

import builders_networks as build
from audit.data.inputs.batches import SeriesBatch
from audit.errors import DataError
from audit.models.input_fitting import fit_series
from oracles.inputs import series

TRAIN = np.arange(10)
VALUES = build.sources()["radar"].values


def fitted(values=VALUES, channels=("range", "speed")):
    return fit_series("radar", build.Series(values=values, channels=channels), TRAIN)


def encode(encoder, values, channels=("range", "speed")):
    given = SeriesBatch(values=values, rows=np.arange(len(values)) + 4, channels=channels)
    return encoder.encode({"radar": given})


def test_agrees_with_the_loop_over_steps():
    found = encode(fitted(), VALUES[10:]).tensors["radar"]
    expected = series(VALUES[TRAIN].tolist(), VALUES[10:].tolist())
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_a_channel_with_gaps_gets_one_more_channel():
    found = encode(fitted(), VALUES)
    layout = found.layouts["radar"]
    assert (layout.kind, layout.source) == ("series", "radar")
    assert layout.names == ("range", "speed", "speed missing")
    assert found.tensors["radar"].shape == (len(VALUES), 3, 11)
    assert found.columns == {"radar": ("radar",)}
    gap = found.tensors["radar"][:, 2] == 1
    np.testing.assert_array_equal(gap.numpy(), np.isnan(VALUES[:, :, 1]))
    assert bool((found.tensors["radar"][:, 1][gap] == 0).all())
    assert fitted().shape.size == (3, 11)


def test_a_gap_in_a_channel_that_had_none_in_training_is_named_by_its_row():
    values = VALUES.copy()
    values[3, 1, 0] = values[4, 0, 0] = np.nan
    with pytest.raises(DataError, match=r"input 'radar', row 8: channel 'range' .*\(2 rows\)"):
        encode(fitted(), values)


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        (("speed", "range"), "expected channels range, speed, came speed, range"),
        (("range", "power"), "came range, power; name the same ones in this order"),
    ],
)
def test_other_channels_are_refused(channels, message):
    with pytest.raises(DataError, match=message):
        encode(fitted(), VALUES, channels)


def test_another_length_is_refused():
    with pytest.raises(DataError, match="expected 11 steps of 2 channels, came 9 of 2"):
        encode(fitted(), VALUES[:, :9])


def test_infinity_is_refused():
    values = VALUES.copy()
    values[2, 0, 0] = np.inf
    with pytest.raises(DataError, match="input 'radar', row 7: expected finite values"):
        encode(fitted(), values)
    with pytest.raises(DataError, match="row 103: expected finite values"):
        fitted(values)


def test_a_channel_without_any_value_is_refused():
    values = VALUES.copy()
    values[TRAIN, :, 1] = np.nan
    with pytest.raises(DataError, match="channel 'speed' has no value in any training row"):
        fitted(values)


def test_a_channel_far_from_zero_keeps_its_digits():
    values = VALUES.copy()
    values[:, :, 0] = 100_000 + values[:, :, 0]
    found = fitted(values)
    known = values[TRAIN, :, 0].astype(np.float64)
    assert found.mean[0] == pytest.approx(known.mean(), rel=1e-14)
    assert found.scale[0] == pytest.approx(known.std(), rel=1e-10)
