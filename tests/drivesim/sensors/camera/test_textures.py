"""The data that kernels paint with."""

import numpy as np
import pytest

from drivesim.maps.network import SceneryKind
from drivesim.sensors.camera.atlas import ATLAS_LEVELS, FACES, Face, atlas, place_of
from drivesim.sensors.camera.paint import (
    CLEAR,
    CODE_COUNT,
    LAMP_STATES,
    LANE_BITS,
    PAINTS,
    SCENERY_LOOKS,
    SCENERY_ROW,
    Vehicle,
    lanes_of,
    rgb_table,
)
from drivesim.sensors.camera.parts import SCENERY_MODEL, SCENERY_VARIANTS, PartColumn, parts
from drivesim.sensors.camera.sky import SUN_HEIGHTS, haze_share, sky_pictures
from drivesim.state import Lamp


@pytest.mark.parametrize("face", list(Face))
def test_texture_sides_are_powers_of_two_and_levels_halve_them(face):
    place = place_of(atlas().level[face])
    for level in range(ATLAS_LEVELS):
        for size in (place.width, place.height):
            assert size[level] == max(int(size[0]) >> level, 1)
    assert place.width[-1] == place.height[-1] == 1


def test_textures_use_only_codes_that_their_colours_know():
    table = rgb_table()
    for face, (family, draw) in FACES.items():
        codes = set(np.unique(draw()).tolist())
        assert codes <= {CLEAR, *(int(code) for code in family)}, face
    assert table.shape == (SCENERY_ROW + (len(SceneryKind) + 1) * SCENERY_LOOKS, CODE_COUNT, 3)


def test_a_far_tail_lamp_colours_the_whole_rear_only_when_lit():
    smallest = atlas().texel[place_of(atlas().level[Face.CAR_REAR]).first[ATLAS_LEVELS - 1]]
    assert smallest == Vehicle.TAIL_FAR
    lit, dim = rgb_table()[Lamp.BRAKE, smallest], rgb_table()[0, smallest]
    assert lit[0] > 230
    assert int(lit[0]) - int(lit[1]) > 100
    assert np.ptp(dim.astype(int)) < 20


def test_every_paint_has_a_row_for_every_combination_of_lamps():
    table = rgb_table()
    for paint, color in enumerate(PAINTS):
        rows = table[paint * LAMP_STATES : (paint + 1) * LAMP_STATES, Vehicle.BODY]
        assert (rows == color).all()


def test_lanes_hold_the_channels_apart():
    lanes = int(lanes_of(np.array([3, 250, 77], np.uint8), np.uint8(24)))
    mask = (1 << LANE_BITS) - 1
    assert (lanes & mask, lanes >> LANE_BITS & mask, lanes >> 2 * LANE_BITS & mask) == (3, 250, 77)
    assert lanes >> 57 == 24


def test_every_model_of_scenery_has_parts_with_a_class():
    table = parts()
    for kind in SceneryKind:
        for variant in range(int(SCENERY_VARIANTS[kind])):
            model = int(SCENERY_MODEL[kind]) + variant
            rows = table.row[table.first[model] : table.first[model + 1]]
            assert len(rows) > 0
            assert (rows[:, PartColumn.SEMANTIC] > 0).all()


def test_haze_takes_63_percent_at_800_m():
    # 256 (1 - 1/e) = 161.8
    assert haze_share(800.0) == 162
    assert haze_share(0.0) == 0


def test_the_sky_meets_the_haze_at_the_horizon():
    painted = sky_pictures(256, 64)
    painted.paint(np.arange(len(SUN_HEIGHTS)))
    sky = painted.sky
    pictures = sky.color.reshape(len(SUN_HEIGHTS), 64, 256)
    mask = (1 << LANE_BITS) - 1
    for index, haze in enumerate(sky.haze.tolist()):
        lowest = np.stack([pictures[index, 0] >> shift & 255 for shift in (0, 8, 16)], -1).astype(int)
        expected = [haze >> lane * LANE_BITS & mask for lane in range(3)]
        assert np.abs(lowest - expected).max() <= 14
