"""The picture of a radar's detections."""

import math

import numpy as np
import pytest

from drivesim.config import RADAR_MODELS, RadarConfig
from drivesim.sensors.radar.pane import SIZE, polar_plot


def plot(*rows, **changes):
    detections, valid = np.zeros((8, 6), np.float32), np.zeros(8, np.uint8)
    for index, (distance, azimuth, speed) in enumerate(rows):
        detections[index] = distance, azimuth, speed, speed, 10.0, 30.0
        valid[index] = 1
    return polar_plot(RadarConfig(**changes), detections, valid)


def changed(*rows, **changes):
    """Rows, columns and mean colour of what detections draw."""
    picture, empty = plot(*rows, **changes), plot(**changes)
    where = (picture != empty).any(axis=-1)
    return *np.argwhere(where).mean(axis=0), picture[where].mean(axis=0)


@pytest.mark.parametrize("model", RADAR_MODELS)
def test_it_is_a_picture_of_the_whole_field_of_view(model):
    device = RADAR_MODELS[model]
    half = math.radians(device.fov_deg / 2)
    for azimuth in (-half, 0.0, half):
        picture = plot((device.range_m, azimuth, 0.0), model=model)
        assert picture.shape == (SIZE, SIZE, 3)
        assert picture.dtype == np.uint8
        assert (picture != plot(model=model)).any(), "a detection at the edge is inside the picture"


def test_ahead_is_up_and_left_is_left():
    near, far = changed((50.0, 0.0, 0.0)), changed((200.0, 0.0, 0.0))
    assert far[0] < near[0]
    assert abs(far[1] - SIZE / 2) < 1.5
    assert changed((150.0, 0.2, 0.0))[1] < SIZE / 2 - 20
    assert changed((150.0, -0.2, 0.0))[1] > SIZE / 2 + 20


def test_what_comes_is_red_with_an_arrow_towards_the_radar_and_what_goes_is_blue():
    still, coming, going = (changed((150.0, 0.0, speed)) for speed in (0.0, -15.0, 15.0))
    assert coming[2][0] > coming[2][2] + 50
    assert going[2][2] > going[2][0] + 50
    assert abs(still[2][0] - still[2][2]) < 30
    assert coming[0] > still[0] + 2
    assert going[0] < still[0] - 2
