import numpy as np
import pytest

from drivesim.maps.materials import LIGHTNESS, MATERIAL_OF, NEAREST_SHADE, OUTSIDE, PALETTE, RAMPS, Material, shade
from drivesim.semantics import Semantic


def test_ramps_and_the_outside_fill_the_palette_once():
    owners = np.zeros(256, int)
    owners[OUTSIDE] += 1
    for ramp in RAMPS:
        owners[ramp.first : ramp.first + ramp.count] += 1
    assert (owners == 1).all()
    assert len(RAMPS) == len(Material)


@pytest.mark.parametrize(
    ("material", "semantic"),
    [
        (Material.GRASS, Semantic.TERRAIN),
        (Material.ASPHALT, Semantic.ROAD),
        (Material.WHITE_PAINT, Semantic.ROAD_LINE),
        (Material.YELLOW_PAINT, Semantic.ROAD_LINE),
        (Material.STRAW, Semantic.TERRAIN),
        (Material.SOIL, Semantic.TERRAIN),
        (Material.GRAVEL, Semantic.GROUND),
        (Material.CONCRETE, Semantic.SIDEWALK),
    ],
)
def test_every_shade_of_a_material_has_its_class(material, semantic):
    assert (PALETTE[MATERIAL_OF == material, 3] == semantic).all()


def test_outside_is_grass():
    assert PALETTE[OUTSIDE, 3] == Semantic.TERRAIN
    red, green, blue = PALETTE[OUTSIDE, :3]
    assert green > red > blue


def test_ramps_run_from_dark_to_light():
    for ramp in RAMPS:
        steps = np.diff(LIGHTNESS[ramp.first : ramp.first + ramp.count].astype(int))
        assert (steps >= 0).all()
        assert steps.max() <= 9


def test_a_shade_has_the_luma_asked_for_within_half_a_step():
    for material, ramp in enumerate(RAMPS):
        low, high = int(LIGHTNESS[ramp.first]), int(LIGHTNESS[ramp.first + ramp.count - 1])
        wanted = np.arange(low, high + 1)
        found = LIGHTNESS[shade(Material(material), wanted)].astype(int)
        assert np.abs(found - wanted).max() <= 5
        assert (MATERIAL_OF[NEAREST_SHADE[material]] == material).all()


def test_shades_beyond_the_ramp_are_its_ends():
    assert shade(Material.ASPHALT, -20.0) == RAMPS[Material.ASPHALT].first
    assert shade(Material.ASPHALT, 400.0) == RAMPS[Material.ASPHALT].first + RAMPS[Material.ASPHALT].count - 1


def test_tables_cannot_be_written():
    with pytest.raises(ValueError):
        PALETTE[0, 0] = 1
