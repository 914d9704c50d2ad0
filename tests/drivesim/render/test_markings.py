import numpy as np
import pytest

from drivesim.maps.materials import PALETTE, Material, shade
from drivesim.render.markings import MarkingPainter, without_paint
from drivesim.render.view import View

ASPHALT = int(shade(Material.ASPHALT, 80))
WHITE = int(shade(Material.WHITE_PAINT, 220))
YELLOW = int(shade(Material.YELLOW_PAINT, 170))


def test_paint_gives_way_to_the_asphalt_around_it():
    material = np.full((40, 40), ASPHALT, np.uint8)
    material[:, 18:20] = WHITE
    material[10:12] = YELLOW
    bare = without_paint(PALETTE[material][..., :3], material)
    assert np.abs(bare.astype(int) - PALETTE[ASPHALT, :3]).max() <= 1


def test_ground_without_paint_stays_as_it_is():
    material = np.full((8, 8), ASPHALT, np.uint8)
    colors = PALETTE[material][..., :3]
    assert without_paint(colors, material) is colors


@pytest.mark.parametrize("zoom", [20.0, 40.0])
def test_a_line_is_as_wide_as_it_says_and_where_it_lies(bank, zoom):
    # The bank's one line runs along y = 1.75 m and is 0.2 m wide.
    view = View(x=50.0, y=1.75, zoom=zoom, size=(64, 128))
    picture = np.full((128, 64, 4), (*PALETTE[ASPHALT, :3], 255), np.uint8)
    MarkingPainter(bank.network(0), bank.arrays.ground)(picture, view)
    light = picture[:, 32, :3].astype(float).mean(axis=1)
    share = (light - light[0]) / (light.max() - light[0])
    assert share.sum() == pytest.approx(0.2 * zoom, abs=0.8)
    assert (share * (np.arange(128) + 0.5)).sum() / share.sum() == pytest.approx(64.0, abs=0.3)
    assert light.max() > 2.0 * light[0]


def test_a_line_out_of_sight_changes_nothing(bank):
    picture = np.full((64, 64, 4), 70, np.uint8)
    before = picture.copy()
    MarkingPainter(bank.network(0), bank.arrays.ground)(picture, View(x=50.0, y=60.0, zoom=20.0, size=(64, 64)))
    assert np.array_equal(picture, before)
