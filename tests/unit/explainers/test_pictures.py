"""Pictures: means and maps against loops, sums that are kept, small groups, and their size."""

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter
from torch import nn

import builders_explained as small
from audit.canonical import canonical_json
from audit.explainers.picture_results import THOUSANDTHS, PictureRecord
from audit.explainers.picture_sums import image_grid, series_grid
from builders_explained import A, B, explained, model, seeded
from oracles.folding import cells_of

ADAPTER = TypeAdapter(tuple[PictureRecord, ...])
WEIGHTS = np.random.default_rng(5).uniform(0.2, 3, small.ROWS)


class Both(nn.Module):
    def __init__(self):
        super().__init__()
        self.face, self.letter = small.Convolutions(), small.MeanOfWords()

    def forward(self, *, face, letter):
        return self.face(face) + self.letter(letter)


def pictured(inputs, network, *, weights=WEIGHTS, **choices):
    data = small.dataset(inputs, weights=weights)
    found = explained(model(network, inputs), data, **choices)
    return data, found


def of(found, level, group=None):
    return next(p for p in found.pictures if p.level == level and group in (None, p.group))


def by_hand(values, members, weights):
    total = sum(weights[row] for row in members)
    return sum(weights[row] * values[row].astype(float) for row in members) / total


def attribution(picture):
    return np.array(picture.attribution) * picture.largest / THOUSANDTHS


@pytest.mark.parametrize("channels", [1, 3])
def test_the_image_is_the_weighted_mean_of_the_groups_pixels(channels, monkeypatch):
    monkeypatch.setattr("audit.explainers.picture_sums.IMAGE_SIDE", 6)
    images = small.images(channels)
    data, found = pictured({"face": images}, seeded(lambda: small.Convolutions(channels)))
    picture = of(found, "group", A)
    women = np.flatnonzero(data.sensitive[0].codes == 0)
    mean = by_hand(images.values, women, WEIGHTS)
    assert (picture.block, picture.height, picture.width, picture.rows) == (3, 16, 16, 40)
    assert np.array(picture.image).shape == (6, 6, channels)
    for channel in range(channels):
        expected = cells_of(mean[..., channel], 3, mean=True)
        np.testing.assert_allclose(np.array(picture.image)[..., channel], expected, atol=0.501)
    assert picture.channels == (("grey",) if channels == 1 else ("red", "green", "blue"))
    assert (picture.low, picture.high) == (0.0, 255.0)


def test_the_map_sums_to_the_explanation_patch_by_patch():
    _, found = pictured({"face": small.images()}, seeded(small.Convolutions))
    for picture in found.pictures:
        explanation = next(e for e in found.explanations if e.id == picture.explanation)
        values = small.as_dict(explanation)
        assert picture.total == pytest.approx(sum(values.values()), rel=1e-3)
        whole = attribution(picture)
        assert np.abs(whole).max() == pytest.approx(picture.largest)
        found_there = whole[2:4, 4:6].sum()
        assert found_there == pytest.approx(
            values["image rows 2–3, columns 4–5"], abs=picture.largest * 4 / 1000
        )


def test_a_gap_is_the_difference_of_the_maps_of_its_groups():
    _, found = pictured({"face": small.images()}, seeded(small.Convolutions))
    a, b, gap = of(found, "group", A), of(found, "group", B), of(found, "gap")
    assert (gap.a, gap.b, gap.image) == (A, B, ())
    largest = a.largest + b.largest + gap.largest
    np.testing.assert_allclose(
        attribution(gap), attribution(a) - attribution(b), atol=largest / 1000
    )


def test_fractions_and_other_pixels_are_shown_between_their_ends():
    draw = np.random.default_rng(0)
    fractions = draw.random((small.ROWS, 16, 16, 1)).astype(np.float32)
    for values, ends in ((fractions, (0.0, 1.0)), (fractions * 6 - 3, (-3.0, 3.0))):
        source = small.Source(kind="image", values=values)
        subject = model(seeded(lambda: small.Convolutions(1)), {"face": source})
        part = subject.encoder.parts[0]
        part = type(part)(**vars(part) | {"pixels": "float32"})
        subject = type(subject)(**vars(subject) | {"encoder": type(subject.encoder)(parts=(part,))})
        found = explained(subject, small.dataset({"face": source}))
        picture = of(found, "group", A)
        assert (picture.low, picture.high) == pytest.approx(ends, abs=0.02)
        image = np.array(picture.image)[..., 0] / 255 * (picture.high - picture.low) + picture.low
        women = [row for row in range(small.ROWS) if row % 3]
        np.testing.assert_allclose(image, values[women].mean(axis=0)[..., 0], atol=0.02)


