"""Images, words and series: one scale, names as text, numbers behind every picture."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from audit.report import render
from audit.report.document import Document, plain
from audit.report.figures.canvas import NARROW, WIDE
from audit.report.figures.diverging import ABOVE, BELOW, coloured, laid_over
from audit.report.pictures import DRAWN, albums
from audit.report.sections import pictures
from evidence_builder import planted
from evidence_pictures import WORDS
from evidence_tasks import hostile_classes, images, sensors, texts

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"


@pytest.fixture(scope="module")
def of_images():
    return Document.of(images())


@pytest.fixture(scope="module")
def of_texts():
    return Document.of(texts())


@pytest.fixture(scope="module")
def of_sensors():
    return Document.of(sensors())


def root(image):
    return ET.fromstring(base64.b64decode(image.uri.partition(",")[2]))


def written(image):
    return ["".join(node.itertext()) for node in root(image).iter(f"{SVG}text")]


def embedded(image):
    found = [node.get(LINK) for node in root(image).iter(f"{SVG}image")]
    return [np.array(Image.open(BytesIO(base64.b64decode(uri.split(",", 1)[1])))) for uri in found]


def told(table):
    return [[plain(line) for cell in row for line in cell.lines] for row in table.rows]


def test_an_audit_of_a_table_has_no_pictures_and_no_style_of_their_own():
    assert pictures.summarise(Document.of(planted())) is None
    assert b".words" not in render(planted())


def test_groups_and_gaps_have_pictures_of_their_own(of_images):
    made = albums(of_images)
    assert [album.first.record.level for album in made] == ["group", "gap"]
    assert [len(album.items) for album in made] == [7, 1]


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_every_known_group_has_its_mean_image_and_its_map(of_images, width):
    figure = pictures.summarise(of_images).parts[0].figure
    image = getattr(figure, width)
    assert image.width == (WIDE if width == "wide" else NARROW)
    shown = [pixels for pixels in embedded(image) if pixels.shape[0] == 48]
    assert len(shown) == 2 * 6
    first = of_images.evidence.pictures[0].image
    assert np.array_equal(shown[0][..., :3], np.array(first, dtype=np.uint8))
    assert "unknown" not in written(image)


def test_the_scale_is_that_of_the_strongest_picture(of_images):
    group, gap = (part.figure for part in pictures.summarise(of_images).parts)
    largest = max(p.largest for p in of_images.evidence.pictures if p.level == "group")
    assert f"+{100 * largest:.2f}\N{NO-BREAK SPACE}pp" in written(group.wide)
    assert f"\N{MINUS SIGN}{100 * largest:.2f}\N{NO-BREAK SPACE}pp" in written(group.wide)
    assert f"+{100 * 0.0018:.2f}\N{NO-BREAK SPACE}pp" in written(gap.wide)


def test_equal_values_have_equal_colours_in_every_picture(of_images):
    album = albums(of_images)[0]
    weak, strong = album.items[0], album.strongest
    ratio = weak.record.largest / strong.record.largest
    assert album.strength(weak) == pytest.approx(weak.strength * ratio)
    assert album.strength(strong) == pytest.approx(strong.strength)


def test_nothing_at_zero_and_more_the_stronger():
    pixels = coloured(np.array([[0.0, 0.5, 1.0, -1.0, -0.25]]))
    assert pixels[0, 0, 3] == 0
    assert tuple(pixels[0, 2]) == (*ABOVE, 255)
    assert tuple(pixels[0, 3]) == (*BELOW, 255)
    assert pixels[0, 1, 3] == 128
    assert pixels[0, 4, 3] == 64


def test_an_image_beneath_is_grey_so_that_colour_means_one_thing():
    ground = np.zeros((1, 3, 3), dtype=np.uint8)
    ground[0, :, 0] = 240
    mixed = laid_over(np.array([[0.0, 1.0, -1.0]]), ground)
    assert mixed[0, 0, 0] == mixed[0, 0, 1] == mixed[0, 0, 2] == 80
    assert tuple(mixed[0, 1, :3]) == ABOVE
    assert tuple(mixed[0, 2, :3]) == BELOW


def test_signs_tell_what_colours_tell(of_images):
    said = written(pictures.summarise(of_images).parts[0].figure.wide)
    assert said.count("+") == 6
    assert said.count("\N{MINUS SIGN}") == 6


def test_the_alternative_says_where_the_score_comes_from(of_images):
    alt = pictures.summarise(of_images).parts[0].figure.alt
    assert "skin = I: together +7.10\N{NO-BREAK SPACE}pp, raised most in the upper left" in alt


def test_numbers_stand_behind_every_picture(of_images):
    part = pictures.summarise(of_images).parts[0]
    sums, cells = part.tables
    assert [row[2] for row in told(sums)][:2] == [
        "+7.10\N{NO-BREAK SPACE}pp",
        "+5.10\N{NO-BREAK SPACE}pp",
    ]
    first = of_images.evidence.pictures[0]
    row = told(cells)[0]
    strongest = first.attribution[int(row[1])][int(row[2])]
    assert abs(strongest) == max(abs(cell) for line in first.attribution for cell in line)
    assert part.figure.table == sums.id


def test_a_picture_without_any_attribution_is_drawn():
    evidence = images()
    still = tuple(
        replace(
            item,
            largest=0.0,
            total=0.0,
            attribution=tuple((0,) * item.width for _ in range(item.height)),
        )
        for item in evidence.pictures
    )
    view = pictures.summarise(Document.of(replace(evidence, pictures=still)))
    assert "+" not in written(view.parts[0].figure.wide)


def test_pixels_that_are_not_known_leave_the_map_alone():
    evidence = images()
    blind = tuple(replace(item, image=()) for item in evidence.pictures)
    figure = pictures.summarise(Document.of(replace(evidence, pictures=blind))).parts[0].figure
    assert sum(pixels.shape[0] == 48 for pixels in embedded(figure.wide)) == 6


def test_words_carry_their_number_and_a_shade(of_texts):
    part = pictures.summarise(of_texts).parts[0]
    assert part.figure is None
    assert [plain(item.who) for item in part.coloured] == ["gender = F", "gender = M"]
    first, second = part.coloured[0].words[:2]
    assert (first.word.text, first.look, first.value.text) == (
        "surgeon",
        "up5",
        "+2.00\N{NO-BREAK SPACE}pp",
    )
    assert second.look == "down2"
    table = told(part.tables[1])
    assert len(table) == len(WORDS) + 2
    assert table[-1][0] == "together"


def test_hostile_words_are_text(of_texts):
    page = render(of_texts.evidence).decode()
    assert "<img src=x" not in page
    assert "&lt;/script&gt;&lt;img src=x onerror=window.owned=1&gt;</bdi>" in page
    assert re.search(r'<bdi class="bidi"[^>]*>he\u202esrever</bdi>', page)
    assert ".words" in page


def test_series_have_a_line_and_a_strip_for_each_channel(of_sensors):
    parts = pictures.summarise(of_sensors).parts
    figure = next(p.figure for p in parts if plain(p.title).startswith("radar, each group"))
    said = written(figure.wide)
    assert "range" in said
    assert any(text.startswith("</script><b>speed") for text in said)
    strips = [pixels for pixels in embedded(figure.wide) if pixels.shape[:2] == (1, 32)]
    assert len(strips) == 3 * 5
    assert "by range" in figure.alt or "by </script>" in figure.alt


def test_strengths_of_numbers_are_in_their_unit(of_sensors):
    figure = pictures.summarise(of_sensors).parts[0].figure
    assert not any("pp" in text for text in written(figure.wide))


def test_of_many_groups_the_largest_are_drawn():
    evidence = images()
    more = tuple(
        replace(evidence.pictures[0], id=f"more-{n}", rows=10 + n, group={"skin": f"g{n}"})
        for n in range(20)
    )
    document = Document.of(replace(evidence, pictures=more))
    album = albums(document)[0]
    assert len(album.drawn) == DRAWN
    assert min(item.record.rows for item in album.drawn) == 10 + 20 - DRAWN
    part = pictures.summarise(document).parts[0]
    assert "largest known groups only" in plain(part.figure.caption)
    assert len(part.tables[0].rows) == 20


def test_many_sets_of_images_leave_room_on_the_page():
    evidence = images()
    several = tuple(
        replace(item, id=f"{item.id}-{n}", input=f"camera {n}")
        for n in range(8)
        for item in evidence.pictures
    )
    document = Document.of(replace(evidence, pictures=several))
    made = albums(document)
    assert all(len(album.drawn) <= 2 for album in made)
    parts = pictures.summarise(document).parts
    crowded = [part for part in parts if part.crowded]
    assert 0 < len(crowded) < len(parts)
    assert all((part.figure is None) == part.crowded for part in parts)
    assert all(part.tables[0].rows for part in parts)


def test_hostile_names_of_groups_channels_and_inputs_are_drawn():
    document = Document.of(hostile_classes())
    view = pictures.summarise(document)
    assert len(view.parts) == 6
    captions = [plain(table.caption) for part in view.parts for table in part.tables]
    assert len(set(captions)) == len(captions)
    for part in view.parts:
        if part.figure is not None:
            assert written(part.figure.wide)


def test_the_same_bytes_each_time(of_sensors):
    first, second = (pictures.summarise(of_sensors) for _ in range(2))
    assert [p.figure for p in first.parts] == [p.figure for p in second.parts]