def test_a_series_is_the_mean_of_its_measurements_without_gaps():
    class Weighted(nn.Module):
        def forward(self, radar):
            return (radar * torch.linspace(-1, 1, radar.shape[2])).sum(dim=(1, 2)).tanh()

    source = small.series()
    data, found = pictured({"radar": source}, Weighted())
    picture = of(found, "group", A)
    women = np.flatnonzero(data.sensitive[0].codes == 0)
    assert (picture.channels, picture.steps, picture.block) == (("speed", "heat"), 10, 1)
    for place in range(2):
        for step in range(10):
            known = [row for row in women if not np.isnan(source.values[row, step, place])]
            expected = np.average(source.values[known, step, place], weights=WEIGHTS[known])
            assert picture.means[place][step] == pytest.approx(expected, rel=1e-3)
    gone = [np.average(np.isnan(source.values[women, :, place]).mean(axis=1),
                       weights=WEIGHTS[women]) for place in range(2)]  # fmt: skip
    assert picture.missing == pytest.approx(gone, abs=1e-3)
    assert of(found, "gap").means == ()
    explanation = next(e for e in found.explanations if e.id == picture.explanation)
    for place, channel in enumerate(picture.channels):
        assert attribution(picture)[place].sum() == pytest.approx(
            small.as_dict(explanation)[channel], abs=picture.largest * 10 / 1000
        )


def test_steps_without_any_measurement_have_no_mean():
    class First(nn.Module):
        def forward(self, radar):
            return radar[:, 0].sum(dim=1) / 10 + torch.zeros(len(radar))

    source = small.series()
    source.values[:, 4, 0] = np.nan
    _, found = pictured({"radar": source}, First())
    assert of(found, "group", A).means[0][4] is None


def test_words_are_counted_and_no_text_is_quoted():
    source = small.texts()
    data, found = pictured({"letter": source}, seeded(small.MeanOfWords))
    women = np.flatnonzero(data.sensitive[0].codes == 0)
    men = np.flatnonzero(data.sensitive[0].codes == 1)
    picture, gap = of(found, "group", A), of(found, "gap")
    explanation = next(e for e in found.explanations if e.id == picture.explanation)
    values = small.as_dict(explanation)

    def share(word, rows):
        said = np.array([word in source.values[row].split() for row in rows])
        return float(np.average(said, weights=WEIGHTS[rows])), int(said.sum())

    for word in picture.words:
        frequency, count = share(word.word, women)
        assert (word.rows, word.share_b) == (count, None)
        assert word.rows >= 3
        assert word.share == pytest.approx(frequency, rel=1e-3)
        assert word.value == pytest.approx(values[word.word], rel=1e-3, abs=1e-7)
        assert word.where_said == pytest.approx(word.value / frequency, rel=2e-3, abs=1e-6)
    for word in gap.words:
        assert word.share == pytest.approx(share(word.word, women)[0], rel=1e-3)
        assert word.share_b == pytest.approx(share(word.word, men)[0], rel=1e-3)
        assert word.rows == share(word.word, women)[1] + share(word.word, men)[1]
    whole = sum(word.value for word in picture.words) + picture.others_value
    assert whole == pytest.approx(picture.total, abs=1e-5)
    assert picture.largest == max(abs(word.value) for word in picture.words)


def test_a_gap_between_a_group_and_everyone_counts_each_text_once():
    source = small.texts()
    inputs = {"letter": source}
    _, found = pictured(inputs, seeded(small.MeanOfWords), gaps=((A, {}),))
    gap = of(found, "gap")
    for word in gap.words:
        assert word.rows == sum(word.word in text.split() for text in source.values)


def test_the_same_pictures_come_again_in_json_and_back():
    inputs = {"face": small.images(), "letter": small.texts()}
    one, other = (pictured(inputs, seeded(Both))[1].pictures for _ in range(2))
    written = canonical_json(ADAPTER.dump_python(one, mode="json"))
    assert written == canonical_json(ADAPTER.dump_python(other, mode="json"))
    assert ADAPTER.validate_json(written) == one
    assert len({picture.id for picture in one}) == len(one) == 6


def test_pictures_of_seven_groups_stay_small():
    rows, side = 140, 48
    source = small.images(rows=rows, side=side)
    source.values[:] = source.values // 8 + np.arange(side, dtype=np.uint8)[:, None, None] * 4
    groups = {
        "sex": ["f" if row % 2 else "m" for row in range(rows)],
        "age": ["abcde"[row % 5] for row in range(rows)],
    }
    data = small.dataset({"face": source}, rows=rows, groups=groups)
    network = nn.Sequential(nn.Flatten(), seeded(lambda: nn.Linear(6912, 1)))
    with torch.no_grad():
        network[1].weight *= 0.3
    gaps = ((A, B), ({"age": "a"}, {"age": "b"}))
    found = explained(model(network, data.inputs), data, gaps=gaps)
    written = canonical_json(ADAPTER.dump_python(found.pictures, mode="json"))
    assert len(found.pictures) == 9
    assert found.pictures[0].block == 1
    assert len(written) < 320_000


def test_grids_keep_pictures_within_bounds():
    assert image_grid(48, 48, 3, 7).block == 1
    assert image_grid(64, 64, 3, 7).block == 1
    assert image_grid(65, 20, 1, 2).block == 2
    assert image_grid(1080, 1920, 3, 2).block == 30
    assert image_grid(64, 64, 3, 60).block == 3
    assert series_grid(2, 128, 7).block == 1
    assert series_grid(2, 129, 7).block == 2
    assert series_grid(60, 100, 20).block == 8
    assert image_grid(1, 1, 3, 10**6).block == 1
